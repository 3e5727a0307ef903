"""Every block of code on a reference page runs, in order, in one namespace."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "book" / "reference").glob("*.md"))


@pytest.mark.parametrize("path", [path for path in PAGES if "```python" in path.read_text(encoding="utf-8")], ids=lambda path: path.stem)
def test_the_code_on_a_reference_page_runs(path, tmp_path):
    text, space = path.read_text(encoding="utf-8"), {"__name__": path.stem}
    for match in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        line = text[:match.start(1)].count("\n")
        exec(compile("\n" * line + match[1], str(path), "exec"), space)
