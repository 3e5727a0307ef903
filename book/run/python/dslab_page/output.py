"""What a cell prints and shows, on its way to the page: in order, merged, and within limits."""

import io
import json
from time import monotonic

__all__ = ["Outlet", "PRINTED", "SHOWN", "Stream"]

#: Characters that one run of a cell may print, outputs that it may show, and characters of one
#: output. What comes after is counted and left out, so that the page stays usable; the cell itself
#: goes on.
PRINTED, SHOWN, LARGEST = 200_000, 500, 20_000_000
#: Text waits for more of it: so many characters, or so many seconds.
PIECE, WAIT = 8_192, 0.05


class Outlet:
    """Sends messages to the page. `send(text)` takes JSON; `begin` and `end` stand around each run
    of a cell.
    """

    def __init__(self, send):
        self._send = send
        self.captures = []  # Output widgets that are being written to, the innermost last.
        self._name, self._text, self._sent_at = "", [], 0.0
        self.begin("")

    def begin(self, cell: str) -> None:
        self.flush()
        self.cell, self._printed, self._shown = cell, 0, 0

    def end(self) -> None:
        """Say what was left out."""
        self.flush()
        for count, most, what in (
            (self._printed, PRINTED, "printed {:,} characters"),
            (self._shown, SHOWN, "showed {:,} outputs"),
        ):
            if count > most:
                self.send(
                    {
                        "type": "output",
                        "cell": self.cell,
                        "output": {
                            "output_type": "stream",
                            "name": "stderr",
                            "text": f"\nCut here: this cell {what.format(count)}, and the page "
                            f"keeps the first {most:,}.\n",
                        },
                    }
                )

    def send(self, message: dict) -> None:
        self._send(json.dumps(message))

    def print(self, name: str, text: str) -> None:
        """Text for the stream `name`, stdout or stderr."""
        room = PRINTED - self._printed
        self._printed += len(text)
        if room <= 0:
            return
        if name != self._name:
            self.flush()
            self._name = name
        self._text.append(text[:room])
        if len(text) > PIECE or len(self._text) > PIECE or monotonic() - self._sent_at > WAIT:
            self.flush()

    def flush(self) -> None:
        if self._text:
            text, self._text, self._sent_at = "".join(self._text), [], monotonic()
            self._emit({"output_type": "stream", "name": self._name, "text": text})

    def show(self, output: dict, display_id: str | None = None, update: bool = False) -> None:
        """An output in the notebook format.

        One with a `display_id` may be replaced by a later one, with `update`.
        """
        self.flush()
        self._shown += not update
        if self._shown > SHOWN:
            return
        size = sum(
            len(value) for value in output.get("data", {}).values() if isinstance(value, str)
        )
        if size > LARGEST:
            output = {
                "output_type": "stream",
                "name": "stderr",
                "text": f"This output has {size:,} characters, more than a page can show "
                f"({LARGEST:,}): show a part of it.\n",
            }
        self._emit(output, display_id, update)

    def clear(self, wait: bool) -> None:
        self.flush()
        if self.captures:
            self.captures[-1].outputs = ()
        else:
            self.send({"type": "clear", "cell": self.cell, "wait": bool(wait)})

    def _emit(self, output, display_id=None, update=False) -> None:
        if self.captures:
            widget = self.captures[-1]
            last = widget.outputs[-1] if widget.outputs else {}
            if output["output_type"] == "stream" and last.get("name") == output["name"]:
                widget.outputs = (
                    *widget.outputs[:-1],
                    last | {"text": last["text"] + output["text"]},
                )
            else:
                widget.outputs = (*widget.outputs, output)
        else:
            self.send(
                {
                    "type": "output",
                    "cell": self.cell,
                    "output": output,
                    "display_id": display_id,
                    "update": update,
                }
            )


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr."""

    encoding = "utf-8"

    def __init__(self, outlet: Outlet, name: str):
        self._outlet, self.name = outlet, name

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outlet.print(self.name, text)
        return len(text)

    def flush(self):
        self._outlet.flush()
