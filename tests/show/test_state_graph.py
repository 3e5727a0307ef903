"""What an exploration looked at, as an element."""

import xml.dom.minidom

import pytest

from dslab.errors import DslabError
from dslab.explore import explore
from dslab.explore.specs import DieHard, Missionaries, Paxos, Peterson, TwoPhase
from dslab.show import play, state_graph
from dslab.values import show as in_words


def paxos():
    spec = Paxos(2, 2, 1)
    return state_graph(
        explore(spec, graph=True), decided=lambda ballot, voted, messages: spec.chosen(messages)
    )


def text(data, number):
    value = data["values"][number]
    return (
        value
        if isinstance(value, str)
        else value[0] + ", ".join(text(data, each) for each in value[2:]) + value[1]
    )


def described(data):
    wide = len(data["variables"])
    return [
        tuple(text(data, number) for number in data["states"][at : at + wide])
        for at in range(0, len(data["states"]), wide)
    ]


def edges(data):
    ends, at = [], 0
    for one, count in enumerate(data["out"]):
        ends += [
            (one, data["to"][edge], data["labels"][data["label"][edge]])
            for edge in range(at, at + count)
        ]
        at += count
    return ends


def test_every_state_and_step_of_the_exploration_is_in_it_under_its_own_number():
    graph = explore(Peterson(), graph=True).graph
    data = state_graph(explore(Peterson(), graph=True)).data()
    known = [
        tuple(in_words(value) for value in graph.describe(number).values())
        for number in range(len(graph.states))
    ]
    assert sorted(described(data)) == sorted(known)
    shown = described(data)
    assert {(shown[one], shown[other], label) for one, other, label in edges(data)} == {
        (known[one], known[other], label) for one, other, label in graph.edges
    }
    depth = [layer for layer, count in enumerate(data["layers"]) for _ in range(count)]
    assert {(shown[number], depth[number]) for number in range(len(shown))} == {
        (known[number], graph.depth[number]) for number in range(len(known))
    }


def crossings(data, order=None):
    """How many pairs of steps between neighbouring layers cross."""
    depth = [layer for layer, count in enumerate(data["layers"]) for _ in range(count)]
    place = order or list(range(len(depth)))
    steps = [
        (place[one], place[other], depth[one])
        for one, other, _ in edges(data)
        if depth[other] == depth[one] + 1
    ]
    return sum(
        a[2] == b[2] and (a[0] - b[0]) * (a[1] - b[1]) < 0
        for at, a in enumerate(steps)
        for b in steps[at + 1 :]
    )


def test_layers_are_ordered_so_that_fewer_steps_cross():
    data = paxos().data()
    starts = [sum(data["layers"][:depth]) for depth in range(len(data["layers"]))]
    # Any other order.
    as_found = [
        start + ((place * 7919) % count)
        for start, count in zip(starts, data["layers"])
        for place in range(count)
    ]
    assert crossings(data) * 3 < crossings(data, as_found)


def test_the_counterexample_goals_and_valences_are_told_in_words():
    assert state_graph(explore(DieHard(), graph=True)).words() == (
        "States of DieHard: 14 states, 48 steps between them, 6 steps deep. NotWanted is "
        "broken after 6 steps: "
        "FillBig, BigToSmall, EmptySmall, BigToSmall, FillBig, BigToSmall."
    )
    assert paxos().words().endswith("Of them 55 0-valent, 55 1-valent, 35 bivalent.")
    assert (
        state_graph(explore(TwoPhase(5), graph=True))
        .words()
        .startswith("States of TwoPhase: the first 5,000 of 8,832 states")
    )


def test_it_names_the_run_that_a_player_shows():
    found = explore(Missionaries(), graph=True)
    data = state_graph(found).data()
    assert (
        data["run"] == {"name": play(found).attributes()["run"], "first": 0}
        and len(data["path"]) == 12
    )
    assert state_graph(explore(Peterson(), graph=True)).data()["run"] is None


@pytest.mark.parametrize(
    "element",
    [
        lambda: paxos(),
        lambda: state_graph(explore(DieHard(), graph=True), title="a < b"),
        lambda: state_graph(explore(TwoPhase(5), graph=True)),
    ],
    ids=["valence", "path", "large"],
)
def test_the_still_picture_is_an_image_and_the_same_each_time(element):
    picture = element().picture()
    assert (
        xml.dom.minidom.parseString(picture).getElementsByTagName("title")[0].firstChild.data
        == element().content["title"]
    )
    assert picture == element().picture() and element().dumps() == element().dumps()
    assert len(picture) < 40_000


def test_the_still_picture_says_what_its_signs_mean():
    said = [
        text.firstChild.data
        for text in xml.dom.minidom.parseString(paxos().picture()).getElementsByTagName("text")
    ]
    assert (
        "from left to right: steps from a start (thick) · 0: only 0 may still be decided "
        "· 1: only 1 may still be decided · B: more than one may · ring: SomethingIsChosen" in said
    )
    said = [
        text.firstChild.data
        for text in xml.dom.minidom.parseString(
            state_graph(explore(DieHard(), graph=True)).picture()
        ).getElementsByTagName("text")
    ]
    assert any(each.endswith("cross: NotWanted, and the steps to it in red") for each in said)


def test_five_thousand_states_weigh_little():
    assert len(state_graph(explore(TwoPhase(5), graph=True)).dumps()) < 250_000


def test_an_exploration_without_its_graph_is_refused():
    with pytest.raises(
        DslabError, match=r"explore\(…, graph=True\) found, but this Exploration has no graph"
    ):
        state_graph(explore(Peterson()))
    with pytest.raises(DslabError, match="this int has no graph"):
        state_graph(3)
