"""The log matrix, with a reader's hands, against what Python says of the same run."""

import pytest

from dslab.node import Node, Timer
from dslab.protocols.raft import Raft
from dslab.show import play
from dslab.sim import Cluster
from dslab.values import Map, Value
from tests.browser.conftest import axe, settle
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored


def minority_run() -> Cluster:
    """Two entries without a majority, overwritten when the cut heals; a follower is down."""
    cluster = Cluster(Raft, 5, seed=7, clients=2, title="The minority's entries")
    alice, bob = cluster.client("c1"), cluster.client("c2")
    cluster.run(until=alice.write("x", 1)).run(60)
    cluster.partition("n1 n2 c1", "n3 n4 n5 c2")
    cluster.run(300)
    cluster.run(until=alice.write("x", 2, to="n1", timeout=100))
    last = alice.write("y", "<b>7</b>", to="n1", timeout=100)
    cluster.run(until=bob.write("x", 3)).run(until=bob.write("x", 4)).run(until=last)
    cluster.crash("n4")
    cluster.heal()
    cluster.run(120).restart("n4")
    return cluster.run(100)


@pytest.fixture(scope="module")
def run():
    return minority_run()


@pytest.fixture
def player(show, run):
    """Opens a page with the logs of `run` and returns (page, the element)."""

    def open_it(html=None, at=None, **options):
        page = show(html or play(run, "logs", at=at)._repr_html_(), **options)
        return page, page.locator("dslab-trace")

    return open_it


def go(page, element, step):
    element.get_by_role("slider", name="Step").fill(str(step))
    settle(page)


def step_of(run, event):
    """The number of the step that begins with `event`."""
    return [first for first, _ in run.trace.steps()].index(event)


def overwritings(run):
    """[event, node, index] of every entry that another one replaces, by looking at the states one
    after the other.
    """
    found, logs = [], {}
    for number, record in enumerate(run.trace.records):
        if record[6] is not None:
            before, now = logs.get(record[2], ()), record[6]["log"]
            found += [
                [number, record[2], index]
                for index, entry in enumerate(before, 1)
                if now[index - 1 : index] != (entry,)
            ]
            logs[record[2]] = now
    return found


CELLS = """(player) =>
  player.views[0].cells.map((row) =>
    row.map((cell) => ({
      kind: cell.className,
      term: cell.children[0].textContent,
      sign: cell.children[2].textContent,
      marks: cell.children[3].textContent,
      said: cell.children[4].textContent,
    })),
  )"""


def test_every_cell_is_python_s_log(player, run):
    page, element = player()
    for step in range(0, len(run.trace.steps()), 7):
        go(page, element, step)
        end = run.trace.steps()[step + 1][0] - 1 if step + 1 < len(run.trace.steps()) else None
        for name, row in zip(run.names, element.evaluate(CELLS)):
            state = run.trace.state(name, end)
            if state is not None:
                assert [cell["term"] for cell in row if cell["term"]] == [
                    str(entry.term) for entry in state["log"]
                ]
                assert [
                    place for place, cell in enumerate(row, 1) if "last" in cell["kind"].split()
                ] == [state["commit_index"]] * (state["commit_index"] > 0)
                assert (
                    sum("committed" in cell["kind"].split() for cell in row)
                    == state["commit_index"]
                )
    assert page.trouble == []


def test_an_entry_that_will_be_gone_is_marked_until_it_is(player, run):
    page, element = player()
    gone = overwritings(run)
    assert {(name, index) for _, name, index in gone} == {
        (name, index) for name in ("n1", "n2") for index in (2, 3)
    }
    for event, name, index in gone:
        step, lane = step_of(run, event), run.names.index(name)
        go(page, element, step - 1)
        cell = element.evaluate(CELLS)[lane][index - 1]
        assert (
            "doomed" in cell["kind"]
            and "✗" in cell["sign"]
            and f"will be overwritten at {run.trace.records[event][0] / 1000:.1f} ms"
            in cell["said"]
        )
        go(page, element, step)
        cell = element.evaluate(CELLS)[lane][index - 1]
        assert (
            "struck" in cell["kind"]
            and "doomed" not in cell["kind"]
            and cell["term"] == "2"
            and "overwrites an entry of term 1" in cell["said"]
        )


