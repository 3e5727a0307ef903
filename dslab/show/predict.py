"""Guess before you see: a question, a guess with how sure the reader is, and only then the answer.

    run = Cluster(Raft, 5, seed=7).run(1000)
    leader = next(node.id for node in run.nodes.values() if node.role == "leader")
    predict("first-leader", "Five nodes start together. Who leads after a second?", run.names,
            answer=leader, why="n3's election timer ran out first.", then=play(run))

The answer is worked out from the run in the cell that asks, so that the page can't say otherwise
than the run.
"""

import re
from html import escape

from dslab.errors import DslabError
from dslab.show.element import Element
from dslab.values import show

__all__ = ["Prediction", "Predictions", "predict", "predictions"]


class Prediction(Element):
    """A question with its answer hidden; see `predict`."""

    tag = "dslab-predict"

    def __init__(self, content: dict, then=None):
        self.content, self.then = content, then

    def data(self):
        """The question, its options and its answer."""
        return self.content

    def answer(self) -> str:
        """The answer in words, with its unit."""
        answer, unit = self.content["answer"], self.content.get("unit", "")
        text = (
            self.content["options"][answer]
            if "options" in self.content
            else f"{show(answer)} {unit}".strip()
        )
        return text if text.endswith((".", "?")) else f"{text}."

    def words(self):
        """The question with its options, and not the answer."""
        options = "".join(f"\n  ○ {option}" for option in self.content.get("options", ()))
        return f"Guess first: {self.content['question']}{options}"

    def still(self):
        """The question, with its answer and what is shown then folded away."""
        options = "".join(
            f"<li>{escape(option)}</li>" for option in self.content.get("options", ())
        )
        why = f" {escape(self.content['why'])}" if self.content["why"] else ""
        then = self.then._repr_html_() if self.then is not None else ""
        return (
            '<div class="dslab-question"><p><strong>Guess first.</strong> '
            f"{escape(self.content['question'])}</p><ul>{options}</ul></div>"
            "<details><summary>What happened</summary><p "
            f'class="dslab-answer">{escape(self.answer())}{why}</p>{then}</details>'
        )


def predict(
    id: str,
    question: str,
    options=None,
    *,
    answer,
    why: str = "",
    unit: str = "",
    within: float = 0,
    then=None,
) -> Prediction:
    """Ask for a guess, and how sure the reader is of it (50 to 99 %), before the answer is seen.

    id        the question's name within its page: small letters, digits and hyphens. The guess is
              kept under it.
    options   what to choose from. Without any, the answer's type decides: a bool asks for yes or
              no, a number for a number, a text for a text, which the reader compares with the
              answer, for no program can.
    answer    one of the options, or the number or text, as the run has it: `answer=verdict.holds`,
              `answer=len(lost)`.
    why       the explanation, shown with the answer; code stands between backticks.
    unit      of a number, such as "ms".
    within    how far a number may be off and be right.
    then      a player or another element that is hidden until the guess is made: `then=play(run)`.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise DslabError(
            f"predict({id!r}, …): name the question with small letters, digits and "
            'hyphens, such as "first-leader".'
        )
    if not question.strip():
        raise DslabError(
            f"predict({id!r}, …) asks nothing: give the question as its second argument."
        )
    if then is not None and not hasattr(then, "_repr_html_"):
        raise DslabError(
            f"predict({id!r}, …, then={show(type(then).__name__)}): give an element, such "
            "as then=play(run)."
        )
    content = {"id": id, "question": question, "why": why}
    if options is None and isinstance(answer, bool):
        options = True, False
    if options is not None:
        return Prediction(content | _choice(id, list(options), answer), then)
    if isinstance(answer, (int, float)) and answer == answer and abs(answer) != float("inf"):
        return Prediction(content | {"answer": answer, "unit": unit, "within": within}, then)
    if isinstance(answer, str) and answer.strip():
        return Prediction(content | {"answer": answer}, then)
    raise DslabError(
        f"predict({id!r}, …, answer={answer!r}): without options, the answer is a number or a text."
    )


def _choice(id: str, options: list, answer) -> dict:
    shown = [show(option) for option in options]
    if len(set(shown)) < max(2, len(shown)):
        raise DslabError(
            f"predict({id!r}, …): give at least two options that differ, not "
            f"{', '.join(shown) or 'none'}."
        )
    if answer not in options:
        raise DslabError(
            f"predict({id!r}, …, answer={answer!r}): the answer is none of the options "
            f"{', '.join(shown)}."
        )
    return {"options": shown, "answer": options.index(answer)}


class Predictions(Element):
    """The reader's guesses; see `predictions`."""

    tag = "dslab-predictions"

    def __init__(self, book: bool = False):
        self.book = book

    def data(self):
        """Whose guesses: those of the whole book, or of this page."""
        return {"book": self.book}

    def words(self):
        """Where the guesses stand."""
        return (
            f"Your guesses in this {'book' if self.book else 'chapter'} stand here on a page "
            "with scripts; they never leave your machine."
        )

    def still(self):
        """The same words: there are no guesses without scripts."""
        return f"<p>{escape(self.words())}</p>"


def predictions(book: bool = False) -> Predictions:
    """The reader's guesses of this page, or of the whole `book`: each with how sure they were and
    whether it was right, and how well the two agree (Brier, "Verification of forecasts expressed in
    terms of probability", Monthly Weather Review 78(1), 1950).
    """
    return Predictions(book)
