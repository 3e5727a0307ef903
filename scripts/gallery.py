"""Writes book/gallery.ipynb from book/gallery/*.py, a section a widget; `make notebooks` runs it.

A file's docstring says when to use the widget, and its code feeds it: what you read there is what
runs, in the tests too.
"""

import ast
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from scripts.sentences import ending

ROOT = Path(__file__).resolve().parent.parent
PARTS, PAGE = ROOT / "book" / "gallery", ROOT / "book" / "gallery.ipynb"

ORDER = (
    "space_time",
    "stage",
    "logs",
    "history",
    "state_graph",
    "quorums",
    "frontier",
    "stream",
    "pipeline",
    "saga",
    "predict",
    "design_board",
)

INTRODUCTION = """# The widgets

Ways to look at a distributed system. Each plays on this page from recorded data, without Python
behind it, and comes from the few lines above it. Widgets of one run share their moment: move one
and the others follow; point at a message, a call or a node in one and it lights in all.

The keys are the same everywhere: ← and → for one step, the space bar to play, Home and End, and ?
for the rest."""


def parts() -> list[tuple[str, str, str]]:
    """(name, when to use it, the code) of each widget, in order."""
    found = []
    for name in ORDER:
        text = (PARTS / f"{name}.py").read_text(encoding="utf-8")
        code = ast.parse(text)
        first = code.body[0]
        found.append(
            (
                name,
                ast.get_docstring(code),
                "\n".join(text.splitlines()[first.end_lineno :]).strip(),
            )
        )
    return found


def notebook() -> nbformat.NotebookNode:
    """The page, without outputs."""
    cells = [new_markdown_cell(INTRODUCTION, id="gallery-introduction")]
    for name, words, code in parts():
        title, _, rest = words.partition("**")[2].partition("**")
        cells += [
            new_markdown_cell(
                f"## {title.strip('. ')}\n\n{rest.strip()}",
                id=f"gallery-{name.replace('_', '-')}-words",
            ),
            new_code_cell(code, id=f"gallery-{name.replace('_', '-')}"),
        ]
    return new_notebook(cells=cells)


def main() -> int:
    """Write the page; outputs stay until their code changes."""
    new = notebook()
    if PAGE.exists():
        old = {
            cell.id: cell
            for cell in nbformat.read(PAGE, as_version=4).cells
            if cell.cell_type == "code"
        }
        for cell in new.cells:
            if cell.cell_type == "code" and cell.id in old and old[cell.id].source == cell.source:
                cell.outputs, cell.execution_count = (
                    old[cell.id].outputs,
                    old[cell.id].execution_count,
                )
        new.metadata = nbformat.read(PAGE, as_version=4).metadata
    PAGE.write_text(nbformat.writes(new, version=nbformat.NO_CONVERT) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(ending(main))
