"""Exercises that are answered, not coded: predictions, and schedules that break something."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from dslab.learn.exercise import Broken, Exercise, Property
from dslab.learn.reading import (
    NoAnswer,
    by_name,
    canonical_text,
    choices_in,
    is_blank,
    kind_of,
    schedule_of,
)

__all__ = ["Sight", "Target", "hunt", "predict"]

#: How many steps a schedule may have.
LONGEST = 1000


def predict(
    name: str,
    title: str,
    stars: int,
    questions: Iterable[tuple[str, str, Any, str]],
    choices: Iterable[str] = (),
) -> Exercise:
    """A PREDICT exercise: `check(name, {"1": …, "2": …})`.

    questions  (id, the question, the right answer, why) for each. An answer that a run gives is a
               function: it is called when a reader has answered. Answers are compared as
               `dslab.learn.reading` reads them: 2 is "2", and True "yes".
    choices    what may be answered; a question that ends with (yes/no) says so itself.
    """
    questions, choices = tuple(questions), tuple(choices)
    ids = [id for id, *_ in questions]

    def prop(id, question, right, why):
        known = choices_in(question) or choices

        def test(answers):
            got = _given(answers, id, ids, "answer")
            spellings = {canonical_text(each): each for each in known}
            try:
                said = canonical_text(got)
                if known and said not in spellings:
                    raise NoAnswer(f"“{said:.60}” is no answer here")
            except NoAnswer as no:
                such = f"one of {', '.join(known)}" if known else 'a text or a number, such as "n1"'
                raise Broken(f"{no}: write {such}.") from None
            key = canonical_text(right() if callable(right) else right)
            if isinstance(got, (set, frozenset)):  # Nobody said which of its items comes first.
                key = " ".join(sorted(key.split()))
            if said != key:
                raise Broken(why, expected="another answer", got=spellings.get(said, said))

        return Property(
            id, question, 1, f"Run what question {id} asks about, and look again.", test
        )

    def accepts(answers):
        if isinstance(answers, Mapping):
            return None
        return (
            f'This exercise takes a dict of answers, such as {{"{ids[0]}": "yes"}}, but this is '
            f"{kind_of(answers)}."
        )

    return Exercise(
        name, title, "PREDICT", stars, tuple(prop(*question) for question in questions), accepts
    )


class Sight(NamedTuple):
    """What a schedule did.

    broken  what it broke, by what tells one such thing from another: a sentence for each.
    miss    what to tell where nothing of it counts, with the run.
    """

    broken: Mapping[Hashable, str]
    miss: Broken


class Target(NamedTuple):
    """What is to be broken in a HUNT.

    id, goal, par, hint   its name, what to bring about, the least steps that do it, and a hint.
    run      (steps) → the Sight of these steps.
    control  (steps) → the Sight of the same steps without the fault. What is broken there too was
             not the fault's doing, and doesn't count.
    without  how the control differs, in words: "without the cut".
    """

    id: str
    goal: str
    par: int
    hint: str
    run: Callable[[list[tuple]], Sight]
    control: Callable[[list[tuple]], Sight]
    without: str

    def judge(self, steps: list[tuple]) -> None:
        """Raise Broken unless these steps break something that stands in the control."""
        seen = self.run(steps)
        if not seen.broken:
            raise seen.miss
        control = self.control(steps)
        if seen.broken.keys() <= control.broken.keys():
            raise Broken(
                f"{next(iter(seen.broken.values()))} The same steps {self.without} do that too, "
                "so this breaks nothing.",
                expected=f"a break that the same steps {self.without} don't show",
                got="the same in both runs",
                trace=control.miss.trace,
            )


def hunt(name: str, title: str, stars: int, targets: Iterable[Target]) -> Exercise:
    """A HUNT exercise: `check(name, {"target": schedule, …})`, a schedule for each thing to break.

    A schedule earns one point where it breaks what its control doesn't, and another where it has at
    most `par` steps.
    """
    targets = tuple(targets)
    ids = [target.id for target in targets]
    properties = []
    for target in targets:

        def steps_for(schedules, target=target):
            given = _given(schedules, target.id, ids, "schedule")
            try:
                steps = schedule_of(given)
            except NoAnswer as no:
                raise Broken(f"{no}.") from None
            if len(steps) > LONGEST:
                raise Broken(f"A schedule of {len(steps):,} steps is too long: {LONGEST:,} do.")
            target.judge(steps)
            return steps

        def breaks(schedules, steps_for=steps_for):
            steps_for(schedules)

        def short(schedules, steps_for=steps_for, par=target.par):
            steps = steps_for(schedules)
            if len(steps) > par:
                raise Broken(
                    "It works, and a shorter schedule does too.",
                    expected=f"at most {par} step{'s' * (par > 1)}",
                    got=f"{len(steps)} steps",
                )

        properties += [
            Property(target.id, target.goal, 1, target.hint, breaks),
            Property(
                f"{target.id}-short",
                f"The same in at most {target.par} steps.",
                1,
                "Leave out one step after the other.",
                short,
            ),
        ]

    def accepts(schedules):
        if isinstance(schedules, Mapping):
            return None
        return (
            "This exercise takes a dict of schedules, one for each target, such as "
            f'{{"{ids[0]}": [("crash", "n1")]}}, but this is {kind_of(schedules)}.'
        )

    return Exercise(name, title, "HUNT", stars, tuple(properties), accepts)


def _given(answers: Mapping, id: str, ids: list[str], what: str) -> Any:
    """What was given for `id`. Raises Broken where there is nothing, or more than one."""
    named = by_name(answers)
    given = [value for value in named.get(canonical_text(id), ()) if not is_blank(value)]
    if len(given) > 1:
        raise Broken(f"There are {len(given)} {what}s for {id}: leave one of them.")
    if not given:
        known = {canonical_text(each) for each in ids}
        strange = [name for name in named if name not in known]
        raise Broken(
            f"There is no {what} yet."
            + (f" {strange[0]:.60} is none of {', '.join(ids)}." if strange else "")
        )
    return given[0]
