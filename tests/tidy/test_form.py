"""The code has its one form, and nothing is imported before it is wanted."""

import ast
import re
import subprocess
import sys
import tokenize

import nbformat
import pytest

from scripts import form

CODE = sorted(
    path
    for folder in ("dslab", "tests", "scripts", "book", "solutions", "bench")
    for path in (form.ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts
)
SCRIPTS = sorted((form.ROOT / "dslab").rglob("*.js")) + sorted((form.ROOT / "book").rglob("*.js"))
#: A file of this house, as a comment names it; what is written large stands for any name.
NAMED = re.compile(
    r"(?:dslab|tests|scripts|book|notebooks|solutions|scenarios|bench)/[\w/.-]+\.\w+"
)
#: Files of an example.
EXAMPLES = {"dslab/chapters/raft_election/next_term.py", "solutions/next_term.py"}


def of_the_house(path):
    return str(path.relative_to(form.ROOT))


def docstrings(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""


def comments(path):
    with open(path, "rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.line, token.string


@pytest.mark.parametrize("tool", form.TOOLS)
def test_code_has_its_one_form(tool):
    if tool == "prettier" and not form.PRETTIER.is_file():
        pytest.skip("prettier is not there: run `make site` on a machine with npm")
    done = form.run(tool, check=True)
    assert done.returncode == 0, (
        f"Run `make format`, and mend what it leaves. {tool} says:\n{done.stdout}{done.stderr}"
    )


@pytest.mark.parametrize(
    "module, others",
    [
        ("dslab.protocols", "dslab.protocols."),
        ("dslab.learn", "dslab.chapters."),
        ("dslab.learn", "dslab.protocols."),
        ("dslab.chapters", "dslab.chapters."),
        ("dslab.check", "dslab.sim"),
        ("dslab.show", "dslab.sim"),
    ],
)
def test_importing_one_imports_none_of_the_others(module, others):
    code = f"import sys, {module}; print(*[n for n in sys.modules if n.startswith({others!r})])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=form.ROOT
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", CODE, ids=of_the_house)
def test_a_summary_stands_on_one_line_or_fills_two(path):
    """A word or two left over are a summary to be shortened."""
    summaries = [text.partition("\n\n")[0].split("\n") for text in docstrings(path)]
    assert [
        lines
        for lines in summaries
        if len(lines) == 2 and lines[1][0] != " " and len(lines[1].split()) <= 2
    ] == []


@pytest.mark.parametrize("path", CODE, ids=of_the_house)
def test_a_comment_stands_above_what_the_formatter_breaks(path):
    """Behind the bracket that closes it, the comment itself is what made the line too long."""
    assert [
        line for line, text in comments(path) if line.lstrip()[0] in ")]}" and "fmt:" not in text
    ] == []


@pytest.mark.parametrize("path", CODE + SCRIPTS, ids=of_the_house)
def test_files_that_a_comment_names_are_there(path):
    if path.suffix == ".py":
        said = [*docstrings(path), *(text for _, text in comments(path))]
    else:
        said = re.findall(r"^\s*(?://|/?\*).*$", path.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for text in said for name in NAMED.findall(text)} - EXAMPLES
    assert {
        name
        for name in named
        if not re.search("NAME|CHAPTER|NN_", name) and not (form.ROOT / name).exists()
    } == set()


@pytest.mark.parametrize(
    "path", sorted((form.ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_code_that_a_page_quotes_is_seen_whole(path):
    """What `source(…)` shows has the 84 columns that a page has room for."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    shown = [
        output["data"]["text/plain"]
        for cell in cells
        if re.search(r"\bsource\(", cell.source)
        for output in cell.outputs
        if "data" in output
    ]
    assert [line for text in shown for line in text.splitlines() if len(line) > 84] == []
