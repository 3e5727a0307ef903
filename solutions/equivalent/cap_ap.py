"""Mutants of 03.1b that are as right as the answer."""

from dslab.explore.clients import caller
from dslab.learn.kills.alike import explored, observed
from dslab.learn.kills.record import Change, Equivalent

BOUNDS = {
    "fires": {"Spread": 2},
    "nodes": 2,
    "clients": {
        "c1": caller(("n1", "write", "x", 1), ("n1", "write", "x", 2)),
        "c2": caller(("n2", "write", "x", 3), ("n2", "read", "x", None)),
    },
}
REPLY = "self.send(client, Reply(m.id, self.value if m.f == 'read' else None))"
WRITE = (
    "if m.f == 'write':\n    self.version, self.value = ((self.version[0] + 1, self.id), m.value)"
)
SPREAD = "self.broadcast(Mine(self.version, self.value))"

equivalent = [
    Equivalent(
        "A write's answer says nothing of the value, and a version stands for one value.",
        explored(**BOUNDS),
        Change("MyAP.on_Request", f"{WRITE}\n{REPLY}", f"{REPLY}\n{WRITE}"),
        Change("MyAP.on_Mine", "if m.version > self.version:", "if m.version >= self.version:"),
    ),
    Equivalent(
        "Versions are compared: where they begin, and how far apart they are, is the same for all.",
        observed(**BOUNDS),
        Change("MyAP", "version: tuple = (0, '')", "version: tuple = (1, '')"),
        Change("MyAP", "version: tuple = (0, '')", "version: tuple = (-1, '')"),
        Change(
            "MyAP.on_Request",
            "self.version, self.value = ((self.version[0] + 1, self.id), m.value)",
            "self.version, self.value = ((self.version[0] + 2, self.id), m.value)",
        ),
    ),
    Equivalent(
        "Nobody reads a value in the answer to a write.",
        observed(**BOUNDS, silent=("write",)),
        Change("MyAP.on_Request", REPLY, "self.send(client, Reply(m.id, self.value))"),
        Change(
            "MyAP.on_Request", REPLY, "self.send(client, Reply(m.id, self.value if True else None))"
        ),
    ),
    Equivalent(
        "What is told twice, or to oneself, is known already.",
        observed(**BOUNDS | {"fires": {"Spread": 1}}),
        Change("MyAP.on_Spread", SPREAD, f"{SPREAD}\n{SPREAD}"),
        Change(
            "MyAP.on_Spread",
            SPREAD,
            f"{SPREAD}\nself.send(self.id, Mine(self.version, self.value))",
        ),
    ),
]
