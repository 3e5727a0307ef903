"""The stills of a run's views: what stands where no script runs, at the moment asked for."""

import json
import re
import xml.dom.minidom

import pytest

from dslab.check import linearizable
from dslab.node import Node, Pictured
from dslab.protocols.quorum_register import AvailableRegister
from dslab.protocols.raft import Raft
from dslab.run.trace import Trace
from dslab.show import history, play, runs
from dslab.show.player import STILLS, VIEWS
from dslab.show.stills.drawing import WIDTH
from dslab.sim import Cluster
from tests.scenarios import SCENARIOS


def said(player) -> list[str]:
    """The texts of a player's still picture."""
    return [
        text.firstChild.data
        for text in xml.dom.minidom.parseString(player.picture()).getElementsByTagName("text")
        if text.firstChild
    ]


@pytest.fixture(scope="module")
def raft():
    """The leader n1 is cut off with n2, and takes a write that the majority never sees."""
    cluster = Cluster(Raft, 5, seed=7, clients=2, title="The minority's entries")
    cluster.run(until=cluster.client("c1").write("x", 1)).partition("n1 n2 c1", "n3 n4 n5 c2")
    cluster.run(360).run(until=cluster.client("c1").write("x", 2, to="n1", timeout=100))
    cluster.run(until=cluster.client("c2").write("x", 3)).run(
        until=cluster.client("c2").write("x", 4)
    ).heal()
    return cluster.run(150)


