"""The search for the smallest run in which a submission's clients see a rule broken.

    SEARCH = CallSearch(RULES, PLANS, about="x")
    exercise = Exercise("cap-cp", …, SEARCH.properties(), is_node, replay=SEARCH.replay)

The plans that ask a rule are explored one after the other (`dslab.learn.moves`). What breaks it is
shrunk until it needs each of its steps, and told as a run of `dslab.learn.calling`.
"""

from collections.abc import Generator, Iterable, Iterator
from typing import Any

from dslab.check.shrink import shrink
from dslab.learn.calling import Calling
from dslab.learn.exercise import Broken, Property
from dslab.learn.grading import kept
from dslab.learn.limits import Lost, in_words
from dslab.learn.moves import Plan, Rule, explored
from dslab.learn.remembered import remembered
from dslab.learn.scenes import Scene
from dslab.run.steps import parsed
from dslab.run.trace import Trace

__all__ = ["CallSearch"]

#: How many breaks that don't count a plan may have before it is given up.
UNCLEAR = 20


class CallSearch:
    """Which runs to look at, and for what.

    rules  in the order of their properties.
    plans  in the order in which they are looked at.
    about  the key that reads and writes are about.
    more   how many clients there are besides those that stand beside the nodes.
    """

    def __init__(
        self, rules: Iterable[Rule], plans: Iterable[Plan], *, about: Any = None, more: int = 0
    ):
        self.rules = {rule.id: rule for rule in rules}
        self.plans, self.about, self.more = tuple(plans), about, more

    def properties(self) -> tuple[Property, ...]:
        """A property for each rule."""
        return tuple(
            Property(rule.id, rule.sentence, rule.points, rule.hint, self._test(rule.id))
            for rule in self.rules.values()
        )

    def _test(self, id):
        def test(submission):
            survey = kept(self._survey, kept(remembered, submission))
            before = dict(survey.counted)
            broken = survey.broken(id)
            counted = {what: count - before[what] for what, count in survey.counted.items()}
            if broken:
                broken.looked_at = counted
                raise broken
            return counted

        return test

    def _survey(self, submission):
        return _Survey(self, submission)

    # One run.

    def breaks(self, submission, names, steps, rule: Rule) -> bool:
        """Whether these steps break a rule, and it counts."""
        if not self._broken(submission, names, steps, rule):
            return False
        peace = [step for step in steps if step[0] not in rule.fault]
        return not rule.fault or (
            len(peace) < len(steps) and not self._broken(submission, names, peace, rule)
        )

    def _broken(self, submission, names, steps, rule: Rule) -> bool:
        scene = Scene(submission, names, self.about)
        for step in steps:
            if step[0] == "expect":
                return step == ("expect", rule.id) and rule.broken(scene) is not None
            scene.perform(step)
            if not rule.in_the_end and rule.broken(scene):
                return True
        return False

    def raises(self, submission, names, steps) -> BaseException | None:
        """What these steps raise in the submission."""
        try:
            scene = Scene(submission, names, self.about)
            for step in steps:
                if step[0] == "expect":
                    self.rules[step[1]].broken(scene)
                else:
                    scene.perform(step)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return error
        return None

    def replay(self, submission, steps: list[tuple]) -> Trace:
        """The run of a printed schedule again, as a trace. It says what is wrong, at its end."""
        names = next((step[1:] for step in steps if step[:1] == ("nodes",)), ("n1", "n2", "n3"))
        steps = [step for step in steps if step[:1] != ("nodes",)]
        return self.told(remembered(submission), names, steps)[0]

    def told(self, submission, names, steps) -> tuple[Trace, tuple[str, str, str] | None]:
        """A run as a trace, and what is wrong at its end: (sentence, expected, got)."""
        calling = Calling(submission, names, self.about, self.more)
        calling.trace.title = f"{submission.__name__}: a written schedule"
        expected = [step[1] for step in steps if step[:1] == ("expect",)]
        wrong = None
        try:
            calling.start()
            scene = Scene(submission, names, self.about)
            for step in steps:
                if step[:1] != ("expect",):
                    parsed(step, calling.world)
                    calling.perform(step)
                    scene.perform(step)
            for rule in self.rules.values():
                if rule.id in expected or not (expected or rule.in_the_end):
                    done = len(scene.steps)
                    found = rule.broken(end := scene.copy())
                    if found:
                        for step in end.steps[done:]:
                            calling.perform(step)
                        wrong = found()
                        break
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            wrong = in_words(error), "a handler that returns", "none"
        if wrong:
            calling.say(wrong[0])
        return calling.trace, wrong

    def smallest(self, submission, names, steps, fails) -> Broken:
        """The shortest part of a schedule for which `fails`, told."""
        steps = shrink(steps, fails)
        trace, (sentence, expected, got) = self.told(submission, names, steps)
        return Broken(
            sentence, expected=expected, got=got, trace=trace, steps=[("nodes", *names), *steps]
        )


