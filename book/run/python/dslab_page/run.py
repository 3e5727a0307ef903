"""Runs cells: the last expression is shown, `await` may stand at the top, and how a cell ended is
told in a few words.
"""

import ast
import asyncio
import inspect
import linecache
import re
import sys
import types

from dslab_page import comms
from dslab_page.elsewhere import NotHere, forbid
from dslab_page.errors import as_output, cell_file
from dslab_page.output import Outlet, Stream
from dslab_page.shell import InteractiveShell

__all__ = ["Runner"]

MAGIC = re.compile(r"\s*([%!?]\S*|\S+\?{1,2}\s*$)")
MEMORY = (
    "Python has used up the memory that a page may take. Start Python again, and make less "
    "at a time."
)


class Runner:
    """One session: the reader's variables live in __main__, as in a notebook."""

    def __init__(self, send):
        self.outlet = Outlet(send)
        self.runs, self.task, self.missing = 0, None, {}
        main = types.ModuleType("__main__")
        sys.modules["__main__"], self.names = main, main.__dict__
        sys.stdout, sys.stderr = Stream(self.outlet, "stdout"), Stream(self.outlet, "stderr")
        self.shell = InteractiveShell(self.outlet, self.names)
        from IPython.display import display

        self.names.update(display=display, get_ipython=lambda: self.shell)
        comms.connect(self.outlet)
        forbid()

    async def run(self, cell: str, number: int, source: str) -> dict:
        """Run a cell and return {"status": "ok", "error", "stopped" or "elsewhere", …}.

        cell    what its outputs are sent under.
        number  how tracebacks call it.
        """
        self.runs += 1
        self.outlet.begin(cell)
        self.task = asyncio.ensure_future(self._run(source, cell_file(number, self.runs)))
        try:
            return await self.task
        except asyncio.CancelledError:
            return self._failed(KeyboardInterrupt(), source)
        finally:
            self.task = None
            self.outlet.end()

    def stop(self) -> None:
        """End a cell that waits. One that computes is interrupted from outside."""
        if self.task is not None:
            self.task.cancel()

    async def _run(self, source: str, file: str) -> dict:
        linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
        try:
            value = await self._executed(source, file)
            if value is not None and not _silenced(source):
                self.names["_"] = value
                self._show(value)
            return {"status": "ok"} | self._score(value)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                error = KeyboardInterrupt().with_traceback(error.__traceback__)
            return self._failed(error, source)

    async def _executed(self, source: str, file: str):
        try:
            tree = ast.parse(source, file)
        except SyntaxError as error:
            magic = MAGIC.match(
                (source.splitlines() or [""])[min(error.lineno or 1, source.count("\n") + 1) - 1]
            )
            if magic:
                raise NotHere(
                    f"{magic[1]} is a command of Jupyter's, not Python: leave it out, or "
                    "open the chapter as a notebook."
                ) from None
            raise
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        value = None
        for part, mode in ((tree, "exec"), (last and ast.Expression(last.value), "eval")):
            if part:
                code = compile(
                    part, file, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
                )
                value = eval(code, self.names)
                if code.co_flags & inspect.CO_COROUTINE:
                    value = await value
        return value

    def _show(self, value) -> None:
        data, metadata = self.shell.display_formatter.format(value)
        if data:
            self.outlet.show({"output_type": "execute_result", "data": data, "metadata": metadata})

    def _failed(self, error: BaseException, source: str) -> dict:
        if isinstance(error, KeyboardInterrupt):
            self.outlet.show(as_output(error))
            return {"status": "stopped"}
        why = self._elsewhere(error)
        if why:
            self._miss(source, why)
            return {"status": "elsewhere", "why": why, "output": as_output(error)}
        self.outlet.show(as_output(error))
        if isinstance(error, MemoryError):
            return {"status": "error", "memory": MEMORY}
        return (
            {"status": "error", "name": error.name}
            if isinstance(error, NameError) and error.name
            else {"status": "error"}
        )

    def _elsewhere(self, error: BaseException) -> str:
        """Why the cell can't run in a page; "" where it failed of itself."""
        if isinstance(error, NotHere):
            return str(error)
        if isinstance(error, NameError) and error.name in self.missing:
            return (
                f"{error.name} comes from a cell above that can't run in a page. "
                f"{self.missing[error.name]}"
            )
        return ""

    def _miss(self, source: str, why: str) -> None:
        why = why.partition(" comes from a cell above that can't run in a page. ")[2] or why
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Store)
                and node.id not in self.names
            ):
                self.missing[node.id] = why

    def _score(self, value) -> dict:
        grading = sys.modules.get("dslab.learn.grading")
        if grading and isinstance(value, grading.Report) and value.exercise.properties:
            return {
                "score": {
                    "exercise": value.exercise.name,
                    "title": value.exercise.title,
                    "score": value.score,
                    "of": value.exercise.points,
                }
            }
        return {}


def _silenced(source: str) -> bool:
    """Whether the last line ends with a semicolon, which in a notebook means: show nothing."""
    return source.rstrip().endswith(";")
