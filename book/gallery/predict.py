"""**Predict, then see.** Ask before you show. A guess that was made, with how sure the reader is of it, makes the answer stick, and a
chapter's end shows how well the two agree. Use it before each run that surprises; the answer comes from the run."""

from dslab.protocols.raft import Raft
from dslab.show import play, predict
from dslab.sim import Cluster

cluster = Cluster(Raft, 5, seed=3, clients=0,
                  title="Raft, and two of five nodes cut off").run(400)
cluster.partition("n1 n2 n3", "n4 n5")
predict("minority-term",
        "At 400 ms all five nodes are in term 1. n4 and n5 are then cut off for "
        "a second and a half. Which term is n4 in at the end?",
        answer=cluster.run(1500)["n4"].current_term, within=1,
        why="Two nodes of five make no majority and never stop trying: each "
            "election that fails raises `current_term` by one.",
        then=play(cluster, at=380))
