"""Chapter 18: an event store on SQLite, an account on it, and a double spend."""

import copy
import os
import shutil
import tempfile
from random import Random

from dslab.learn.answers import hunt
from dslab.learn.grading import Broken, Exercise, Property, register

__all__ = ["race"]


class Folder:
    """A temporary folder for one test."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="dslab-")
        return os.path.join(self.path, "events.db")

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def is_store(submission):
    if not callable(submission):
        return f"This exercise takes a class with append, read and subscribe, but got {submission!r:.80}."
    return None


def refused(call):
    """Whether `call()` raised. Which error a store raises is its own affair."""
    try:
        call()
    except Exception:
        return True
    return False


def listed(value):
    return [list(item) if isinstance(item, tuple) else item for item in value]


def in_order(store_class):
    with Folder() as path:
        store = store_class(path)
        store.append("a", [{"n": 1}, {"n": 2}], -1)
        store.append("b", [{"n": 9}], -1)
        store.append("a", [{"n": 3}], 1)
        same("read('a')", [{"n": 1}, {"n": 2}, {"n": 3}], listed(store.read("a")))
        same("read of a stream that isn't there", [], listed(store.read("nowhere")))


def same(what, expected, got):
    if expected != got:
        raise Broken(f"{what} is not what was appended.", expected=str(expected), got=str(got)[:300])


def expected_version(store_class):
    with Folder() as path:
        store = store_class(path)
        store.append("a", [{"n": 1}], -1)
        for wrong in (-1, 1, 7):
            if not refused(lambda: store.append("a", [{"n": 2}], wrong)):
                raise Broken(f"The stream is at version 0, and an append that expects version {wrong} is not refused.",
                             expected="an exception", got="no complaint")
        same("After three refusals, read('a')", [{"n": 1}], listed(store.read("a")))
        store.append("a", [{"n": 2}], 0)
        same("After an append at the right version, read('a')", [{"n": 1}, {"n": 2}], listed(store.read("a")))


def subscription(store_class):
    with Folder() as path:
        store = store_class(path)
        for n, stream in enumerate("abbaacb"):
            version = len(store.read(stream)) - 1
            store.append(stream, [{"n": n}], version)
        everything = listed(store.subscribe(0))
        same("subscribe(0), without positions", [[s, {"n": n}] for n, s in enumerate("abbaacb")], [row[1:] for row in everything])
        positions = [row[0] for row in everything]
        if positions != sorted(set(positions)):
            raise Broken("The positions don't grow from event to event.", expected="growing positions", got=str(positions))
        for place, position in enumerate(positions):
            same(f"subscribe({position})", everything[place + 1:], listed(store.subscribe(position)))


def durable(store_class):
    with Folder() as path:
        store_class(path).append("a", [{"n": 1}], -1)
        # The first store object is gone without a word, as in a crash. What it acknowledged must be in the file.
        with Folder() as other:
            for suffix in ("", "-wal", "-journal"):
                if os.path.exists(path + suffix):
                    shutil.copy(path + suffix, other + suffix)
            same("After a crash, read('a')", [{"n": 1}], listed(store_class(other).read("a")))



def all_or_nothing(store_class):
    with Folder() as path:
        store = store_class(path)
        store.append("a", [{"n": 1}], -1)
        if not refused(lambda: store.append("a", [{"n": 2}, {"n": {3}}, {"n": 4}], 0)):
            raise Broken("The second of three events can't be stored, and the append doesn't say so.", expected="an exception", got="no complaint")
        same("After an append that failed in the middle, a fresh store's read('a')", [{"n": 1}], listed(store_class(path).read("a")))
        store.append("a", [{"n": 2}], 0)
        same("After the next append, read('a')", [{"n": 1}, {"n": 2}], listed(store.read("a")))


def race(store_class, path, moment):
    """Two writers who both read version 0; the second appends just before the first one's `moment`-th statement.

    Returns who was not refused, and how many statements the first one made.
    """
    first, second = store_class(path), store_class(path)
    first.append("a", [{"by": "nobody"}], -1)
    meet = getattr(first, "meet_in_child", meet_at)  # In a process of its own, the two meet there.
    return meet(first, second, moment)


def meet_at(first, second, moment):
    """Let `second` append between two statements of `first`, whose connections are watched for that."""
    wins, looked = [], 0

    def look():
        nonlocal looked
        looked += 1
        if looked == moment and not refused(lambda: second.append("a", [{"by": "second"}], 0)):
            wins.append("second")

    for name, value in list(vars(first).items()):
        if hasattr(value, "execute") and hasattr(value, "commit"):
            setattr(first, name, Watched(value, look))
    if not refused(lambda: first.append("a", [{"by": "first"}], 0)):
        wins.append("first")
    return wins, looked


class Watched:
    """A connection that calls `look` before each of its statements."""

    def __init__(self, connection, look):
        self.__dict__.update(connection=connection, look=look)

    def __getattr__(self, name):
        value = getattr(self.connection, name)
        if name not in ("execute", "executemany", "executescript", "commit", "cursor"):
            return value

        def seen(*arguments):
            self.look()
            return value(*arguments)
        return seen

    def __setattr__(self, name, value):
        setattr(self.connection, name, value)

    def __enter__(self):
        self.connection.__enter__()
        return self

    def __exit__(self, *error):
        return self.connection.__exit__(*error)


def racing_writers(store_class):
    for moment in range(1, 30):
        with Folder() as path:
            wins, looked = race(store_class, path, moment)
            stored = [event["by"] for event in listed(store_class(path).read("a"))]
        if len(wins) > 1:
            raise Broken(f"Two writers read version 0, and both may append: the second wrote just before statement {moment} of the first.",
                         expected="one of them is refused", got=f"stored: {', '.join(stored)}")
        if stored != ["nobody", *wins]:
            raise Broken("An append was acknowledged and is not there, or the other way round.", expected=str(["nobody", *wins]), got=str(stored))
        if looked < moment:
            return {"moments of a race": moment - 1}


STORE = (
    Property("in-order", "A stream is read back as it was appended.", 1, "One table: stream, version, data. ORDER BY version.", in_order),
    Property("expected-version", "An append that expects another version is refused, and leaves nothing.", 2,
             "Compare with max(version) of the stream, -1 for none, before you insert.", expected_version),
    Property("subscription", "subscribe(after) hands out all later events once, in the one global order.", 2,
             "INTEGER PRIMARY KEY AUTOINCREMENT is the position; WHERE position > ?.", subscription),
    Property("durable", "An append that returned is in the file.", 1, "Commit before you return.", durable),
    Property("all-or-nothing", "An append that fails in the middle leaves nothing of itself.", 1, "One transaction for the whole append; roll back on any error.", all_or_nothing),
    Property("racing-writers", "Two writers who read the same version never both append.", 2,
             "Take the write lock before you look at the version: BEGIN IMMEDIATE (sqlite3.connect(path, isolation_level=None)).", racing_writers))

register(Exercise("event-store", "18.1 An event store on SQLite", "CODE", 2, STORE, is_store))


# 18.2: decide and evolve.

def is_decider(submission):
    if not (isinstance(submission, (tuple, list)) and len(submission) == 2 and all(map(callable, submission))):
        return f"This exercise takes two functions, check(\"account-decider\", (decide, evolve)), but got {submission!r:.80}."
    return None


def commands(seed, length=60):
    random = Random(f"commands {seed}")
    yield {"type": "open"}
    for _ in range(length):
        yield {"type": random.choice(["deposit", "withdraw", "withdraw"]), "amount": random.randrange(1, 50)}


def fold(evolve, events, state=None):
    for event in events:
        state = evolve(state, copy.deepcopy(event))
    return state


def story(submission, seed):
    """Run commands; yields (command, state before, events or None where refused, state after)."""
    decide, evolve = submission
    state = None
    for command in commands(seed):
        before = copy.deepcopy(state)
        try:
            events = list(decide(copy.deepcopy(command), state))
        except Exception:
            events = None
        state = fold(evolve, events or [], state)
        yield command, before, events, state


def balance(state, where):
    try:
        return state["balance"]
    except (TypeError, KeyError):
        raise Broken(f"{where}, the state has no balance.", expected='{"balance": …}', got=str(state)[:100]) from None


def works(submission):
    done = 0
    for command, before, events, after in story(submission, 0):
        if command["type"] == "deposit":
            done += 1
            if not events:
                raise Broken(f"A deposit of {command['amount']} into an open account is refused.", expected="an event", got=str(events))
            if balance(after, "After a deposit") != balance(before, "Before a deposit") + command["amount"]:
                raise Broken("A deposit doesn't raise the balance by its amount.", expected=str(before["balance"] + command["amount"]), got=str(after["balance"]))
        if command["type"] == "withdraw" and command["amount"] <= balance(before, "Before a withdrawal") and not events:
            raise Broken(f"A withdrawal of {command['amount']} from a balance of {before['balance']} is refused.", expected="an event", got="a refusal")


def never_overdrawn(submission):
    works(submission)
    for seed in range(20):
        for command, before, events, after in story(submission, seed):
            if after is not None and balance(after, "In the story") < 0:
                raise Broken(f"{command['type']} {command['amount']} at a balance of {before['balance']} leaves {after['balance']}.",
                             expected="a refusal", got=str(events))


def conserves(submission):
    works(submission)
    for seed in range(20):
        money = 0
        for command, before, events, after in story(submission, seed):
            if events and command["type"] != "open":
                money += command["amount"] if command["type"] == "deposit" else -command["amount"]
            if money != balance(after, "In the story"):
                raise Broken(f"After {command['type']} {command.get('amount', '')}, the balance is not what went in less what went out.",
                             expected=str(money), got=str(after["balance"]))


def pure(submission):
    decide, evolve = submission
    works(submission)
    events = [event for _, _, events, _ in story(submission, 1) for event in events or []]
    state = fold(evolve, events[:5])
    frozen = copy.deepcopy(state)
    again = evolve(copy.deepcopy(state), events[5])
    evolve(state, events[5])
    if state != frozen:
        raise Broken("evolve changes the state that it is given, instead of making a new one.", expected=str(frozen), got=str(state))
    if evolve(state, events[5]) != again or fold(evolve, events) != fold(evolve, events):
        raise Broken("The same events give different states.", expected="one state", got="two")
    command = {"type": "deposit", "amount": 5}
    first, second = decide(dict(command), state), decide(dict(command), state)
    if list(first) != list(second) or state != frozen:
        raise Broken("decide answers differently the second time, or changes the state.", expected=str(first), got=str(second))


def refuses(submission):
    decide, evolve = submission
    works(submission)
    opened = fold(evolve, decide({"type": "open"}, None))
    rich = fold(evolve, decide({"type": "deposit", "amount": 10}, opened), opened)
    for command, state, why in [({"type": "deposit", "amount": 5}, None, "the account is not open"), ({"type": "open"}, rich, "it is open already"),
                                ({"type": "deposit", "amount": -5}, rich, "the amount is negative"), ({"type": "withdraw", "amount": -5}, rich, "the amount is negative"),
                                ({"type": "deposit", "amount": 0}, rich, "the amount is 0")]:
        try:
            events = list(decide(dict(command), copy.deepcopy(state)))
        except Exception as error:
            if not str(error):
                raise Broken(f"{command} is refused without a reason: {why}.", expected="an exception with a text", got=repr(error)) from None
            continue
        raise Broken(f"{command} must be refused: {why}.", expected="an exception with a reason", got=str(events))


register(Exercise("account-decider", "18.2 An account that decides", "CODE", 2, (
    Property("works", "Accounts open, take deposits and pay out.", 1, 'decide returns a list of events such as {"type": "deposited", "amount": 5}.', works),
    Property("never-overdrawn", "No sequence of commands overdraws an account.", 2, "Compare with the balance in decide, not in evolve: what has happened has happened.", never_overdrawn),
    Property("conserves", "The balance is what went in less what went out.", 1, "evolve must know every type of event that decide makes.", conserves),
    Property("pure", "decide and evolve are pure: same input, same output, nothing changed.", 1, "Return a new dict: {**state, …}.", pure),
    Property("refuses", "What makes no sense is refused with a reason.", 1, "Not open, open twice, amounts that are not positive: raise ValueError(\"why\").", refuses)),
    is_decider))


# 18.3: two withdrawals, and a store that doesn't look.

def double_spend(expected_versions):
    """A judge of schedules: do they overdraw an account of 100?"""
    def judge(steps):
        versions, balances, stored = {}, {}, [100]
        for step in steps:
            verb, who, *rest = step
            if who not in ("alice", "bob") or (verb, len(rest)) not in (("read", 0), ("append", 1)):
                raise Broken(f"{step!r} is no step: write (\"read\", \"alice\") or (\"append\", \"alice\", 60), for alice or bob.")
            if verb == "read":
                versions[who], balances[who] = len(stored) - 1, sum(stored)
            elif who not in versions:
                raise Broken(f"{who} appends a withdrawal without having read the balance.", expected="a read first", got=repr(step))
            elif rest[0] <= balances[who] and rest[0] > 0 and (not expected_versions or versions[who] == len(stored) - 1):
                stored.append(-rest[0])
                versions[who] = len(stored) - 1 if expected_versions else versions[who]
                balances[who] -= rest[0]
        if sum(stored) >= 0:
            raise Broken("The account is not overdrawn.", expected="a balance below 0", got=str(sum(stored)))
    return judge


hunt("double-spend", "18.3 Spend the same money twice", 2, [
    ("no-version-check", "Overdraw an account of 100 in a store without expected versions.", 4,
     "Both must decide on a balance that the other is about to change.", double_spend(False))])
