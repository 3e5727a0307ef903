"""Golden transcripts: what happens in a scenario, sentence by sentence. `make golden` writes them
again, to be read in the diff.
"""

from pathlib import Path

import pytest

from tests.scenarios import SCENARIOS

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_transcript_is_the_one_that_was_read(name, request):
    found = SCENARIOS[name].__doc__ + "\n\n" + "\n".join(SCENARIOS[name]().trace.sentences()) + "\n"
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--rewrite-golden"):
        path.write_text(found, encoding="utf-8")
    assert found.splitlines() == path.read_text(encoding="utf-8").splitlines()
