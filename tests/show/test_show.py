"""What a notebook shows: players, pictures, tables, quoted code, controls."""

import base64
import re
import xml.dom.minidom

import pytest

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.protocols.raft import Raft
from dslab.run.trace import Trace
from dslab.show import diagram, live, play, runs, source, states, table
from dslab.sim import Cluster
from tests.scenarios import SCENARIOS

RUN = Trace(("n1",), title="Nothing")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_still_picture_is_an_image_with_a_title_and_the_same_each_time(name):
    trace = SCENARIOS[name]().trace
    picture = diagram(trace, 100)
    document = xml.dom.minidom.parseString(picture)
    assert document.getElementsByTagName("title")[0].firstChild.data == trace.title
    assert picture == diagram(trace, 100)
    assert {text.firstChild.data for text in document.getElementsByTagName("text")} >= set(
        trace.lanes
    )


def test_a_player_can_t_be_ended_by_what_a_run_says():
    cluster = Cluster(Raft, 3, clients=0, title="</script><b>title</b>")
    cluster.mark("</script><script>alert(1)</script>")
    html = play(cluster)._repr_html_()
    assert html.count("</script>") == 1 and "<b>" not in html


def test_the_picture_beside_the_player_is_the_diagram():
    cluster = Cluster(Raft, 3, clients=0).run(200)
    html = play(cluster, at=150)._repr_html_()
    found = base64.b64decode(re.search(r'base64,([^"]+)"', html)[1]).decode()
    assert found == diagram(cluster.trace, 150) and re.search(
        r'<dslab-trace class="dslab" run="[0-9a-f]{12}" at="150">', html
    )


def test_states_show_fields_of_nodes_that_are_up():
    cluster = Cluster(Raft, 3, clients=0).run(400)
    cluster.crash("n2")
    shown = repr(states(cluster, "role", "current_term"))
    assert re.search(r"n2 +│ down +│ down", shown) and "leader" in shown
    with pytest.raises(DslabError, match="Raft has no field 'rolle': it has current_term"):
        states(cluster, "rolle")


def test_a_column_of_sentences_keeps_a_width_for_reading():
    shown = table(
        [("VotesTwice", "Votes for whoever asks, however often in a term.", 6)],
        columns=("bug", "what it does", "steps"),
    )
    assert [cell.split(">")[0] for cell in shown._repr_html_().split("<td")[1:]] == [
        ' class="words"',
        "",
    ]


def test_tables_escape_and_refuse_rows_that_do_not_fit():
    shown = table([{"a": "<b>", "b": None}], caption="x<y")
    assert (
        "&lt;b&gt;" in shown._repr_html_()
        and "x&lt;y" in shown._repr_html_()
        and "–" in repr(shown)
    )
    with pytest.raises(DslabError, match="a row of 1 values"):
        table([(1,)], columns=("a", "b"))
    with pytest.raises(DslabError, match="takes dicts"):
        table([(1,)])


def test_code_is_quoted_as_it_runs():
    quoted = repr(source(Raft.on_Heartbeat))
    assert quoted.startswith('def on_Heartbeat(self):\n    """')
    assert "\n    for peer in self.peers:\n        self.replicate_to(peer)\n" in quoted
    with pytest.raises(DslabError, match="source\\(...\\) shows functions"):
        source(3)


def test_a_slider_runs_the_scenario_again():
    shown = live(
        lambda seed, loss: Cluster(Raft, 3, seed=seed, loss=loss, clients=0).run(100),
        seed=(0, 1, 9),
        loss=(0.0, 0.5),
    )
    bundle = shown._repr_mimebundle_()
    assert (
        "<dslab-trace" in bundle["text/html"]
        and "application/vnd.jupyter.widget-view+json" in bundle
    )
    box = shown.controls()
    *sliders, picture = box.children
    before = picture.value
    sliders[0].value = 2
    assert picture.value != before and "seed 2" in picture.value
    assert [slider.description for slider in sliders] == ["seed", "loss"]


def test_an_error_in_a_live_scenario_is_shown_where_the_reader_looks():
    def run(seed):
        if seed:
            raise ValueError("<no>")
        return Cluster(Raft, 3, clients=0)

    *_, slider, picture = live(run, seed=(0, 5)).controls().children
    slider.value = 1
    assert picture.value == "<p><strong>ValueError:</strong> &lt;no&gt;</p>"


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: play(3), "play\\(\\) shows a Trace, a Cluster or a Verdict"),
        (lambda: play(linearizable(Cluster(Raft, 3).run(10))), "this Verdict has no run to show"),
        (lambda: play(RUN, at="x"), "at='x' is no moment of a run"),
        (lambda: play(RUN, at=float("nan")), "at=nan is no moment of a run"),
        (lambda: play(RUN, views="stage"), "views are given by their names alone"),
        (
            lambda: play(RUN, "logs", logs="entries"),
            "logs= says nothing to logs: they ask for term, log, entry_term",
        ),
        (
            lambda: play(RUN, log="entries"),
            "log= says nothing to space-time and fields: they ask for no names",
        ),
        (
            lambda: play(RUN, "nowhere"),
            "there is no view 'nowhere' of a run: choose from fields, history",
        ),
        (lambda: runs([RUN]), "runs\\(\\) needs a run to show"),
        (lambda: runs({}), "runs\\(\\) needs a run to show"),
        (lambda: live(lambda: None), "needs an argument to control"),
        (lambda: live(lambda a: None, a=3), "give \\(least, greatest\\)"),
        (lambda: live(lambda a: None, a=(3, 1)), "give \\(least, greatest\\)"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call()


def test_a_view_is_told_a_protocol_s_names():
    html = play(
        Cluster(Raft, 3, clients=0), "logs", log="entries", entry_term='"><b>'
    )._repr_html_()
    assert ' views="logs" log="entries" entry-term="&quot;&gt;&lt;b&gt;">' in html
