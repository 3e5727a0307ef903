"""Every block of code on a reference page runs, in order, and prints what stands below it."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "book" / "reference").glob("*.md"))


@pytest.mark.parametrize(
    "path",
    [path for path in PAGES if "```python" in path.read_text(encoding="utf-8")],
    ids=lambda path: path.stem,
)
def test_the_code_on_a_reference_page_runs(path, tmp_path):
    text, space = path.read_text(encoding="utf-8"), {"__name__": path.stem}
    for match in re.finditer(
        r"^```python\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", text, re.MULTILINE | re.DOTALL
    ):
        line, printed = text[: match.start(1)].count("\n"), StringIO()
        with redirect_stdout(printed):
            exec(compile("\n" * line + match[1], str(path), "exec"), space)
        assert printed.getvalue() == (match[2] or "")
