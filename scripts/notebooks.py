"""Runs the notebooks again and writes their outputs: byte for byte the same when nothing changed.

    python -m scripts.notebooks [--check] [NAME ...]

Whatever differs from run to run is left out: timings, the patch version of Python, and live
controls, which stay in the reader's own kernel. Labs with real servers play their recorded run here
(DSLAB_LAB=recorded). With --check nothing is written, and the exit code is 1 where a notebook would
change.
"""

import argparse
import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

from dslab.errors import DslabError
from scripts.sentences import ending

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = "notebooks", "book"  # Chapters, and pages that are none.
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}


def execute(path: Path) -> str:
    """The notebook's text after a fresh run."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError as error:
        raise DslabError(f"{path.relative_to(ROOT)} is no notebook: it isn't JSON.") from error
    notebook.metadata = nbformat.NotebookNode({"kernelspec": KERNEL, "language_info": LANGUAGE})
    cells = tqdm(
        total=len(notebook.cells),
        desc=path.stem,
        unit="cell",
        leave=False,
        disable=not sys.stderr.isatty(),
    )
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        on_cell_complete=lambda **_: cells.update(),
    )
    client.execute()
    cells.close()
    return text(notebook, path.stem)


def name_cells(cells: list, stem: str) -> None:
    """Give a lasting id to each cell whose id is random, or another's."""
    taken = set()
    for cell in cells:
        kept = re.fullmatch(r"(?![0-9a-f]{8}$)[a-z0-9-]{3,64}", cell.get("id", ""))
        cell["id"] = cell["id"] if kept and cell["id"] not in taken else ""
        taken.add(cell["id"])
    for number, cell in enumerate(cells):
        if not cell["id"]:
            names = (f"{stem}-{count:02d}" for count in range(number, number + len(taken) + 2))
            cell["id"] = next(name for name in names if name not in taken)
            taken.add(cell["id"])


def text(notebook, stem: str) -> str:
    """The notebook as text, less what differs from run to run."""
    notebook.metadata["kernelspec"], notebook.metadata["language_info"] = KERNEL, LANGUAGE
    name_cells(notebook.cells, stem.replace("_", "-"))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip():
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
                # A live control has another id in each run, and does nothing on a page: what is
                # kept is the recorded run.
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


def named(word: str, known: dict[str, Path]) -> str:
    """The notebook that is meant by `12`, `raft_election`, `12_raft_election` or its path."""
    for stem in known:
        number, _, name = stem.partition("_")
        if Path(word).stem in (stem, number, name or stem):
            return stem
    raise DslabError(
        f"there is no notebook {word!r} in {'/ or '.join(FOLDERS)}/: there are {', '.join(known)}."
    )


def main() -> int:
    """0; 1 where a notebook would change, or stops with an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="notebooks, such as 03_cap (default: all)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 where a notebook would change",
    )
    options = parser.parse_args()
    os.environ["DSLAB_LAB"] = "recorded"
    known = {
        path.stem: path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))
    }
    names = [named(name, known) for name in options.names] or list(known)
    changed = 0
    for name in names:
        old = known[name].read_text(encoding="utf-8")
        try:
            new = execute(known[name])
        except CellExecutionError as error:
            print(
                f"dslab: {name} stops with an error, and was left as it was:\n{error}",
                file=sys.stderr,
            )
            return 1
        changed += new != old
        print(
            f"{name}: {'the same' if new == old else 'differs' if options.check else 'written'}",
            flush=True,
        )
        if new != old and not options.check:
            known[name].write_text(new, encoding="utf-8")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(ending(main))
