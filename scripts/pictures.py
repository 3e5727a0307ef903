"""Records the runs that the reference pages show, into book/reference/runs: the same bytes when
nothing changed.
"""

import sys
from pathlib import Path

from dslab.explore.schedule import Stepper
from dslab.protocols.raft import Raft
from dslab.show import play

RUNS = Path(__file__).resolve().parent.parent / "book" / "reference" / "runs"


def raft_election():
    """The steps of an election, one after the other: time has no meaning here."""
    stage = Stepper(
        Raft, ["n1", "n2", "n3"], title="An election among three servers, step by step"
    ).start()
    stage.perform(("fire", "n1", "ElectionTimeout"))
    for step in stage.settling():
        stage.perform(step)
    return stage.trace


PICTURES = {"raft_election": raft_election}


def main() -> int:
    RUNS.mkdir(exist_ok=True)
    for name, run in PICTURES.items():
        path, new = RUNS / f"{name}.html", text(run())
        same = path.exists() and path.read_text(encoding="utf-8") == new
        path.write_text(new, encoding="utf-8")
        print(f"{name}: {'the same' if same else 'written'}")
    return 0


def text(trace) -> str:
    return play(trace, at=4)._repr_html_()  # Where somebody is elected. + "\n"


if __name__ == "__main__":
    sys.exit(main())