class _Survey:
    """What was found of a submission so far. Each plan is looked at once, when a rule asks it, and
    no further than what that rule finds.
    """

    def __init__(self, search: CallSearch, submission):
        self.search, self.submission = search, submission
        self.counted = {"scenes": 0, "calls served": 0}
        #: For each plan what was found so far, and what goes on looking.
        self._looked: dict[Plan, tuple[dict[str, Broken], Iterator]] = {}

    def broken(self, id: str) -> Broken | None:
        """What breaks a rule; None where it holds."""
        for plan in self.search.plans:
            if id in plan.rules:
                if broken := self._look(plan, id):
                    return broken
            elif not self._looked:
                self._look(plan, id)
            if not self.counted["calls served"]:
                return Broken(
                    "No call was ever served, so this was never put to the test.",
                    expected="Reply(m.id, …) for each Request",
                    got="none",
                )
        return None

    def _look(self, plan: Plan, id: str) -> Broken | None:
        found, further = self._looked.setdefault(plan, ({}, self._found(plan)))
        try:
            while not {id, "raises"} & found.keys():
                rule, broken = next(further)
                found[rule] = broken
        except StopIteration:
            return None
        except BaseException:  # Somebody interrupted it.
            del self._looked[plan]
            raise
        return found.get(id) or found["raises"]

    def _found(self, plan: Plan) -> Iterator[tuple[str, Broken]]:
        """The rules that are broken in a plan, each with its smallest run."""
        exploring, unclear, done = self._exploring(plan), {}, None
        while following := self._next(plan, exploring, done):
            id, broken = following
            if broken:
                unclear.pop(id, None)
                yield id, broken
            else:
                unclear[id] = unclear.get(id, 0) + 1
            done = bool(broken) or unclear[id] >= UNCLEAR
        for id in unclear:
            words = " or ".join(dict.fromkeys(self.search.rules[id].fault[:1]))
            yield (
                id,
                Broken(
                    f"Without a {words} the same steps go wrong too, so this was never put to the "
                    "test: mend that first.",
                    expected="runs that go right without it",
                    got="none",
                ),
            )

    def _exploring(self, plan: Plan) -> Generator:
        scene = Scene(self.submission, plan.names, self.search.about)
        yield from explored(scene, plan, self.search.rules, self.counted)

    def _next(self, plan: Plan, exploring: Generator, done: bool | None):
        """The next break: (rule's id, its smallest run, or None where it doesn't count). None after
        the last. What is raised comes last.
        """
        search, submission, names = self.search, self.submission, plan.names
        try:
            id, steps = exploring.send(done)

            def fails(part):
                return search.breaks(submission, names, part, search.rules[id])

            return id, search.smallest(submission, names, steps, fails) if fails(steps) else None
        except StopIteration:
            return None
        except KeyboardInterrupt:
            raise
        except Lost as error:
            return "raises", Broken(in_words(error))
        except BaseException as error:
            return "raises", self._raised(names, getattr(error, "steps", []), error)

    def _raised(self, names, steps, error) -> Broken:
        kind = type(error)
        if not steps:
            return Broken(in_words(error), expected="nodes that boot", got="none")

        def fails(part):
            return type(self.search.raises(self.submission, names, part)) is kind

        for possible in (steps, *([*steps, ("expect", id)] for id in self.search.rules)):
            if fails(possible):
                return self.search.smallest(self.submission, names, possible, fails)
        return Broken(in_words(error), expected="a handler that returns", got="none")
