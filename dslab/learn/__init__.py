"""Exercises and their grading.

    check("raft-election", MyRaft)

To add an exercise, write one file, its cell and its answer. Nothing lists them: the file's name is
the exercise's name.

1.  The file, `dslab/chapters/raft_election/next_term.py`, assigns `exercise`:

        from dslab.learn.exercise import Broken, Exercise, Property
        from dslab.learn.mutants import breaks

        def grows(next_term):
            for term in range(10):
                if next_term(term) <= term:
                    raise Broken(
                        f"After term {term} comes {next_term(term)}.",
                        expected=f"more than {term}",
                        got=str(next_term(term)),
                    )

        @breaks("grows")
        def stays(term):
            return term

        exercise = Exercise(
            "next-term",
            "12.4 The next term",
            "CODE",
            1,
            (Property("grows", "Terms grow.", 1, "Add something.", grows),),
            accepts=lambda submission: None if callable(submission) else "It takes a function.",
            mutants={"stays": stays},
        )

    A property's `test(submission)` raises `Broken`, with the run that shows it, and may return what
    it counted. Each mutant says as `breaks` which property must tell it.

2.  The cell in `notebooks/12_raft_election.ipynb`:

        def my_next_term(term):
            ...

        check("next-term", my_next_term)

3.  The answer, `solutions/next_term.py`: `answer = …`, and `others = {"by two": …}` for right
    answers that are written in another way.

`tests/learn/test_every_exercise.py` finds the exercise: nothing earns nothing, the answers earn
everything, here and from a shell, and each mutant is told under the property that it breaks.

Pieces to build on: `predict` and `hunt` of `dslab.learn.answers`; for rules that hold at every step
a `ScheduleSearch` of `dslab.learn.schedules`, which tries directed schedules and random ones and
shrinks what breaks a rule (`dslab/chapters/raft_election/schedules.py` has one); `is_node` where a
Node class is asked for. A bug of a protocol says what kills it besides: `dslab.learn.mutants`.

A submission may live in a process of its own (`python -m dslab check-notebook`). A Node class then
looks as it does here, except that it is no subclass of Node. Functions and objects are called with
values, and return them.
"""

from dslab.learn.exercise import Broken, Exercise, Property
from dslab.learn.finding import known_exercises
from dslab.learn.grading import check, replay
from dslab.learn.report import Report

__all__ = ["Broken", "Exercise", "Property", "Report", "check", "known_exercises", "replay"]