def test_a_message_in_flight_that_will_overwrite_is_announced_and_lit(player, run):
    page, element = player(play(run, "logs")._repr_html_() + play(run)._repr_html_())
    event, name, index = overwritings(run)[0]
    sent = run.trace.records[event][4]
    page.locator("dslab-trace").first.get_by_role("slider", name="Step").fill(
        str(step_of(run, event) - 1)
    )
    settle(page)
    element, other = element.first, element.last
    cell = element.locator("tbody tr").nth(run.names.index(name)).locator("td").nth(index - 1)
    assert (
        f"by the message from {run.trace.records[event][3]} that is on its way" in cell.inner_text()
        and "✉" in cell.inner_text()
    )
    cell.hover()
    assert other.evaluate("player => [...player.lit]") == [f"entry {index} 1", f"message {sent}"]
    settle(page)
    assert {
        "lit" in cell["kind"]
        for cell in (element.evaluate(CELLS)[lane][index - 1] for lane in (0, 1))
    } == {True}
    assert (
        element.locator(".detail").inner_text().startswith(f"{name}, entry {index}, term 1, write")
    )
    other.evaluate("(player, sent) => player.light(`message ${sent}`)", sent)
    settle(page)
    assert "lit" in cell.get_attribute("class")


def test_the_leader_s_beliefs_are_python_s(player, run):
    page, element = player()
    for step in (130, 205, 240, len(run.trace.steps()) - 1):
        go(page, element, step)
        end = run.trace.steps()[step + 1][0] - 1 if step + 1 < len(run.trace.steps()) else None
        states = {name: run.trace.state(name, end) for name in run.names}
        leader = max(
            (state for state in states.values() if state and state["role"] == "leader"),
            key=lambda state: state["current_term"],
        )
        for name, row in zip(run.names, element.evaluate(CELLS)):
            for sign, field in (("▲", "match_index"), ("▷", "next_index")):
                at = leader[field].get(name, 0)
                assert [place for place, cell in enumerate(row, 1) if sign in cell["marks"]] == (
                    [at] if at else []
                )


def test_whoever_comes_from_elsewhere_sees_where_the_logs_end(player):
    cluster = Cluster(Raft, 3, seed=1, title="Forty entries")
    for number in range(40):
        cluster.run(until=cluster.client().write("x", number))
    page, element = player(
        play(cluster.run(60), "logs", at=cluster.now)._repr_html_(),
        viewport={"width": 700, "height": 600},
    )
    box = element.locator(".logs").bounding_box()
    assert (
        box["x"]
        < element.locator("thead th", has_text="40").bounding_box()["x"]
        < box["x"] + box["width"] - 30
    )
    element.get_by_role("button", name="To the start").click()
    settle(page)
    element.get_by_role("slider", name="Step").fill(
        element.get_by_role("slider", name="Step").get_attribute("max")
    )
    settle(page)
    assert (
        element.locator("thead th", has_text="40").bounding_box()["x"]
        < box["x"] + box["width"] - 30
    )


def test_a_node_that_is_down_shows_its_disk(player, run):
    page, element = player()
    crash = next(number for number, record in enumerate(run.trace.records) if record[1] == "crash")
    go(page, element, step_of(run, crash))
    row = element.locator("tbody tr").nth(run.names.index("n4"))
    assert "✗ down" in row.locator("th").inner_text()
    shown = element.evaluate(CELLS)[run.names.index("n4")]
    assert [cell["kind"].split()[-1] for cell in shown[:3]] == ["down"] * 3 and not any(
        "committed" in cell["kind"] for cell in shown
    )


def test_a_log_that_is_not_on_disk_will_be_lost(player):
    class Forgets(Raft):
        durable = "current_term", "voted_for"

    cluster = Cluster(Forgets, 3, seed=2, clients=1, title="A log that is not on disk")
    cluster.run(until=cluster.client().write("x", 1)).run(60)
    victim = next(name for name, node in cluster.nodes.items() if node.role == "follower")
    cluster.crash(victim)
    cluster.run(20).restart(victim)
    page, element = player(play(cluster, "logs", at=cluster.now - 20.1)._repr_html_())
    cell = element.evaluate(CELLS)[cluster.names.index(victim)][0]
    assert "doomed" in cell["kind"] and "will be lost in the crash" in cell["said"]
    crash = next(
        number for number, record in enumerate(cluster.trace.records) if record[1] == "crash"
    )
    go(page, element, [first for first, _ in cluster.trace.steps()].index(crash))
    assert element.evaluate(CELLS)[cluster.names.index(victim)][0]["term"] == ""


def test_arrows_move_in_the_grid_and_step_outside_of_it(player, run):
    page, element = player(at=800)
    step = element.evaluate("player => player.step")
    element.locator("td[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    focused = (
        "player => [player.shadowRoot.activeElement.at.lane, "
        "player.shadowRoot.activeElement.at.column]"
    )
    assert element.evaluate(focused) == [1, 1] and element.evaluate("player => player.step") == step
    assert element.evaluate("player => [...player.lit][0]") == "entry 2 1"
    page.keyboard.press("End")
    assert element.evaluate(focused) == [1, 2]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert element.evaluate(focused) == [1, 0] and element.locator("td[tabindex='0']").count() == 1
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settle(page)
    event = next(event for event, name, index in overwritings(run) if (name, index) == ("n2", 2))
    assert element.evaluate("player => player.step") == step_of(run, event)
    element.get_by_role("button", name="One step back").focus()
    page.keyboard.press("ArrowLeft")
    assert element.evaluate("player => player.step") == step_of(run, event) - 1
    settle(page)
    element.locator("tbody tr").nth(1).locator("td").nth(1).click()
    assert element.evaluate("player => player.step") == step_of(run, event)


