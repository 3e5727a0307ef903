"""Lines counted by tracing and by monitoring: one result, which is the same in every Python."""

import sys
import threading

import pytest

from dslab.learn.counting import counting, monitored, traced
from tests.learn import programs

#: What each program runs until it ends, in lines.
LINES = {
    "straight": 3,
    "loop": 23,
    "one_line_loop": 11,
    "while_loop": 22,
    "skips": 34,
    "generates": 34,
    "calls_back": 11,
    "recurses": 21,
    "catches": 61,
    "with_block": 23,
    "matches": 23,
    "thrown": 10,
}
SPINS = [name for name in vars(programs) if name.startswith("spins")] + ["swallows"]
#: Compilers differ in these: a comprehension was a function of its own until 3.11, and until 3.13
#: the condition of a `while` stood twice in what it is compiled to.
DIFFER = ["comprehends", "comprehends_in_lines", "one_line_while"]
WAYS = [traced, monitored] if hasattr(sys, "monitoring") else [traced]


class Enough(BaseException):
    pass


def count(way, program, most=1000):
    """(calls, lines) until the program ends, or has run more than `most` lines."""
    calls = lines = 0

    def begun():
        nonlocal calls
        calls += 1

    def line():
        nonlocal lines
        lines += 1
        if lines > most:
            raise Enough

    try:
        file = program.__code__.co_filename
        with way(lambda name: name == file, begun, line):
            program()
    except Enough:
        pass
    return calls, lines


def test_no_program_is_forgotten():
    assert {name for name, value in vars(programs).items() if callable(value)} == {
        *LINES,
        *SPINS,
        *DIFFER,
    }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LINES)
def test_lines_are_the_same_however_they_are_counted(way, name):
    assert count(way, getattr(programs, name)) == (1, LINES[name])


@pytest.mark.parametrize("name", DIFFER)
def test_in_one_python_both_ways_agree(name):
    assert len({count(way, getattr(programs, name)) for way in WAYS}) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SPINS)
def test_what_never_ends_is_ended_by_its_lines(way, name):
    assert count(way, getattr(programs, name))[1] > 1000


@pytest.mark.parametrize("way", WAYS)
def test_another_thread_is_nobodys_submission(way):
    def beside():
        thread = threading.Thread(target=programs.loop)
        thread.start()
        thread.join()

    beside.__code__ = beside.__code__.replace(co_filename=programs.__file__)
    alone = count(way, beside)
    assert alone[0] == 1 and alone[1] < LINES["loop"]


@pytest.mark.parametrize("way", WAYS)
def test_the_innermost_counts_and_the_outer_one_goes_on_after_it(way):
    outer = []
    with way(lambda file: file == programs.__file__, lambda: None, lambda: outer.append(1)):
        programs.straight()
        assert count(way, programs.loop) == (1, LINES["loop"])
        programs.straight()
    assert len(outer) == 2 * LINES["straight"]


def test_where_others_monitor_lines_are_counted_all_the_same():
    free = (
        [number for number in range(6) if sys.monitoring.get_tool(number) is None]
        if monitored in WAYS
        else []
    )
    for number in free:
        sys.monitoring.use_tool_id(number, "another")
    try:
        assert count(counting, programs.loop) == (1, LINES["loop"])
    finally:
        for number in free:
            sys.monitoring.free_tool_id(number)
    assert count(counting, programs.loop) == (1, LINES["loop"])
