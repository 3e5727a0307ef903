"""The code has its one form, and nothing is imported before it is wanted."""

import subprocess
import sys

import pytest

from scripts import form


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
