"""The command line as a reader uses it: what it prints, and its exit codes."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dslab.cli.options import Known, Number
from dslab.cli.program import program, run
from dslab.run.history import History

ROOT = Path(__file__).parent.parent
COMMANDS = {name: program.get_command(None, name) for name in program.list_commands(None)}
STALE = [
    (0, "invoke", "write", 1),
    (0, "ok", "write", 1),
    (1, "invoke", "read", None),
    (1, "ok", "read", None),
]
SPLIT = ROOT / "scenarios" / "split_brain.toml"


def dslab(*arguments, input=None, **environment) -> subprocess.CompletedProcess:
    """A process, for what encodings, pipes and streams have to do with."""
    return subprocess.run(
        [sys.executable, "-m", "dslab", *map(str, arguments)],
        capture_output=True,
        text="PYTHONIOENCODING" not in environment,
        input=input,
        cwd=ROOT,
        env=os.environ | environment,
    )


def bash(command, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", "-c", command.replace("dslab", f"{sys.executable} -m dslab")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
    )


@pytest.fixture
def said(capsys):
    """The program within this process: its exit code, what it prints and its errors."""

    def said(*arguments):
        code = run([str(each) for each in arguments])
        return code, *capsys.readouterr()

    return said


def written(path, events):
    names = ("process", "type", "f", "value")
    path.write_text("".join(json.dumps(dict(zip(names, each))) + "\n" for each in events))
    return path


@pytest.fixture
def stale(tmp_path):
    return written(tmp_path / "stale.jsonl", STALE)


@pytest.fixture
def empty(tmp_path):
    return written(tmp_path / "empty.jsonl", [])


@pytest.fixture
def undecided(tmp_path):
    together = [(process, "invoke", "write", process) for process in range(6)] + [
        (process, "ok", "write", process) for process in range(6)
    ]
    events = [*together, (9, "invoke", "read", None), (9, "ok", "read", 0)]
    return written(tmp_path / "history.jsonl", events)


# The program itself.


def test_the_script_and_the_module_are_one_program():
    script = Path(sys.executable).with_name("dslab")
    for ask in ("--version", "--help"):
        one = subprocess.run([script, ask], capture_output=True, text=True)
        other = dslab(ask)
        assert one.returncode == other.returncode == 0 and one.stderr == other.stderr == ""
        assert one.stdout == other.stdout.replace("python -m dslab", "dslab", 1)


def test_bare_it_helps_and_names_each_command(said):
    code, out, err = said()
    assert (code, err) == (0, "") and (code, out, err) == said("--help")
    assert all(f"\n  {name} " in out for name in COMMANDS)


def test_the_version_is_the_package_s(said):
    from importlib.metadata import version

    assert said("--version") == (0, f"dslab {version('dslab-book')}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_helps(name, said):
    for flag in ("-h", "--help"):
        code, out, err = said(name, flag)
        assert code == 0 and err == "" and out.startswith(f"Usage: dslab {name} ")
        assert "Exit code: " in out and max(map(len, out.splitlines())) <= 100


def test_each_command_has_json_but_those_whose_output_is_taken():
    without = [
        name
        for name, command in COMMANDS.items()
        if not any("--json" in each.opts for each in command.params)
    ]
    assert without == ["serve", "stdio"]


@pytest.mark.parametrize("ask", ["--help", "--version"])
def test_help_loads_no_simulator(ask):
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from dslab.cli.program import run; run(sys.argv[1:]); "
            "print(*sorted({m.split('.')[1] for m in sys.modules if m.startswith('dslab.')}), "
            "'simpy' in sys.modules)",
            ask,
        ],
        capture_output=True,
        text=True,
    )
    assert found.stdout.splitlines()[-1] == "cli errors False"


def test_without_click_one_sentence_says_what_to_install(tmp_path):
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError('No module named click')")
    found = dslab("--version", PYTHONPATH=str(tmp_path))
    assert found.returncode == 2 and found.stdout == ""
    assert "needs click: run `pip install" in found.stderr and found.stderr.count("\n") == 1


def test_a_bug_in_us_is_one_sentence_and_2_and_shows_its_place_when_asked(stale, said, monkeypatch):
    def broken(*_):
        raise KeyError("x")

    monkeypatch.setattr("dslab.check.judge", broken)
    code, out, err = said("check", stale)
    assert (code, out) == (2, "") and err.startswith("dslab: this is a bug in dslab (KeyError: 'x'")
    assert err.count("\n") == 1 and "DSLAB_TRACEBACK=1" in err
    monkeypatch.setenv("DSLAB_TRACEBACK", "1")
    code, out, err = said("check", stale)
    assert code == 2 and err.startswith("Traceback") and ", in broken" in err


def test_an_interrupt_ends_with_130(stale, said, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("dslab.check.judge", interrupted)
    assert said("check", stale) == (130, "", "dslab: interrupted.\n")
    assert said("check", stale, "--json")[:2] == (130, '{"error": "interrupted."}\n')


# Streams.

IN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}


@pytest.mark.parametrize(
    "environment, encoding, word",
    [
        ({"PYTHONIOENCODING": "cp1252"}, "cp1252", "not ok linearizable: violated. “process"),
        ({"PYTHONIOENCODING": "utf-16"}, "utf-16", "✗ linearizable: violated. “process"),
        (IN_C, "ascii", 'not ok linearizable: violated. "process'),
    ],
    ids=["cp1252", "utf-16", "C"],
)
def test_every_encoding_can_say_a_verdict(environment, encoding, word, stale):
    found = dslab("check", stale, **environment)
    assert found.returncode == 1 and found.stderr == b""
    assert found.stdout.decode(encoding).startswith(word)


def test_every_encoding_can_say_what_holds_and_what_is_wrong(empty):
    found = dslab("check", empty, PYTHONIOENCODING="cp1252")
    assert found.returncode == 0 and found.stdout.startswith(b"ok linearizable: holds.")
    wrong = dslab("check", empty, "--model", "дерево", PYTHONIOENCODING="ascii")
    assert wrong.returncode == 2 and wrong.stderr.count(b"\n") == 1
    assert wrong.stderr.startswith(b"dslab: invalid value for '--model': there is no '\\u0434")


@pytest.mark.parametrize(
    "command, code, error",
    [
        ("dslab check {} >/dev/full", 2, "standard output can't be written: No space left"),
        ("dslab check {} --json >/dev/full", 2, "standard output can't be written: No space left"),
        ("dslab --help >/dev/full", 2, "standard output can't be written: No space left"),
        ("dslab check {} >&-", 2, "standard output can't be written: it is closed."),
        ("dslab check - <&-", 2, "standard input is closed: give a file"),
        ("dslab check {} 2>&-", 0, ""),
        ("dslab check nowhere 2>/dev/full", 2, ""),
        ("dslab check nowhere 2>&-", 2, ""),
        ("dslab stdio echo <&-", 2, "stdio needs a standard input and output"),
        ("dslab run /dev/full", 2, "/dev/full is too large"),
        ("dslab check {} --json | true; exit ${{PIPESTATUS[0]}}", 0, ""),
        # What doesn't fit into a pipe, and whose reader goes: the verdict stays.
        ("dslab run scenarios/split_brain.toml --json | head -c 1; exit ${{PIPESTATUS[0]}}", 1, ""),
    ],
)
def test_streams_may_be_closed_full_or_left(command, code, error, empty):
    found = bash(command.format(empty))
    assert found.returncode == code
    assert error in found.stderr and found.stderr.count("\n") == bool(error)


def test_a_closed_stream_s_number_goes_to_no_file(tmp_path):
    """With standard output closed, the next file that is opened would get its number."""
    trace = tmp_path / "run.json"
    found = bash(f"dslab run {SPLIT} --trace {trace} >&-")
    assert found.returncode == 2 and "it is closed" in found.stderr
    assert not trace.exists() or json.loads(trace.read_text())


def test_standard_input_is_read(stale):
    assert dslab("check", "-", input=stale.read_text()).returncode == 1
    wrong = dslab("check", "-", input="nonsense\n")
    assert wrong.returncode == 2
    assert "standard input, line 1: this is no JSON object" in wrong.stderr
    small = dslab("run", "-", "--shrink", "-", input=SPLIT.read_text())
    assert small.returncode == 1 and "✗ linearizable" in small.stderr
    assert dslab("run", "-", input=small.stdout).returncode == 1  # The words went elsewhere.


def test_a_notebook_is_read_from_standard_input():
    text = (ROOT / "notebooks" / "00_start.ipynb").read_text(encoding="utf-8")
    found = dslab(
        "check-notebook", "--trust", "-", "--exercise", "diagnostic", "--json", input=text
    )
    [report] = json.loads(found.stdout)
    assert found.returncode == 1 and report["exercise"] == "diagnostic"
    assert "never came" not in found.stdout
    wrong = dslab("check-notebook", "-", input="{}")
    assert wrong.returncode == 2 and "standard input is no notebook" in wrong.stderr


# Files that are written.


def test_one_thing_at_a_time_goes_to_standard_output(said):
    code, out, err = said("run", SPLIT, "--trace", "-", "--json")
    assert (code, err.count("\n")) == (2, 1) and "--json and --trace - both write" in err
    code, out, err = said("run", SPLIT, "--trace", "-", "--html", "-")
    assert (code, out) == (2, "") and "--trace - and --html - both write" in err


def test_a_file_is_written_whole_or_stays(tmp_path, said, monkeypatch):
    old, link = tmp_path / "run.json", tmp_path / "link.json"
    old.write_text("old")
    old.chmod(0o640)
    link.symlink_to(old)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("dslab.cli.files.os.fsync", full)
        code, out, err = said("run", SPLIT, "--trace", old)
    assert code == 2 and "run.json can't be written: No space left on device." in err
    assert "✗ linearizable" in out  # The verdict isn't lost.
    assert old.read_text() == "old" and len(list(tmp_path.iterdir())) == 2
    assert said("run", SPLIT, "--trace", link)[0] == 1
    assert json.loads(old.read_text()) and link.is_symlink() and old.stat().st_mode & 0o777 == 0o640
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("place", ["nowhere/x.json", ".", "/dev/full"])
def test_a_place_that_can_t_be_written_is_told(place, tmp_path, said):
    code, out, err = said("run", SPLIT, "--trace", tmp_path / place)
    assert code == 2 and err.count("\n") == 1
    assert "can't be written" in err or "is a folder" in err
    assert place != "/dev/full" or Path(place).is_char_device()


def test_a_folder_s_old_scores_stay_until_there_are_new_ones(tmp_path, said, monkeypatch):
    scores = tmp_path / "scores.csv"
    scores.write_text("old")
    (tmp_path / "a.ipynb").write_text("{}")

    def graded(*_, **__):
        assert scores.read_text() == "old"
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dslab.learn.shell.folder.check_notebook", graded)
        assert said("check-notebook", "--trust", tmp_path, "--csv", scores)[0] == 130
    assert scores.read_text() == "old"
    code, out, err = said("check-notebook", "--trust", tmp_path, "--csv", "-")
    assert code == 1 and out.startswith("notebook,exercise,score") and "no notebook" in err
    assert said("check-notebook", "--trust", tmp_path, "--csv", scores)[0] == 1
    assert scores.read_text().startswith("notebook,")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.ipynb",
        "scores.csv",
        "scores.csv.graded.jsonl",
    ]


# What every command refuses in one sentence.


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Files of every odd kind, and words that are good where they belong. A node couldn't serve
    with them: somebody has its port.
    """
    folder = tmp_path_factory.mktemp("world")
    contents = {
        "binary": bytes(range(256)),
        "deep": b"[" * 100_000,
        "deep.toml": b"x = " + b"[" * 100_000,
        "huge": b'{"process": 0, "type": "invoke", "f": ' + b"1" * 10_000 + b"}",
        "wide.toml": b"seed = " + b"1" * 10_000,
        "surrogate": b'{"process": 0, "type": "\\ud800", "f": "read"}',
        "list": b"[1, 2]",
        "null": b"null",
        "odd.ipynb": b'{"cells": [{"cell_type": "code", "source": "check("}]}',
        "infinite.toml": b'protocol = "raft"\nduration = 1e308',
        "nan.toml": b'protocol = "raft"\nduration = nan',
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield {
            "history": written(folder / "good.jsonl", STALE),
            "notebook": ROOT / "notebooks" / "00_start.ipynb",
            "scenario": SPLIT,
            "exercise": "at-most-once",
            "protocol": "raft",
            "operation": "read",
            "id": "n1",
            "cluster": f"n1=127.0.0.1:{taken.getsockname()[1]}",
            "odd": sorted(folder.iterdir()),
            "folder": folder,
        }


NUMBERS = ("nan", "inf", "-inf", "1e308", "0x10", "", "ten", "1e400", "9" * 5000, "٣.٥e9")
NAMES = ("", "../../x", "..", "/", "x y", "\n", "\udcff", "a" * 5000, "-", "é")


def odd_words(parameter, world):
    """What is wrong for a parameter."""
    if isinstance(parameter.type, Number):
        signed = ["-1"] * (parameter.type.least >= 0)
        return [*NUMBERS, *signed, str(int(parameter.type.most) + 1)]
    if isinstance(parameter.type, Known):
        return NAMES
    if isinstance(parameter.type, click.Path):
        if parameter.name in world:
            good = world["folder"] / "good.jsonl"
            return [each for each in world["odd"] if each != good] + ["nowhere", "", "\udcff"]
        return ["", world["folder"] / "list" / "x"]  # Below what is no folder.
    return {
        "protocol": [*NAMES, "nowhere:Node", "json:x", "os:..", ":", "a:", ":b", "..x:Y"],
        "cluster": [*NAMES, "n1", "n1=x", "n1=x:99999", "../x=127.0.0.1:1", "a=127.0.0.1:1,,"],
        "id": NAMES,
        "exercise": NAMES,
        "to": NAMES,
    }.get(parameter.name, [])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_odd_input_in_one_sentence(name, said, world):
    command = COMMANDS[name]
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    needed = [each for each in command.params if each.required]

    def words(changed, word):
        """A call that is good but for one parameter."""
        line = [name]
        for each in command.params:
            if each not in arguments and (each in needed or each is changed):
                line += [each.opts[-1], word if each is changed else world[each.name]]
        line += [
            word if each is changed else world[each.name] for each in arguments if each in needed
        ]
        return line

    tried = [[name, "--frobnicate"]] + [[name]] * bool(needed)
    for parameter in command.params:
        tried += [words(parameter, word) for word in odd_words(parameter, world)]
    if not any(each.nargs == -1 for each in arguments):
        tried.append([*words(None, None), "more", "and more"])
    assert len(tried) > 3
    for line in tried:
        code, out, err = said(*line)
        assert code == 2, (line, out, err)
        assert err.startswith("dslab: ") and err.count("\n") == 1, (line, err)
        assert "Traceback" not in err and "bug in dslab" not in err and len(err) < 1100, (line, err)
        if "--trace" not in line and "--html" not in line and "--shrink" not in line:
            assert out == "", line


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["frobnicate"], "there is no command 'frobnicate': choose call, check, check-notebook,"),
        (["check"], "missing argument 'HISTORY.jsonl'"),
        (["check", "nowhere.jsonl"], "nowhere.jsonl can't be read: No such file or directory."),
        (["check", "x", "--model", "stack"], "there is no 'stack': choose register, cas-register"),
        (["chek"], "there is no command 'chek': did you mean check? There are call, check,"),
        (["check", "x", "--model", "regster"], "did you mean register? There are register, cas-"),
        (["check", "x", "--consistency", "linear"], "did you mean linearizable? There are linear"),
        (["check", "x", "--modl", "kv"], "Did you mean '--model'? See `dslab check --help`."),
        (["check", "x", "--speed", "3"], "no such option '--speed'; see `dslab check --help`."),
        (["check", "x", "--budget", "much"], "; see `dslab check --help`."),
        (["--json", "check", "x"], "--json goes after the command: `dslab check … --json`; see"),
        (["--json"], "--json goes after the command: `dslab COMMAND … --json`; see"),
        (
            ["check", "x", "--json=1"],
            "option '--json' does not take a value; see `dslab check --help`.",
        ),
        (["check", "x", "--budget", "２"], "'２' is no whole number from 1 to"),
        (["check", "x", "--budget", "1_000"], "'1_000' is no whole number from 1 to"),
        (["check", "x", "--budget", "1,00"], "'1,00' is no whole number from 1 to"),
        (
            ["call", "write", "x", "--cluster", "n1=127.0.0.1:1"],
            "write needs a VALUE: `write KEY VALUE`; say null where it is none",
        ),
        (["call", "read", "--cluster", "n1=127.0.0.1:1"], "read needs a KEY: `read KEY`; say null"),
        (["call", "cas", "x", "1", "--cluster", "n1=127.0.0.1:1"], "cas needs a NEW: `cas KEY OLD"),
        (["call", "read", "x", "y", "z", "--cluster", "n1=127.0.0.1:1"], "read takes no 'y' 'z'"),
        (
            ["serve", "raft", "--id", "n1", "--cluster", "n2=127.0.0.1:1", "--data", "-"],
            "no folder",
        ),
        (["stdio", "rafft", "--data", "-"], "- is no folder: standard input and output are files"),
        (["stdio", "rafft", "--data", __file__], "test_main.py is a file: give a folder"),
        (["check-notebook", "x\x1b[31m\x07.ipynb"], "x\\x1b[31m\\x07.ipynb can't be read"),
        (["check", "\udcff"], "\\xff can't be read"),
        (["check", "x", "--consistency", "strong"], "there is no 'strong': choose linearizable"),
        (["check", "x", "--speed", "3"], "no such option '--speed'"),
        (["check", "x", "--budget", "much"], "'much' is no whole number from 1 to 1,000,000,000"),
        (["check", "x", "--budget", "0"], "'0' is no whole number from 1 to 1,000,000,000"),
        (
            ["check", "x", "--level", "serializable"],
            "--level is for transactions: give --consistency transactions, or",
        ),
        (
            ["check", "x", "--consistency", "causal", "--model", "kv"],
            "--model is for linearizable and sequential: give one of them with --consistency, or",
        ),
        (
            ["check", "x", "--consistency", "sessions", "--budget", "5"],
            "--budget is for linearizable, sequential and transactions: give one of them with "
            "--consistency, or",
        ),
        (["check-notebook", "x.ipynb", "--csv", "y"], "--csv is for a folder of notebooks"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(arguments, sentence, said):
    code, out, err = said(*arguments)
    assert code == 2 and err.startswith("dslab: ") and sentence in err
    assert out == "" or "--json" in arguments[0] + arguments[-1]


def test_an_error_is_json_where_that_was_asked_for(said):
    for line in (
        ["check", "nowhere.jsonl", "--json"],
        ["check", "x", "--model", "y", "--json"],
        ["check", "x", "--json=1"],
        ["--json", "check", "x"],
    ):
        code, out, err = said(*line)
        assert code == 2 and f"dslab: {json.loads(out)['error']}\n" == err


# Checking histories.


def test_a_large_number_may_have_its_commas(stale, said):
    assert said("check", stale, "--budget", "2,000,000")[0] == 1


def test_a_violated_history_exits_with_1(stale, said):
    code, out, err = said("check", stale, "--model", "register")
    assert (code, err) == (1, "") and out.startswith(
        "✗ linearizable: violated. “process 1 read → –” is stale: “process 0 write 1” had returned"
    )


@pytest.mark.parametrize(
    "kind, code, says",
    [
        ("sequential", 0, "✓ sequential"),
        ("causal", 0, "✓ causal"),
        ("sessions", 0, "✓ sessions"),
        ("convergence", 1, "All read the initial value, although it was written."),
    ],
)
def test_weaker_kinds_of_consistency(stale, said, kind, code, says):
    found, out, err = said("check", stale, "--consistency", kind)
    assert (found, err) == (code, "") and says in out


def test_transactions(tmp_path, said):
    lines = [
        (0, "invoke", "txn", [["r", "x", None], ["append", "y", 1]]),
        (0, "ok", "txn", [["r", "x", []], ["append", "y", 1]]),
        (1, "invoke", "txn", [["r", "y", None], ["append", "x", 1]]),
        (1, "ok", "txn", [["r", "y", []], ["append", "x", 1]]),
        (2, "invoke", "txn", [["r", "x", None], ["r", "y", None]]),
        (2, "ok", "txn", [["r", "x", [1]], ["r", "y", [1]]]),
    ]
    words = "check", written(tmp_path / "txn.jsonl", lines), "--consistency", "transactions"
    code, out, err = said(*words)
    assert (code, err) == (1, "")
    assert out.startswith("✗ serializable: violated. G2-item (write skew): ")
    assert said(*words, "--level", "snapshot-isolation")[0] == 0


@pytest.mark.parametrize(
    "lines, sentence",
    [
        (
            [(0, "invoke", "read"), (0, "invoke", "read")],
            "line 2: process 0 calls read while its call of line 1 is open",
        ),
        ([(0, "ok", "read")], 'line 1: process 0 gets "ok" without a call'),
        (
            [(0, "invoke", "write", 1), (0, "ok", "write", 2)],
            "line 2: process 0 called write with the value 1, but this outcome has 2",
        ),
        (
            [(0, "invoke", "cas", [1, 2]), (0, "ok", "cas", [1, 3])],
            "line 2: process 0 called cas with the value (1, 2), but this outcome has (1, 3)",
        ),
        ([(0, "invoke", "write", {"a": 1})], "line 1: {'a': 1} is an object"),
    ],
)
def test_a_history_that_can_t_be_one_is_told(lines, sentence, tmp_path, said):
    code, out, err = said("check", written(tmp_path / "bad.jsonl", lines))
    assert (code, out) == (2, "") and sentence in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "line, sentence",
    [
        (
            '{"process": 0, "type": "ok", "f": "read", "key": "y"}',
            "line 2: process 0 called read with the key 'x', but this outcome has 'y'",
        ),
        (
            '{"process": 0, "type": "ok", "f": "read", "f": "write"}',
            'line 2: "f" stands there twice',
        ),
    ],
)
def test_a_line_that_contradicts_itself_or_its_call_is_told(line, sentence, tmp_path, said):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"process": 0, "type": "invoke", "f": "read", "key": "x"}\n' + line)
    code, out, err = said("check", path)
    assert (code, out) == (2, "") and sentence in err and err.count("\n") == 1


