"""Elections that are as right as the answers of 12.1: what servers send is the same, or is what
another server might as well send.
"""

from dslab.learn.kills.alike import explored, judged
from dslab.learn.kills.record import Change, Equivalent
from dslab.protocols.raft import AppendEntries

#: Three servers, two of whose election timeouts run out.
TWO = {"ElectionTimeout": 2, "Heartbeat": 0}
ASK = "self.broadcast(RequestVote(self.current_term, *self.end_of_log()))"
ANSWER = "self.send(leader, Appended(self.current_term, m.term == self.current_term, 0))"
REFUSE = "self.send(candidate, Vote(self.epoch, False))"
REPLY = "self.send(candidate, Vote(self.epoch, chosen == candidate))"
WAIT = "self.wait_for_leader()"
GRANTED = (
    "granted = m.term {} self.current_term and self.voted_for in {} and "
    "((m.last_log_term, m.last_log_index) >= (term, index))"
)


def one_leader(view) -> bool:
    """Nobody but one server has heartbeats of a term under way."""
    beats = {(m.term, sender) for sender, _, m in view.messages if isinstance(m, AppendEntries)}
    return len(beats) == len({term for term, _ in beats})


equivalent = [
    Equivalent(
        "Terms are compared and counted on; where they begin, and by how much they grow, makes no "
        "difference.",
        judged(one_leader, fires=TWO),
        Change("MyRaft", "current_term: int = 0", "current_term: int = 1"),
        Change("MyRaft.on_ElectionTimeout", "self.current_term += 1", "self.current_term += 2"),
        Change("Elector", "epoch: int = 0", "epoch: int = 1"),
    ),
    Equivalent(
        "Who comes back stands anew before it counts a vote.",
        judged(one_leader, fires=TWO, crashes=1, budget=400_000),
        Change(
            "MyRaft",
            "durable = ('current_term', 'voted_for', 'log')",
            "durable = ('current_term', 'voted_for', 'log', 'role')",
        ),
        Change(
            "MyRaft",
            "durable = ('current_term', 'voted_for', 'log')",
            "durable = ('current_term', 'voted_for', 'log', 'votes')",
        ),
    ),
    Equivalent(
        "Messages leave and timers run when the handler is done, and what it reads stays the same.",
        explored(TWO),
        Change("MyRaft.on_ElectionTimeout", f"{WAIT}\n{ASK}", f"{ASK}\n{WAIT}"),
        Change(
            "MyRaft.on_RequestVote",
            "self.observe(m.term)\nindex, term = self.end_of_log()",
            "index, term = self.end_of_log()\nself.observe(m.term)",
        ),
    ),
    Equivalent(
        "A message that is sent twice is one that the network repeats.",
        judged(one_leader, fires=TWO, nodes=2),
        Change("MyRaft.on_ElectionTimeout", ASK, f"{ASK}\n{ASK}"),
        Change("MyRaft.on_AppendEntries", ANSWER, f"{ANSWER}\n{ANSWER}"),
        Change("Elector.on_RequestVote", REFUSE, f"{REFUSE}\n{REFUSE}"),
        Change("Elector.on_RequestVote", REPLY, f"{REPLY}\n{REPLY}"),
    ),
    Equivalent(
        "No term is higher than one's own once it was observed.",
        explored(TWO),
        Change(
            "MyRaft.on_RequestVote",
            GRANTED.format("==", "(None, candidate)"),
            GRANTED.format(">=", "(None, candidate)"),
        ),
        Change(
            "MyRaft.on_Vote",
            "if self.role == 'candidate' and m.granted and (m.term == self.current_term):",
            "if self.role == 'candidate' and m.granted and (m.term >= self.current_term):",
        ),
        Change("Elector.heard", "return term == self.epoch", "return term >= self.epoch"),
    ),
    Equivalent(
        "A membership has no order.",
        explored(TWO),
        Change(
            "MyRaft.on_RequestVote",
            GRANTED.format("==", "(None, candidate)"),
            GRANTED.format("==", "(candidate, None)"),
        ),
    ),
    Equivalent(
        "A deposed leader that still calls itself one neither beats nor counts votes.",
        explored(TWO),
        Change("MyRaft.observe", "self.wait_for_leader()", "self.wait_for_leader()\nreturn"),
    ),
]
