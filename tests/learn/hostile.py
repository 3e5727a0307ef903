"""Submissions that don't come to an end, or do what an answer has no business to do: the first line
of a handler, and a part of what the report must say.
"""

COUNTED = "Your code did not come to an end: one call ran more than 100,000 lines"
COMPUTED = "Your code did not come to an end: it computed for more than"
WAITED = "Your code did not come to an end: it waits for what never comes"

#: What a budget counts: told at once, and the same everywhere.
COUNTS = {
    "exec('while True: pass')": COUNTED,
    "exec('def f():\\n while 1: pass\\nf()', {})": COUNTED,
    "list(iter(lambda: 1, 2))": COUNTED,
    "import gc; [each for _ in range(10**9) for each in gc.get_objects()]": COUNTED,
    "for _ in range(50_000): self.send('n1', m)": "sends 50,001 messages in one step",
    "import sys; sys.settrace(None)": "sys.settrace belongs to the grader",
    "input()": "nobody answers while your code is graded",
    "def f(): return f()\nf()": "Your code calls itself without an end",
    "raise KeyboardInterrupt": "Your code raised KeyboardInterrupt",
    "raise SystemExit": "Your code raised SystemExit",
    "[0] * 10**12": "MemoryError",
}
#: What must be ended from outside.
ENDED = {
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass": COUNTED,
    "import itertools; sum(itertools.count())": COMPUTED,
    "10**10**9": COMPUTED,
    "import re; re.match('(a+)+$', 'a' * 40 + 'b')": COMPUTED,
    "import sys; sys._getframe().f_trace = None\nwhile True: pass": COMPUTED,
    "from threading import Thread\ndef f():\n    while True: pass\n"
    "Thread(target=f).start()\nThread.join(__import__('threading').enumerate()[-1])": COMPUTED,
    "import time; time.sleep(1e9)": WAITED,
    "import time\nwhile True: time.sleep(0.01)": WAITED,
    "import threading; threading.Event().wait()": WAITED,
    "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)": WAITED,
    "import os\nwhile True: os.fork()": "Your code did not come to an end: ",
    "import os; os._exit(0)": "it ended its own process",
    "import os; os._exit(3)": "its process ended with code 3",
    "import os; os.kill(os.getpid(), 9)": "its process was killed",
    "import ctypes; ctypes.string_at(0)": "it crashed Python (SIGSEGV)",
}

_SOURCE = """from dslab.learn import check
from dslab.node import Node, Reply


class MyCashier(Node):
    total: int = 0
    charged: frozenset = frozenset()
    durable = "total", "charged"

    def on_Request(self, client, m):
{}
        if m.f == "charge" and m.key not in self.charged:
            self.charged |= {{m.key}}
            self.total += m.value
        self.send(client, Reply(m.id, self.total))


check("at-most-once", MyCashier)
"""


def cashier(body: str) -> str:
    """A right answer to at-most-once, but for what its handler does first."""
    return _SOURCE.format("\n".join("        " + line for line in body.splitlines()))
