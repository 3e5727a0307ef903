"""Exercises that are answered, not coded: predictions, and schedules that break something."""

from collections.abc import Callable, Iterable
from typing import Any

from dslab.learn.exercise import Broken, Exercise, Property

__all__ = ["hunt", "predict"]


def predict(
    name: str, title: str, stars: int, questions: Iterable[tuple[str, str, Any, str]]
) -> Exercise:
    """A PREDICT exercise: `check(name, {"1": …, "2": …})`.

    questions  (id, the question, the right answer, why) for each. Texts are compared without case
               and blanks. An answer that a run gives is a function: it is called when a reader has
               answered.
    """

    def prop(id, question, right, why):
        def test(answers):
            got = answers.get(id, answers.get(int(id)) if id.isdigit() else None)
            if got is None or got == "" or got is ...:
                raise Broken("There is no answer yet.")
            if _tidy(got) != _tidy(right() if callable(right) else right):
                raise Broken(f"{why}", expected="another answer", got=str(got))

        return Property(
            id, question, 1, f"Run what question {id} asks about, and look again.", test
        )

    def accepts(answers):
        if isinstance(answers, dict):
            return None
        return (
            'This exercise takes a dict of answers, such as {"1": "yes"}, but got '
            f"{answers!r:.80}."
        )

    return Exercise(
        name, title, "PREDICT", stars, tuple(prop(*question) for question in questions), accepts
    )


def _tidy(answer: Any) -> Any:
    return " ".join(answer.lower().split()) if isinstance(answer, str) else answer


def hunt(
    name: str, title: str, stars: int, targets: Iterable[tuple[str, str, int, str, Callable]]
) -> Exercise:
    """A HUNT exercise: `check(name, {"target": schedule, …})`, a schedule for each thing to break.

    targets  (id, what to bring about, par, hint, judge) for each. `judge(schedule)` returns None
             where the schedule does it, and raises Broken where it doesn't. A schedule of at most
             `par` steps earns two points, a longer one one.
    """
    properties = []
    for id, goal, par, hint, judge in targets:

        def breaks(schedules, id=id, judge=judge):
            _judge(schedules, id, judge)

        def short(schedules, id=id, judge=judge, par=par):
            schedule = _judge(schedules, id, judge)
            if len(schedule) > par:
                raise Broken(
                    "It works, and a shorter schedule does too.",
                    expected=f"at most {par} steps",
                    got=f"{len(schedule)} steps",
                )

        properties += [
            Property(id, goal, 1, hint, breaks),
            Property(
                f"{id}-short",
                f"The same in at most {par} steps.",
                1,
                "Leave out one step after the other.",
                short,
            ),
        ]

    def accepts(schedules):
        if isinstance(schedules, dict):
            return None
        return (
            "This exercise takes a dict of schedules, one for each target, but got "
            f"{schedules!r:.80}."
        )

    return Exercise(name, title, "HUNT", stars, tuple(properties), accepts)


def _judge(schedules, id, judge):
    schedule = schedules.get(id)
    if not schedule:
        raise Broken("There is no schedule yet.")
    judge(list(schedule))
    return schedule
