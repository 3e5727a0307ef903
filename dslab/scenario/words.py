"""What a scenario file may say, for a shell: `python -m dslab run --help`. The tables are those of
the modules themselves.
"""

from textwrap import wrap

from dslab.node import Node
from dslab.protocols import protocol, protocol_names
from dslab.run.steps import CLOCK, WORDS
from dslab.scenario import file as scenario
from dslab.scenario.rules import rules_of
from dslab.scenario.steps import file_world
from dslab.sim import byzantine, nemesis
from dslab.sim.steps import own_options

__all__ = ["words"]

EXAMPLE = """    protocol = "raft"
    duration = 2000
    workload = ["x"]
    check = ["linearizable"]

    [[step]]
    at = 300
    isolate = "n1"

    [[step]]
    at = 400
    clock = { node = "n2", ahead = 500 }
"""


def words(width: int) -> str:
    """All words of a scenario, its steps, nemeses and liars, in lines of at most `width` signs."""
    nemeses = [
        (name, [f"{what}; options: {', '.join(own_options(name))}"])
        for name, what, _ in _rows(nemesis)
    ]
    parts = [
        ("A file, in TOML:", None),
        ("Its words:", [(names, [what]) for names, what in _rows(scenario)]),
        (
            "A step does one thing `at` a time in ms (?: may be left out):",
            [(word, _step(WORDS[word])) for word in file_world(1, 1, Node).words],
        ),
        ("Nemeses:", nemeses),
        ("Byzantine behaviours:", [(name, [what]) for name, what in _rows(byzantine)]),
        ("Protocols:", [(", ".join(protocol_names()), [])]),
        ("Checks:", [(", ".join(scenario.CHECKS), [])]),
        ("A protocol's own rules, which are checks too, of every state:", _rules()),
        ("Models:", [(", ".join(scenario.MODELS), [])]),
    ]
    return "\n".join(
        f"{title}\n{EXAMPLE if rows is None else _listed(rows, width)}" for title, rows in parts
    )


def _rules() -> list[tuple[str, list[str]]]:
    """Each protocol that has rules, with their names."""
    found = ((name, rules_of(protocol(name))) for name in protocol_names())
    return [(name, [", ".join(rules)]) for name, rules in found if rules]


def _step(word) -> list[str]:
    """What a word takes, and what it does."""
    options = " | ".join(form.text or "true" for form in word.forms[CLOCK])
    return [options + (", and its own" if word.name == "nemesis" else ""), word.sentence]


def _rows(module) -> list[list[str]]:
    """The rows of the table in a module's docstring, without its head. A line whose first cell is
    empty goes on with the row above it.
    """
    rows: list[list[str]] = []
    lines = [line for line in module.__doc__.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [f"{old} {more}".strip() for old, more in zip(rows[-1], cells)]
    return rows


def _listed(rows, width: int) -> str:
    lines = []
    for name, said in rows:
        lines += wrap(
            name, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
        for text in said:
            lines += wrap(
                text,
                width,
                initial_indent=" " * 6,
                subsequent_indent=" " * 6,
                break_on_hyphens=False,
            )
    return "\n".join(lines) + "\n"
