"""Paxos for one value (Lamport, "The part-time parliament", TOCS 1998; "Paxos made simple", 2001).

Leaders have no state of their own: whatever a ballot's leader would have heard stands among the
messages, which stay. A ballot's number is its leader's, so one ballot has one value.
"""

from itertools import combinations

from dslab.explore.spec import Spec, action, goal, invariant
from dslab.values import Map

__all__ = ["Paxos"]

NONE = -1


class Paxos(Spec):
    """`acceptors`, `values` and ballots 0 to `last_ballot`. Messages are a set, held as bits;
    `ballot` is maxBal of each acceptor, `voted` its (maxVBal, maxVal).
    """

    variables = "ballot", "voted", "messages"

    def __init__(self, acceptors: int = 3, values: int = 2, last_ballot: int = 1):
        self.acceptors, self.values, self.last_ballot = acceptors, values, last_ballot
        self._ballots = range(last_ballot + 1)
        need = acceptors // 2 + 1
        self._quorums = [quorum for quorum in combinations(range(acceptors), need)]
        self._names: list[tuple] = []
        self._bit: dict[tuple, int] = {}
        votes = [(NONE, NONE)] + [(b, v) for b in self._ballots for v in range(values)]
        for b in self._ballots:
            for name in [
                ("1a", b),
                *(("2a", b, v) for v in range(values)),
                *(("2b", a, b, v) for a in range(acceptors) for v in range(values)),
                *(("1b", a, b, vote) for a in range(acceptors) for vote in votes),
            ]:
                self._bit[name] = 1 << len(self._names)
                self._names.append(name)
        self._2a = [sum(self._bit["2a", b, v] for v in range(values)) for b in self._ballots]
        self._2a_of = [[(v, self._bit["2a", b, v]) for v in range(values)] for b in self._ballots]
        #: For each ballot and quorum, each acceptor's possible answers: (bit, ballot voted in,
        #: value).
        self._1b = [
            [
                [[(self._bit["1b", a, b, vote], *vote) for vote in votes] for a in quorum]
                for quorum in self._quorums
            ]
            for b in self._ballots
        ]

    def initial(self):
        """No acceptor has promised or voted, and nothing is sent."""
        yield (NONE,) * self.acceptors, ((NONE, NONE),) * self.acceptors, 0

    @action
    def Phase1a(self, ballot, voted, messages):
        """A ballot begins."""
        for b in self._ballots:
            yield ballot, voted, messages | self._bit["1a", b]

    @action
    def Phase1b(self, ballot, voted, messages):
        """An acceptor promises a higher ballot, and says what it has voted for."""
        for b in self._ballots:
            if messages & self._bit["1a", b]:
                for a in range(self.acceptors):
                    if b > ballot[a]:
                        yield (
                            ballot[:a] + (b,) + ballot[a + 1 :],
                            voted,
                            messages | self._bit["1b", a, b, voted[a]],
                        )

    @action
    def Phase2a(self, ballot, voted, messages):
        """A ballot proposes a value that a quorum of promises shows to be safe."""
        for b in self._ballots:
            if not messages & self._2a[b]:
                allowed = self.safe_values(b, messages)
                for v, bit in self._2a_of[b]:
                    if v in allowed:
                        yield ballot, voted, messages | bit

    def safe_values(self, b, messages) -> set[int]:
        """What the leader of ballot `b` may propose, after what a quorum has answered."""
        allowed = set()
        for quorum in self._1b[b]:
            heard = []
            for answers in quorum:
                for bit, last, value in answers:
                    if messages & bit:
                        heard.append((last, value))
                        break
                else:
                    break
            else:
                last, value = max(heard)
                allowed |= {value} if last != NONE else set(range(self.values))
        return allowed

    @action
    def Phase2b(self, ballot, voted, messages):
        """An acceptor votes for a proposal, unless it has promised a higher ballot."""
        for b in self._ballots:
            if messages & self._2a[b]:
                for v, bit in self._2a_of[b]:
                    if messages & bit:
                        for a in range(self.acceptors):
                            if b >= ballot[a]:
                                yield (
                                    ballot[:a] + (b,) + ballot[a + 1 :],
                                    voted[:a] + ((b, v),) + voted[a + 1 :],
                                    messages | self._bit["2b", a, b, v],
                                )

    def chosen(self, messages) -> set[int]:
        """The values for which a quorum has voted in one ballot."""
        return {
            v
            for b in self._ballots
            for v, bit in self._2a_of[b]
            if messages & bit
            and any(
                all(messages & self._bit["2b", a, b, v] for a in quorum) for quorum in self._quorums
            )
        }

    @invariant
    def Agreement(self, ballot, voted, messages):
        """At most one value is ever chosen."""
        return len(self.chosen(messages)) <= 1

    @goal
    def SomethingIsChosen(self, ballot, voted, messages):
        """Some value can be chosen."""
        return bool(self.chosen(messages))

    def state(self, state):
        """With the messages by name."""
        ballot, voted, messages = state
        return {
            "ballot": Map(enumerate(ballot)),
            "voted": Map(enumerate(voted)),
            "messages": frozenset(
                name for place, name in enumerate(self._names) if messages >> place & 1
            ),
        }
