"""Tracebacks with the reader's lines and dslab's, and nothing of what stands around them."""

import re
import traceback

from dslab_page.elsewhere import NotHere

__all__ = ["as_output", "cell_file"]

_CELL = re.compile(r"<cell (\d+), run \d+>")
_PACKAGE = re.compile(r".*/site-packages/(dslab/.*)")


def cell_file(number: int, run: int) -> str:
    """The file name under which a cell is compiled: a new one for each run, so that old functions
    keep their own text.
    """
    return f"<cell {number}, run {run}>"


def as_output(error: BaseException) -> dict:
    """The error as an output of a notebook."""
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return _output("KeyboardInterrupt", "", f"Stopped{_place(error)}.")
    if isinstance(error, NotHere):
        return _output(kind, str(error), f"{error}{_mark(_place(error))}")
    report = traceback.TracebackException.from_exception(error, compact=True)
    _trim(report, set())
    text = "".join(report.format(chain=True)).rstrip("\n")
    return _output(kind, str(error), _renamed(text))


def _output(name: str, value: str, text: str) -> dict:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": text.split("\n")}


def _place(error: BaseException) -> str:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if _CELL.fullmatch(frame.filename)
    ]
    return (
        f" in cell {_CELL.fullmatch(frames[-1].filename)[1]}, line {frames[-1].lineno}"
        if frames
        else ""
    )


def _mark(place: str) -> str:
    return f"\n  (asked for{place})" if place else ""


def _trim(report: traceback.TracebackException, seen: set[int]) -> None:
    """Keep the frames of cells and of dslab, in this error and in those that it came from."""
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    report.stack = traceback.StackSummary.from_list(
        [
            frame
            for frame in report.stack
            if _CELL.fullmatch(frame.filename) or _PACKAGE.fullmatch(frame.filename)
        ]
    )
    for cause in (report.__cause__, report.__context__, *(report.exceptions or ())):
        _trim(cause, seen)


def _renamed(text: str) -> str:
    """Python's own form, with `Cell 3, line 2` where a file's name would stand."""
    text = re.sub(
        r'File "<cell (\d+), run \d+>", line (\d+)(?:, in <module>)?', r"Cell \1, line \2", text
    )
    return re.sub(r'File ".*/site-packages/(dslab/[^"]*)"', r"\1", text)
