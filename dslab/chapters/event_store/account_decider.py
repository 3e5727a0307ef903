"""18.2 An account that decides: two functions, asked with every sequence of commands."""

from collections.abc import Callable, Iterator

from dslab.chapters.event_store import accounts
from dslab.chapters.event_store.accounts import EXPERIMENTS
from dslab.chapters.event_store.mutants import DECIDERS
from dslab.learn.exercise import Broken, Exercise, Property, Told
from dslab.learn.grading import kept

__all__ = ["exercise"]


def is_decider(submission):
    if not (
        isinstance(submission, (tuple, list))
        and len(submission) == 2
        and all(map(callable, submission))
    ):
        return (
            'This exercise takes two functions, check("account-decider", (decide, evolve)), '
            f"but got {submission!r:.80}."
        )
    return None


def experiment(name: str, submission, *args) -> list[dict]:
    """What comes of an experiment, done where the functions are."""
    decide, evolve = submission
    in_child = getattr(decide, "experiment_in_child", None)
    return (
        in_child(accounts.__name__, name, [evolve], args)
        if in_child
        else EXPERIMENTS[name](decide, evolve, *args)
    )


def walked(submission) -> list[dict]:
    """Every command in every account, asked once for all properties."""
    return kept(_walk, submission)


def _walk(submission):
    return experiment("walk", submission)


def legal(row: dict) -> bool:
    """Whether an account must do what it is told."""
    kind, *amount = row["step"]
    if row["before"] is None or kind == "open":
        return row["before"] is None and kind == "open"
    return amount[0] > 0 and (kind == "deposit" or amount[0] <= row["before"])


def overdraws(row: dict) -> bool:
    """Whether this is a withdrawal of more than there is."""
    kind, *amount = row["step"]
    return kind == "withdraw" and row["before"] is not None and amount[0] > max(row["before"], 0)


def expected(row: dict) -> int:
    """The balance after a command that is right."""
    kind, *amount = row["step"]
    return {"open": 0, "deposit": 1, "withdraw": -1}[kind] * (amount or [0])[0] + (
        row["before"] or 0
    )


def called(step) -> str:
    """A command as a reader says it."""
    return " ".join(map(str, step))


def where(row: dict) -> str:
    """The command and the account that it was asked of."""
    account = "not open" if row["before"] is None else f"at a balance of {row['before']}"
    return f"{called(row['step'])}, where the account is {account},"


def broken(submission, row: dict, sentence: str, expected: str, got: str) -> Broken:
    """What a reader is told of a command, with those that lead to it."""
    steps = [*row["done"], row["step"]]
    return Broken(
        sentence,
        expected=expected,
        got=got,
        steps=[tuple(step) for step in steps],
        told=(*words(submission, steps), f"✗ {sentence}"),
    )


def words(submission, steps) -> Iterator[str]:
    """A story in words."""
    happened = [tuple(step[1:]) for step in steps if step[0] == "happened"]
    for row in experiment("again", submission, [s for s in steps if s[0] != "happened"]):
        answer = row["told"] if row["answered"] == "events" else f"refused: {row['told']}"
        balance = "" if row["after"] is None else f"; balance {row['after']}"
        yield f"{called(row['step'])} → {answer}{balance}"
    for row in experiment("histories", submission) if happened else []:
        if list(map(tuple, row["happened"])) == happened[: len(row["happened"])]:
            after = row["unread"] or f"balance {row['after']}"
            yield f"evolve reads that {called(row['happened'][-1])} has happened → {after}"


def each(judge: Callable) -> Callable:
    """The test of a property: `judge(row)` says of a command (sentence, expected, got) or None."""

    def test(submission):
        rows = begun(submission)
        for row in rows:
            if found := judge(row):
                raise broken(submission, row, *found)
        return {"commands": len(rows)} if judge is works else None

    return test


def begun(submission) -> list[dict]:
    """All commands; broken where an account can't even be opened, filled and emptied."""
    rows = walked(submission)
    done = {row["step"][0] for row in rows if legal(row) and not works(row)}
    for row in rows:
        if row["step"][0] not in done and (found := works(row)):
            raise broken(submission, row, *found)
    return rows


