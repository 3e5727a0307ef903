"""The rules of the house, held by a test."""

import ast
import re
import statistics
import subprocess
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "dslab").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FLAT = {"errors", "machine", "message", "node", "part", "values", "verdict", "wire"}

#: What each part of the package may import of the others; the flat modules, of each other.
MAY = {
    "protocols": {"errors", "machine", "node", "values"},
    "events": {"errors", "values"},
    "run": FLAT,
    "sim": FLAT | {"run"},
    "check": FLAT | {"run"},
    "explore": FLAT | {"run", "check"},
    "show": FLAT | {"run"},
    "scenario": FLAT | {"run", "check", "explore", "protocols", "sim"},
    "live": FLAT | {"run", "check", "show", "protocols"},
    "learn": FLAT | {"run", "check", "explore", "protocols", "scenario", "show", "sim"},
    "chapters": None,
    "cli": None,
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    part = path.relative_to(ROOT / "dslab").parts[0].removesuffix(".py")
    if part in ("__main__", "__init__"):
        return
    modules = [module for module in imports(path) if module.startswith("dslab.")]
    used = {module.split(".")[1] for module in modules} - {part}
    allowed = MAY.get(part, FLAT)
    assert allowed is None or used <= allowed, f"{path.name} imports {used - allowed}"


def test_only_the_command_line_imports_click():
    """A browser's Python has none."""
    for path in MODULES:
        if "click" in {module.split(".")[0] for module in imports(path)}:
            assert path.relative_to(ROOT / "dslab").parts[0] in ("cli", "__main__.py"), path


def test_only_the_simulator_imports_simpy_and_protocols_know_no_clock_or_chance():
    for path in MODULES:
        roots = {module.split(".")[0] for module in imports(path)}
        folder = path.relative_to(ROOT / "dslab").parts[0]
        assert "simpy" not in roots or folder == "sim", path
        if folder == "protocols":
            assert not roots & {"random", "time", "datetime", "secrets", "os"}, path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


STATIC = ROOT / "dslab" / "show" / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_widgets_are_short_files_on_the_core(path):
    text, folder = path.read_text(encoding="utf-8"), path.relative_to(STATIC).parts[0]
    assert len(text.splitlines()) <= 500 and text.startswith("// ")
    used = {
        (path.parent / name).resolve().relative_to(STATIC).parts[0]
        for name in re.findall(r'(?:from|import)\s*\(?\s*"(\.[^"]+)"', text)
    }
    allowed = {"core": {"core"}, "parts": {"core", "parts"}, "views": {"core", "parts"}}.get(folder)
    assert allowed is None or used <= allowed, used


def of_the_page() -> list[str]:
    """The kept scripts and stylesheets, in every folder."""
    kept = subprocess.run(
        ["git", "ls-files", "*.js", "*.mjs", "*.css"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in kept.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("name", of_the_page())
def test_scripts_and_stylesheets_have_100_columns(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [f"{at}: {line}" for at, line in enumerate(lines, 1) if len(line) > 100] == []


def test_prettier_would_change_nothing():
    prettier = ROOT / "scripts" / "web" / "node_modules" / ".bin" / "prettier"
    assert prettier.is_file(), "prettier is not there: run `make site` on a machine with npm"
    found = subprocess.run(
        [prettier, "--check", *of_the_page()], cwd=ROOT, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


def test_handlers_are_short():
    for path in (ROOT / "dslab" / "protocols").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("on_"):
                assert node.end_lineno - node.lineno < 20, f"{path.name}: {node.name}"


def test_no_file_names_a_machine_s_paths():
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    for name in filter(None, files):
        path = ROOT / name
        if path.suffix in (".png", ".svg") or not path.is_file():
            continue
        found = re.search(
            r"(?<![\w.])/(?:home|Users|root|work|tmp)/[\w.-]+",
            path.read_text(encoding="utf-8", errors="ignore"),
        )
        assert not found, f"{name} names {found.group()}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_has_small_cells_and_is_executed(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3" and "widgets" not in notebook.metadata
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    lines = [len(cell.source.splitlines()) for cell in code]
    assert max(lines) <= 20 and statistics.median(lines) <= 7, (
        f"cells of {max(lines)} lines, {statistics.median(lines)} in the middle"
    )
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(output.output_type != "error" for cell in code for output in cell.outputs)
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    assert words >= 1500, f"{words} words of prose: with fewer than 1500 it can't carry"


@pytest.mark.parametrize(
    "path",
    [*NOTEBOOKS, ROOT / "book" / "gallery.ipynb", ROOT / "book" / "sandbox.ipynb"],
    ids=lambda path: path.stem,
)
def test_code_on_a_page_is_seen_whole(path):
    """A page beside two side bars has room for 84 columns, in a folded cell for 82; what is longer
    would be cut off.
    """
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [
        line
        for cell in cells
        for line in cell.source.splitlines()
        if len(line) > (82 if "hide-input" in cell.metadata.get("tags", []) else 84)
    ] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_has_the_form_of_a_chapter(path):
    text = "\n".join(
        cell.source
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
    )
    needed = (
        "## What it costs",
        "## Exercises",
        "## The interview answer",
        "## Summary",
        "## Read on",
        "**You can then**",
    )
    assert [words for words in needed if words not in text] == [], "what a chapter has"
    assert "guess" in text.lower(), "a chapter asks its reader to guess"
    assert " simply " not in text.lower()
