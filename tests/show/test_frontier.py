"""Trade-offs between runs."""

import xml.dom.minidom
from random import Random

import pytest

from dslab.errors import DslabError
from dslab.show import Figure, frontier
from dslab.show.frontier import best

FIGURES = {"time": Figure("ms", log=True), "up": Figure("%", more=True), "cost": Figure()}
POINTS = [
    {"kind": "a", "n": 3, "time": 10, "up": 90.5, "cost": 1},
    {"kind": "a", "n": 5, "time": 20, "up": 99, "cost": 5},
    {"kind": "b", "n": 3, "time": 15, "up": 90, "cost": None},
    {"kind": "b", "n": 5, "time": 400, "up": 99.5, "cost": 2},
]


def test_the_frontier_is_what_no_other_run_beats():
    assert frontier(POINTS, FIGURES).frontier == ["a 3", "a 5", "b 5"]
    assert frontier(POINTS, FIGURES, x="cost", y="time").frontier == ["a 3"]
    assert frontier(POINTS, FIGURES, x="cost", y="up").frontier == ["a 3", "b 5"]


def test_best_is_what_comparing_all_pairs_says():
    chance, figures = Random(5), list(FIGURES.values())
    for _ in range(100):
        points = [[chance.choice([1, 2, 3, 4, None]) for _ in figures] for _ in range(8)]
        known = [
            n for n, point in enumerate(points) if point[0] is not None and point[1] is not None
        ]
        beaten = [
            n
            for n in known
            if any(
                (points[m][0] <= points[n][0] and points[m][1] >= points[n][1])
                and points[m][:2] != points[n][:2]
                for m in known
            )
        ]
        assert best(points, figures, (0, 1)) == [n for n in known if n not in beaten]


def test_figures_and_configuration_are_told_apart():
    data = frontier(POINTS, FIGURES, series="kind").data()
    assert (
        data["config"] == ["kind", "n"] and data["series"] == 0 and (data["x"], data["y"]) == (0, 1)
    )
    assert data["points"][2] == {"name": "b 3", "config": ["b", "3"], "values": [15, 90, None]}


def test_it_says_itself_in_words():
    assert repr(frontier(POINTS, FIGURES, title="Time against answers")) == (
        "Time against answers: 4 runs between time and up. No other run is better in "
        "both than a 3, a 5, b 5."
    )


def test_the_still_picture_is_an_image_and_the_same_each_time():
    element = frontier(POINTS, FIGURES, series="kind", title="a < b")
    picture = element.picture()
    document = xml.dom.minidom.parseString(picture)
    assert (
        document.getElementsByTagName("title")[0].firstChild.data == "a < b"
        and picture == element.picture()
    )
    signs = [
        path for path in document.getElementsByTagName("path") if path.getAttribute("transform")
    ]
    assert len(signs) == 4 + 2 and len({sign.getAttribute("d") for sign in signs}) == 2, (
        "each kind has a sign of its own, in the picture and in the legend"
    )
    assert [sign.getAttribute("fill") == "#ffffff" for sign in signs] == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]
    assert {
        "a < b",
        "a 3",
        "a 5",
        "b 5",
        "time (ms), less is better",
        "up (%), more is better",
    } <= {text.firstChild.data for text in document.getElementsByTagName("text")}


def test_runs_without_any_figure_in_common_are_a_picture_too():
    assert (
        "<path transform"
        not in frontier([{"kind": "a", "time": None, "up": 1, "cost": 1}], FIGURES)
        .picture()
        .split("filled")[0]
    )


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: frontier([], FIGURES), "needs a point or more"),
        (lambda: frontier(POINTS, {"time": Figure()}), "two figures or more"),
        (
            lambda: frontier(POINTS, FIGURES, x="size"),
            "there is no figure 'size'; there are time, up, cost",
        ),
        (
            lambda: frontier(POINTS, FIGURES, series="colour"),
            "no part of the configuration 'colour'; there are kind, n",
        ),
        (lambda: frontier([{"time": "fast", "up": 1}], FIGURES), "time of a point is 'fast'"),
        (lambda: frontier([{"time": float("inf"), "up": 1}], FIGURES), "a finite number"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call()
