"""**Client history.** Use it to ask whether clients could tell a system from one copy. Drag each call's point to the moment at which the
call took effect; at each drop the order is replayed on one copy, and the first answer that can't be is named. Here no order is legal.
`show.history(h)` shows a history that was recorded elsewhere, of a real store for instance, in the same way."""

from dslab.check import linearizable
from dslab.protocols.quorum_register import AvailableRegister
from dslab.show import play
from dslab.sim import Cluster

store = Cluster(AvailableRegister, 3, seed=5, clients=2,
                title="A store that always answers")
anna, ben = store.client("c1"), store.client("c2")
store.run(until=anna.write("x", 1, to="n1")).run(60).partition("n1 c1", "n2 n3 c2")
store.run(until=anna.write("x", 2, to="n1"))
store.run(until=ben.read("x", to="n3")).heal()
store.run(20).run(until=ben.write("x", 3, to="n3")).run(20)
play(linearizable(store), "history", at=90)
