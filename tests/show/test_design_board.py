"""Designs against requirements."""

from itertools import product

import pytest

from dslab.errors import DslabError
from dslab.show import Requirement, design_board
from dslab.show.design_board import conflicts

FAST, FRESH, CHEAP = (
    Requirement("It is fast", "ms", at_most=20, unit="ms"),
    Requirement("It is fresh", "stale", at_most=0),
    Requirement("It answers", "answered", at_least=95, unit="%"),
)
CHOICES = {"copies": ("all", "most", "one"), "nodes": (3, 5)}
FIGURES = {
    ("all", 3): {"ms": 20, "stale": 0, "answered": 90},
    ("all", 5): {"ms": 25, "stale": 0, "answered": 80},
    ("most", 3): {"ms": 30, "stale": 0, "answered": 96},
    ("most", 5): {"ms": 35, "stale": 0, "answered": 99.5},
    ("one", 3): {"ms": 5, "stale": 40, "answered": None},
}


def board(**more):
    return design_board(
        "cart", [FAST, FRESH, CHEAP], CHOICES, FIGURES, **({"title": "A cart"} | more)
    )


def test_every_combination_is_worked_out_by_one_function():
    asked = []

    def run(copies, nodes):
        asked.append((copies, nodes))
        return {"ms": nodes, "stale": 0, "answered": 100}

    data = design_board("cart", [FAST, FRESH], CHOICES, run).data()
    assert asked == list(product(*CHOICES.values())) and data["table"] == [[3, 0], [5, 0]] * 3


def test_an_option_may_have_a_name_for_the_reader_and_a_value_for_the_run():
    asked = []
    board = design_board(
        "cart",
        [FAST],
        {"place": {"one room": (1, 4), "cities": (10, 40)}, "nodes": (3, 5)},
        lambda place, nodes: asked.append((place, nodes)) or {"ms": place[0]},
        title="Where to?",
    )
    assert asked == [((1, 4), 3), ((1, 4), 5), ((10, 40), 3), ((10, 40), 5)] and board.data()[
        "choices"
    ][0]["options"] == ["one room", "cities"]
    assert (
        board.met[("one room", "5")] == [True]
        and board.words() == "Where to? 4 designs; 4 meet “It is fast”."
    )


def test_a_combination_without_figures_is_left_open():
    data = board().data()
    assert data["table"][5] is None and data["table"][4] == [5, 40, None]
    assert data["choices"] == [
        {"name": "copies", "options": ["all", "most", "one"]},
        {"name": "nodes", "options": ["3", "5"]},
    ]


def test_it_says_what_can_t_be_had_together():
    assert (
        board().words()
        == "A cart: 5 designs; none meets all 3 requirements. No design meets “It is fast” "
        "and “It answers” together."
    )
    slow = design_board("cart", [FAST._replace(at_most=1)], CHOICES, FIGURES)
    assert (
        slow.words()
        == "A design: 5 designs; none meets “It is fast”. No design meets “It is fast”."
    )


def test_conflicts_are_the_smallest():
    met = [[True, False, True, False], [False, True, True, False], [True, True, False, False]]
    assert conflicts(met) == [(3,), (0, 1, 2)]
    assert conflicts([[True, True]]) == [] and conflicts([]) == []


def test_without_scripts_there_is_a_table_of_all_designs():
    html = board()._repr_html_()
    table = html.split("</script>")[1]
    assert (
        table.count("<tr>") == 6
        and "✓ 20 ms" in table
        and "✗ 90 %" in table
        and "✗ –" in table
        and "can" not in table.split("<caption>")[0]
    )


def test_of_many_designs_the_table_shows_those_that_meet_most():
    many = design_board(
        "cart",
        [FAST, FRESH],
        {"a": tuple(range(10)), "b": tuple(range(10))},
        lambda a, b: {"ms": a * 10, "stale": b},
    )
    rows = many.still().split("<tbody>")[1].split("<tr>")[1:]
    assert len(rows) == 32 and all("✓" in row for row in rows) and rows[0].count("✓") == 2


@pytest.mark.parametrize(
    "call, sentence",
    [
        (
            lambda: design_board("Cart", [FAST], CHOICES, FIGURES),
            "name the board with small letters",
        ),
        (lambda: design_board("cart", [], CHOICES, FIGURES), "needs 1 to 12 requirements"),
        (lambda: design_board("cart", [FAST] * 13, CHOICES, FIGURES), "needs 1 to 12 requirements"),
        (lambda: design_board("cart", [FAST], {}, FIGURES), "a choice or more"),
        (
            lambda: design_board("cart", [Requirement("X", "ms")], CHOICES, FIGURES),
            "“X” needs either at_most=… or at_least=…",
        ),
        (lambda: design_board("cart", [FAST], {"a": ("x",)}, FIGURES), "at least two options"),
        (
            lambda: design_board("cart", [FAST], {str(n): (1, 2) for n in range(11)}, FIGURES),
            "make 2,048 designs",
        ),
        (lambda: design_board("cart", [FAST], CHOICES, {}), "no figures for any design"),
        (
            lambda: design_board("cart", [FAST], CHOICES, lambda copies, nodes: {"s": 3}),
            r"the figures of \(all, 3\) have no 'ms'.*they have s",
        ),
        (
            lambda: design_board("cart", [FAST], CHOICES, lambda copies, nodes: {"ms": "3"}),
            "ms of \\(all, 3\\) is '3'",
        ),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call()