@pytest.mark.parametrize("view", STILLS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_still_is_a_picture_with_words_the_same_each_time_and_for_a_run_that_was_stored(
    name, view
):
    trace = SCENARIOS[name]().trace
    player = play(trace, view, at=100)
    assert player.picture() == player.picture() and player.words().startswith(f"{trace.title}. ")
    stored = play(Trace.from_json(trace.as_json()), view, at=100)
    assert (stored.picture(), stored.words()) == (player.picture(), player.words())
    for text in xml.dom.minidom.parseString(player.picture()).getElementsByTagName("text"):
        assert 0 <= float(text.getAttribute("x")) <= WIDTH


def test_the_stage_shows_its_moment_and_without_one_the_end(raft):
    before = play(raft, "stage", at=250).words()
    assert (
        "n1, ★ leader, term 1, log 1 · commit 1; " in before
        and "; c1, write x 1, ✓; c2, idle. No messages under way." in before
    )
    assert (
        "n5, ★ leader, term 2, log 3 · commit 3; c1, write x 2, ? no answer; c2, write x 4, ✓."
        in play(raft, "stage").words()
    )


def test_the_stage_shows_two_leaders_on_two_sides_of_a_cut(raft):
    player = play(raft, "stage", at=604.9)
    assert said(player).count("★ leader") == 2 and "at 604.8 ms · ✂ n1 n2 c1 | n3 n4 n5 c2" in said(
        player
    )
    assert said(player).count("✂") == 6  # Each link between the two sides.
    assert "write x 2" in said(player) and "waits …" in said(player)
    assert player.words().endswith("Cut: n1 n2 c1 | n3 n4 n5 c2.")


def test_the_marks_of_a_short_run_s_axis_are_told_apart():
    marks = [
        word for word in said(play(Cluster(Raft, 3, clients=0).run(50))) if word.endswith(" ms")
    ]
    assert marks == ["0.0 ms", "0.2 ms", "0.4 ms", "0.6 ms", "0.8 ms", "1.0 ms"]


def test_messages_under_way_are_named():
    cluster = Cluster(Raft, 3, seed=1, clients=0, title="Under way")
    cluster.run(400)
    arrives = next(event for event in cluster.trace.events if event.kind == "deliver")
    sent = cluster.trace.events[arrives.ref]
    player = play(cluster, "stage", at=(sent.time + arrives.time) / 2000)
    assert "RequestVote" in said(player) and re.search(
        r"[12] messages? under way: RequestVote\.", player.words()
    )


def test_a_node_that_is_down_and_one_that_has_not_started_are_two_things():
    cluster = Cluster(Raft, 3, seed=1, clients=0, title="Down")
    cluster.run(200).crash("n2")
    assert "n2, down" in play(cluster, "stage").words()
    cluster.trace.records[:] = cluster.trace.records[:2]
    assert "n2, not started" in play(cluster, "stage").words()


def test_logs_show_what_is_committed_and_what_will_be_overwritten(raft):
    player = play(raft, "logs", at=604.9)
    assert (
        "n1 (★leader 1) 1: x 1 of term 1, 2: x 2 of term 1, of which 2 will be "
        "overwritten, committed to 1" in player.words()
    )
    assert "n5 (★leader 2) 1: x 1 of term 1, committed to 0" in player.words()
    assert said(player).count("✗") == 2 and said(player).count("x 2") == 2
    assert "will be overwritten" not in play(raft, "logs").words()


def test_logs_of_a_protocol_with_other_names():
    trace = Trace(("a", "b"), title="Other names")
    trace.records = [
        (
            0,
            "tell",
            "a",
            None,
            None,
            "a has two.",
            {"entries": ({"epoch": 3, "value": "v"}, {"epoch": 4, "value": "w"}), "done": 1},
        )
    ]
    player = play(trace, "logs", log="entries", entry_term="epoch", commit_index="done")
    assert "a 1: v of term 3, 2: w of term 4, committed to 1" in player.words() and {
        "v",
        "w",
    } <= set(said(player))
    assert "no node says where its log is" in play(trace, "logs").words()
    assert "no node has a field “log”" in play(trace, "logs", log="log").words()


class Chair(Node):
    """Its fields are called otherwise than any picture would guess."""

    ballots: int = 7
    book: tuple[str, ...] = ()
    chair: bool = False
    pictured = Pictured(term="ballots", log="book")

    def on_start(self):
        self.chair, self.book = self.id == "n2", ("motion",)

    def leads(self):
        return self.chair

    def role_word(self):
        return "chair" if self.chair else "member"


class Guessed(Node):
    """Its fields have the names of Raft's, and it says nothing of itself."""

    role: str = "leader"
    leader: str = "n1"
    current_term: int = 4
    log: tuple[str, ...] = ("a",)


def test_pictures_ask_the_protocol_and_guess_from_no_name():
    chair = play(Cluster(Chair, 3, clients=0).run(1), "stage", "logs").words()
    assert "n1, member, ballots 7, log 1; n2, ★ chair, ballots 7, log 1" in chair
    assert "n2 (★chair 7) 1: motion, committed to 0" in chair
    guessed = play(Cluster(Guessed, 3, clients=0).run(1), "stage", "logs").words()
    assert "n1, current term 4; n2, current term 4" in guessed and "★" not in guessed
    assert "no node says where its log is" in guessed


def test_a_stored_run_still_says_who_leads_and_one_of_before_says_nothing():
    raft = Cluster(Raft, 3, seed=1, clients=0, title="Stored").run(400)
    data = json.loads(raft.trace.dumps())
    again = play(Trace.from_json(data), "stage", "logs").words()
    assert again == play(raft, "stage", "logs").words() and again.count("★") == 2
    before = {name: item for name, item in data.items() if name not in ("roles", "pictured")}
    old = play(Trace.from_json(before), "stage").words()
    assert "★" not in old and "n1, current term 1" in old


def test_long_logs_show_their_end():
    trace = Trace(("a",), title="Long")
    trace.records = [
        (
            0,
            "tell",
            "a",
            None,
            None,
            "a has many.",
            {
                "log": tuple({"term": 1, "value": number} for number in range(1, 41)),
                "commit_index": 40,
            },
        )
    ]
    player = play(trace, "logs", log="log", entry_term="term", commit_index="commit_index")
    assert (
        "at 0.0 ms · entries 29 to 40" in said(player)
        and {"29", "40"} <= set(said(player))
        and "28" not in said(player)
    )


def test_a_history_shows_the_calls_and_the_smallest_bad_core():
    store = Cluster(AvailableRegister, 3, seed=5, clients=2, title="A store that always answers")
    anna, ben = store.client("c1"), store.client("c2")
    store.run(until=anna.write("x", 1, to="n1")).run(60).partition("n1 c1", "n2 n3 c2")
    store.run(until=anna.write("x", 2, to="n1")).run(until=ben.read("x", to="n3")).heal()
    store.run(20).run(until=ben.write("x", 3, to="n3"))
    verdict = linearizable(store)
    assert play(verdict, "history").words() == (
        "A store that always answers. Client operations: ◆ c1 write x 1 ✓; ◆ c1 write x "
        "2 ✓; ◆ c2 read x → 1; c2 write x 3 ✓. "
        "◆ marks the smallest part that no order explains."
    )
    assert history(verdict.history).words().startswith("A recorded history. Client operations: ")
    assert "4 calls" in said(play(verdict, "history"))


def test_views_stand_one_under_the_other_and_a_choice_shows_its_first_run(raft):
    player = play(raft, "logs", "space-time", "fields", at=600)
    assert {
        "thick: committed; dashed, ✗: will be overwritten; ▲ the leader's match_index; ▷ "
        "its next_index",
        "✂ links cut",
    } <= set(said(player))
    assert "Logs at" in player.words() and "Space-time diagram: " in player.words()
    assert runs({"one": player}).picture() == player.picture()


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_in_which_nothing_happened_has_a_still(view):
    player = play(Trace(("n1",), ("c1",), title="Nothing"), view)
    assert said(player)[0] == "Nothing" and player.words()
