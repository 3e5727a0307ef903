"""JupyterLite at lite/, from a subpath: a chapter's notebook with its kernel, its player, and what
the reader wrote.
"""

import json
import re

import pytest

from tests.browser.conftest import ROOT, patient
from tests.browser.reader import Reader, Server, settled

CHAPTER = "03_cap"
#: What JupyterLite itself says on the console.
CHATTER = (
    "Menu entry for command",
    "Skipping {command:",
    "Uploader widget not found",
    "Pyodide contents will NOT be synced",
)

IDLE = """() => {
    const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
    return session?.kernel?.status === 'idle' && session.kernel.name;
}"""
CELLS = """() => {
  const { cells } = window.jupyterapp.shell.currentWidget.content.model;
  return Array.from({ length: cells.length }, (_, number) => cells.get(number).toJSON()).filter(
    (cell) => cell.cell_type === "code",
  );
}"""
RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
SAVE = "async () => { await window.jupyterapp.commands.execute('docmanager:save'); }"


@pytest.fixture(scope="module")
def reader(browser, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("lite"))
    found = Reader(browser, server, CHATTER)
    # Readers come from the book, whose worker keeps what they use.
    settled(found.visit("book/preface.html")).close()
    yield found
    found.context.close()
    server.stop()


def opened(reader, name=CHAPTER):
    """The notebook in JupyterLite, with its kernel waiting."""
    page = reader.visit(f"lite/notebooks/index.html?path={name}.ipynb")
    page.wait_for_function(IDLE)
    return page


def told(outputs):
    """What a cell says: its texts, its plain results and its runs."""
    said = []
    for output in outputs:
        data = {
            kind: "".join(text)
            for kind, text in output.get("data", {}).items()
            if kind.startswith("text/")
        }
        said += [output["output_type"], "".join(output.get("text", "")), data.get("text/plain", "")]
        said += [
            json.loads(run)
            for run in re.findall(
                r'<script type="application/json">(.*?)</script>',
                data.get("text/html", ""),
                re.DOTALL,
            )
        ]
    return said


def test_a_chapter_links_to_its_notebook_without_a_script(browser, reader):
    page = patient(browser, java_script_enabled=False).new_page()
    page.goto(reader.server.address(f"notebooks/{CHAPTER}.html"))
    link = page.get_by_role("link", name="Open as a notebook")
    assert link.evaluate("link => link.href") == reader.server.address(
        f"lite/notebooks/index.html?path={CHAPTER}.ipynb"
    )
    page.context.close()


def test_every_notebook_is_there(reader):
    listed = json.loads(
        (reader.server.folder / "lite" / "api" / "contents" / "all.json").read_text(
            encoding="utf-8"
        )
    )["content"]
    assert {each["name"] for each in listed} >= {
        path.name for path in (ROOT / "notebooks").glob("*.ipynb")
    }


def test_a_stored_run_plays_before_any_python(reader):
    page = reader.visit(f"lite/notebooks/index.html?path={CHAPTER}.ipynb")
    page.wait_for_function(
        "() => document.querySelector('.jp-OutputArea dslab-trace')?.run?.steps.length > 0"
    )
    page.close()


def test_all_cells_print_what_the_book_prints(reader):
    page = opened(reader)
    assert page.locator(".jp-Dialog").count() == 0
    page.evaluate(RUN_ALL)
    ran = {cell["id"]: cell for cell in page.evaluate(CELLS)}
    for cell in json.loads((ROOT / "notebooks" / f"{CHAPTER}.ipynb").read_text(encoding="utf-8"))[
        "cells"
    ]:
        if cell["cell_type"] == "code" and "nbval-ignore-output" not in cell["metadata"].get(
            "tags", ()
        ):
            assert told(ran[cell["id"]]["outputs"]) == told(cell["outputs"]), cell["id"]
    assert reader.trouble == []
    page.close()


def test_controls_call_python_and_edits_are_kept_and_all_of_it_without_a_network(reader):
    page = opened(reader)
    write = """source => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.type === 'code');
        notebook.activeCell.model.sharedModel.setSource(source);
    }"""
    run = "async () => { await window.jupyterapp.commands.execute('notebook:run-cell'); }"
    page.evaluate(
        write,
        "from ipywidgets import interact\n@interact(n=(1, 9))\ndef square(n=3):\n    print(n * n)",
    )
    page.evaluate(run)
    page.locator(
        ".jp-OutputArea-output .widget-slider input, .jp-OutputArea-output .noUi-handle"
    ).first.wait_for()
    page.locator(".noUi-handle").first.press("ArrowRight")
    page.locator(".jupyter-widgets.widget-output").get_by_text("16").wait_for()
    page.evaluate(write, "print('mine ' * 2)")
    page.evaluate(SAVE)
    page.close()
    reader.server.stop()
    page = opened(reader)
    page.get_by_text("print('mine ' * 2)").first.wait_for()
    page.evaluate(
        "() => { const notebook = window.jupyterapp.shell.currentWidget.content; "
        "notebook.activeCellIndex = "
        "notebook.widgets.findIndex(cell => cell.model.type === 'code'); }"
    )
    page.evaluate(run)
    page.get_by_text("mine mine").first.wait_for()
    assert reader.trouble == []
    page.close()
    reader.server.start()
