# A state that is a member of an enumeration, and messages of the submission's own.
from enum import Enum

from dslab.learn import check
from dslab.node import Message, Node, Reply


class Till(Enum):
    SHUT, OPEN = "shut", "open"


class Note(Message):
    till: Till
    amounts: tuple = ()


class Cashier(Node):
    till: Till = Till.SHUT
    total: int = 0

    def on_start(self):
        self.send(self.id, Note(Till.OPEN, (1.5, None)))

    def on_Note(self, sender, m):
        self.till = m.till

    def on_Request(self, client, m):
        if m.f == "charge" and self.till is Till.OPEN:
            self.total += m.value
        self.send(client, Reply(m.id, self.total))


check("at-most-once", Cashier)