class Tick(Timer):
    """Time for another entry."""


class Record(Value):
    ballot: int
    value: str


class Appender(Node):
    """Appends an entry every millisecond under names of its own, and moves all but the last three
    to a snapshot now and then.
    """

    entries: tuple = ()
    committed: int = 0
    folded: int = 0
    every = 10**9

    def on_start(self):
        self.set_timer(Tick(), 1)

    def on_Tick(self):
        self.entries += (
            Record(
                1 + (self.folded + len(self.entries)) // 40,
                f"v{self.folded + len(self.entries) + 1}",
            ),
        )
        self.committed = self.folded + len(self.entries)
        if self.committed % self.every == 0:
            self.folded, self.entries = self.committed - 3, self.entries[-3:]
        self.set_timer(Tick(), 1)


NAMES = {
    "log": "entries",
    "entry_term": "ballot",
    "commit_index": "committed",
    "snapshot_index": "folded",
}


def test_other_names_and_a_snapshot(player):
    class Folding(Appender):
        every = 5

    cluster = Cluster(Folding, 1, clients=0, title="Folds").run(7)
    page, element = player(play(cluster, "logs", at=7, **NAMES)._repr_html_())
    row = element.evaluate(CELLS)[0]
    length = cluster.nodes["n1"].folded + len(cluster.nodes["n1"].entries)
    assert [cell["kind"] for cell in row[:2]] == ["snapshot"] * 2 and row[0][
        "said"
    ] == "entry 1 is in the snapshot"
    assert [cell["term"] for cell in row[2:length]] == ["1"] * (length - 2) and "last" in row[
        length - 1
    ]["kind"]
    assert not any("doomed" in cell["kind"] for cell in row) and page.trouble == []


def test_a_long_key_leaves_the_room_to_the_value(player):
    cluster = Cluster(Raft, 3, seed=2, clients=1, title="A long key")
    cluster.run(until=cluster.client().write("balance", 90)).run(
        until=cluster.client().read("balance")
    )
    _, element = player(play(cluster, "logs", at=cluster.now)._repr_html_())
    assert {text for text in element.locator("td .text").all_text_contents() if text} == {
        "90",
        "read balance",
    }


def test_a_map_from_index_to_record_is_a_log_with_holes(player):
    class Slots(Appender):
        entries: Map = Map({1: Record(3, "a"), 4: Record(5, "b")})

        def on_Tick(self):
            pass

    _, element = player(
        play(
            Cluster(Slots, 1, clients=0, title="Slots").run(3), "logs", at=3, **NAMES
        )._repr_html_()
    )
    assert [cell["term"] for cell in element.evaluate(CELLS)[0][:4]] == ["3", "", "", "5"]


def test_a_long_log_has_few_columns_and_its_change_in_view(player):
    cluster = Cluster(Appender, 2, clients=0, title="Long").run(400)
    page, element = player(play(cluster, "logs", **NAMES)._repr_html_())
    assert element.locator("thead th").count() < 130
    for step in (700, 120, 790):
        go(page, element, step)
        changed = element.locator("td.fresh")
        box, cell = element.locator(".logs").bounding_box(), changed.bounding_box()
        assert (
            box["x"] + 90 <= cell["x"] and cell["x"] + cell["width"] <= box["x"] + box["width"] + 1
        )
        lane, event = changed.evaluate("cell => cell.at.lane"), cluster.trace.steps()[step][0]
        length = len(cluster.trace.state(cluster.names[lane], event)["entries"])
        assert (
            changed.locator(".said")
            .text_content()
            .startswith(f"entry {length}, term {1 + (length - 1) // 40}")
        )
    changed.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    settle(page)
    assert element.evaluate(
        "player => player.shadowRoot.activeElement.children[4].textContent"
    ).startswith("entry 1, term 1")


def test_a_run_without_logs_says_so(player, run):
    page, element = player(play(run, "logs", log="journal")._repr_html_())
    assert "no node has a field “journal”" in element.locator(".bad").inner_text()
    assert element.get_by_role("button", name="One step on").is_visible()


def test_what_an_entry_says_is_text(player):
    page, element = player(at=800)
    assert (
        element.locator("b", has_text="7").count() == 0
        and "<b>7</b>" in element.locator("tbody").inner_text()
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(player, scheme, width):
    page, _ = player(at=800, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_it_did(player, run, scheme, width):
    page, element = player(viewport={"width": width, "height": 900}, color_scheme=scheme)
    go(page, element, step_of(run, overwritings(run)[0][0]))
    looks_as_stored(page, element.locator(".views").first, "logs")