def answer_of(row: dict) -> str:
    return row["told"] if row["answered"] == "events" else f"{row['answered']}: {row['told']}"


def works(row):
    if not legal(row):
        return None
    if row["answered"] != "events" or not row["events"]:
        return f"{where(row)} is not done.", "a list of events", answer_of(row)
    if row["unread"]:
        return f"evolve can't read what {called(row['step'])} made.", "a state", row["unread"]
    if isinstance(row["after"], str) or row["after"] is None:
        why = row["after"] or "the state is None"
        return f"After {called(row['step'])} there is no balance.", '{"balance": …}', why
    return None


def never_overdrawn(row):
    if overdraws(row) and row["events"]:
        return f"{where(row)} is paid out.", "a refusal", answer_of(row)
    return None


def conserves(row):
    if legal(row) and not works(row) and row["after"] != expected(row):
        return (
            f"After {where(row)} the balance is not what went in less what went out.",
            str(expected(row)),
            str(row["after"]),
        )
    return None


def pure(row):
    for sentence, before, after in row["impure"]:
        return sentence, before[:300], after[:300]
    return None


def refuses(row):
    if legal(row) or (overdraws(row) and row["events"]):
        return None
    if row["events"]:
        return f"{where(row)} must be refused.", "an exception with a reason", answer_of(row)
    if row["answered"] == "refused" and row["told"]:
        return None
    return (
        f"{where(row)} is not done, and nobody is told why.",
        'raise ValueError("why")',
        answer_of(row),
    )


def total(submission):
    """What has happened has happened, in any order."""
    begun(submission)
    rows = experiment("histories", submission)
    for row in rows:
        order = ", ".join(map(called, row["happened"]))
        if row["unread"]:
            sentence = f"It has happened, after open: {order}; and evolve refuses to read it."
        elif row["after"] != row["expected"]:
            sentence = f"It has happened, after open: {order}; and evolve makes another balance."
        else:
            continue
        steps = [("open",), *(("happened", *step) for step in row["happened"])]
        raise Broken(
            sentence,
            expected=str(row["expected"]),
            got=row["unread"] or str(row["after"]),
            steps=steps,
            told=(*words(submission, steps), f"✗ {sentence}"),
        )
    return {"histories": len(rows)}


def replay(submission, steps) -> Told:
    """A story again, in words; in the end what is broken in it."""
    told = list(words(submission, steps))
    for prop in exercise.properties:
        try:
            prop.test(submission)
        except Broken as found:
            if list(found.steps) == [tuple(step) for step in steps]:
                told.append(f"✗ {found.sentence}")
                break
    return Told(told)


exercise = Exercise(
    "account-decider",
    "18.2 An account that decides",
    "CODE",
    2,
    (
        Property(
            "works",
            "Accounts open, take deposits and pay out.",
            1,
            'decide returns a list of events such as {"type": "deposited", "amount": 5}.',
            each(works),
        ),
        Property(
            "never-overdrawn",
            "No sequence of commands overdraws an account.",
            2,
            "Compare with the balance in decide, not in evolve: what has happened has happened.",
            each(never_overdrawn),
        ),
        Property(
            "conserves",
            "The balance is what went in less what went out.",
            1,
            "evolve must know every type of event that decide makes.",
            each(conserves),
        ),
        Property(
            "pure",
            "decide and evolve are pure: same input, same output, nothing changed.",
            1,
            "Return a new dict: {**state, …}.",
            each(pure),
        ),
        Property(
            "total",
            "evolve refuses nothing: what has happened has happened.",
            1,
            "Only decide says no.",
            total,
        ),
        Property(
            "refuses",
            "What makes no sense is refused with a reason.",
            1,
            'Not open, open twice, amounts that are not positive: raise ValueError("why").',
            each(refuses),
        ),
    ),
    is_decider,
    DECIDERS,
    replay,
)
