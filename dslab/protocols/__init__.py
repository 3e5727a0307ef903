"""One file a protocol, each after its paper. They import the node contract and values, and nothing else."""