def test_a_mark_of_the_byte_order_is_no_part_of_a_text(stale, tmp_path, said):
    marked = tmp_path / "marked.jsonl"
    marked.write_bytes(b"\xef\xbb\xbf" + stale.read_bytes())
    assert said("check", marked) == said("check", stale)
    assert len(History.read(marked)) == 2


def test_an_empty_history_is_said_to_be_empty(empty, said):
    code, out, err = said("check", empty)
    assert (code, err) == (0, "") and "The history has no operations. " in out


def test_a_bad_line_is_named(tmp_path, said):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"process": 0, "type": "invoke", "f": "read"}\nnonsense\n')
    code, _, err = said("check", path)
    assert code == 2 and "bad.jsonl, line 2: this is no JSON object" in err


def test_json_for_machines(stale, said):
    code, out, _ = said("check", stale, "--json")
    verdict = json.loads(out)
    assert code == 1 and verdict["holds"] is False and verdict["rule"] == "linearizable"
    assert [event["type"] for event in verdict["history"]] == ["invoke", "ok", "invoke", "ok"]


def test_an_exhausted_budget_is_undecided_and_2(undecided, said):
    code, out, err = said("check", undecided, "--budget", "2")
    assert (code, err) == (2, "") and out.startswith(
        "? linearizable: undecided. The budget of 2 configurations ran out"
    )
    assert json.loads(said("check", undecided, "--budget", "2", "--json")[1])["holds"] is None


def test_a_run_as_json_has_its_verdicts(said):
    code, out, err = said("run", SPLIT, "--json", "--transcript", "--seed", "4")
    data = json.loads(out)
    assert (code, err) == (1, "") and data["holds"] is False and data["seed"] == 4
    assert [verdict["rule"] for verdict in data["verdicts"]] == ["linearizable"]
    assert 100 < len(data["transcript"]) < data["events"] and "stopped" in data["faults"][0]


def test_the_words_do_not_depend_on_the_hash_seed(stale):
    one, other = (dslab("check", stale, PYTHONHASHSEED=seed).stdout for seed in "12")
    assert one == other
