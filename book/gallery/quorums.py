"""**Quorum grid.** Use it for any argument that begins with "two majorities share a node". Choose the sets or the sizes, fail replicas,
let writes go to spare nodes, and see every pair that meets and every one that doesn't. R + W = N = 5: ten pairs of a hundred miss."""

from dslab.show import quorums

quorums(5, read=2, write=3)
