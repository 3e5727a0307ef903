"""**State graph.** All states that a small system can reach, and every step between them. Use it where the question is what can happen
at all: how a rule is broken in the fewest steps, where consensus still hangs in the balance, what a search has left out."""

from dslab.explore import explore
from dslab.show import state_graph
from dslab.explore.specs import Paxos

paxos = Paxos(acceptors=2, values=2, last_ballot=1)
found = explore(paxos, graph=True)
state_graph(found, decided=lambda ballot, voted, messages: paxos.chosen(messages),
            title="Paxos, two acceptors, two values, two ballots: "
                  "what may still be decided")
