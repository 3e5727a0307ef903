"""Questions that hide their answer."""

import re
import sys
from textwrap import dedent

import pytest

from dslab.errors import DslabError
from dslab.protocols.raft import Raft
from dslab.show import play, predict, predictions
from dslab.sim import Cluster


def test_the_module_s_example_is_right():
    example = re.search(r"(?:^    .*\n)+", sys.modules[predict.__module__].__doc__, re.MULTILINE)
    names = {"Cluster": Cluster, "Raft": Raft, "play": play, "predict": lambda *a, **more: more}
    exec(dedent(example[0]), names)
    assert names["leader"] in names["run"].names


def test_a_terminal_shows_the_question_and_not_the_answer():
    shown = repr(predict("q", "Who leads?", ("n1", "n2"), answer="n2", why="Its timer was first."))
    assert shown == "Guess first: Who leads?\n  ○ n1\n  ○ n2"
    assert repr(predict("q", "How many?", answer=7)) == "Guess first: How many?"


@pytest.mark.parametrize(
    "options, answer, told",
    [
        (("n1", "n2"), "n2", {"options": ["n1", "n2"], "answer": 1}),
        ((1, 2, 3), 2, {"options": ["1", "2", "3"], "answer": 1}),
        (None, False, {"options": ["yes", "no"], "answer": 1}),
        (None, 3, {"answer": 3, "unit": "ms", "within": 2}),
        (None, "stale", {"answer": "stale"}),
    ],
)
def test_the_answer_s_type_decides_what_is_asked(options, answer, told):
    data = predict("q", "What?", options, answer=answer, unit="ms", within=2).data()
    assert {
        key: value for key, value in data.items() if key not in ("id", "question", "why")
    } == told


def test_without_scripts_the_answer_and_the_run_are_folded_away():
    cluster = Cluster(Raft, 3, clients=0).run(100)
    html = predict(
        "q", "Who <leads>?", ("n1", "n2"), answer="n2", why="a < b", then=play(cluster)
    )._repr_html_()
    before, folded = html.split("</script>", 1)[1].split("<details>")
    assert "Who &lt;leads&gt;?" in before and "n2.</p>" not in before
    assert re.match(
        r'<summary>What happened</summary><p class="dslab-answer">n2. a &lt; b</p><dslab-trace ',
        folded,
    )
    assert folded.endswith("</dslab-trace></details></dslab-predict>")


def test_guesses_of_a_page_or_the_book():
    assert predictions().data() == {"book": False} and predictions(book=True).data() == {
        "book": True
    }
    assert "never leave your machine" in predictions()._repr_html_()


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: predict("Q 1", "?", answer=1), "name the question with small letters"),
        (lambda: predict("q", " ", answer=1), "asks nothing"),
        (lambda: predict("q", "?", ("n1",), answer="n1"), "at least two options"),
        (lambda: predict("q", "?", ("n1", "n1"), answer="n1"), "at least two options that differ"),
        (
            lambda: predict("q", "?", ("n1", "n2"), answer="n3"),
            "the answer is none of the options n1, n2",
        ),
        (lambda: predict("q", "?", answer=None), "the answer is a number or a text"),
        (lambda: predict("q", "?", answer=float("nan")), "the answer is a number or a text"),
        (lambda: predict("q", "?", answer=1, then="run"), "give an element"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call()
