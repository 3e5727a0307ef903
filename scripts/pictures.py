"""Records the runs that the reference pages show: the same bytes when nothing changed.

A picture is a file in book/reference/runs whose function `picture()` returns what is shown; its
HTML stands beside it, and a page takes it in with a raw block, `:file: runs/NAME.html`.
"""

import runpy
import sys
from pathlib import Path

from scripts.sentences import ending

RUNS = Path(__file__).resolve().parent.parent / "book" / "reference" / "runs"


def pictures() -> list[Path]:
    """The files that declare one."""
    return sorted(RUNS.glob("*.py"))


def html(path: Path) -> str:
    """What a page shows of it."""
    return runpy.run_path(str(path))["picture"]()._repr_html_()


def main() -> int:
    """Write what has changed, and say so."""
    for path in pictures():
        target, new = path.with_suffix(".html"), html(path)
        same = target.exists() and target.read_text(encoding="utf-8") == new
        target.write_text(new, encoding="utf-8")
        print(f"{path.stem}: {'the same' if same else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(ending(main))
