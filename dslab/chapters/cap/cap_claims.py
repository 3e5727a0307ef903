"""03.3 Twelve claims: true, false, or without a meaning."""

from dslab.learn.answers import predict

__all__ = ["exercise"]

exercise = predict(
    "cap-claims",
    "03.3 Twelve claims",
    1,
    [
        (
            "1",
            "Our database is CA.",
            "meaningless",
            "CA says what happens while there are no partitions, and every correct "
            "system has both then. It names no behaviour during one.",
        ),
        (
            "2",
            "During a partition, a linearizable register must leave some call to a "
            "running node unanswered.",
            "true",
            "That is the theorem (Gilbert and Lynch 2002): the table of replies at the "
            "start of the chapter has no clean row.",
        ),
        (
            "3",
            "A CP system is never available during a partition.",
            "false",
            "The majority side of the quorum register served its calls throughout. CAP's "
            "availability asks for every node, not for some.",
        ),
        (
            "4",
            "We are CAP compliant.",
            "meaningless",
            "CAP is an impossibility. There is nothing to comply with.",
        ),
        (
            "5",
            "Without a partition, a system can be linearizable and answer at every node.",
            "true",
            "The majority register did, before the cut. What it costs then is latency: "
            "PACELC, chapter 05.",
        ),
        (
            "6",
            "CAP's consistency is the C of ACID.",
            "false",
            "CAP's C is linearizability of single objects. The C of ACID is the "
            "application's invariants.",
        ),
        (
            "7",
            "An AP system returns wrong data.",
            "false",
            "It may return old data. Whatever the available register returned had been written.",
        ),
        (
            "8",
            "Raft is CP, so all reads from a Raft-based store are linearizable.",
            "false",
            "Raft is an algorithm; the read path decides. The lab's etcd served a stale "
            "serializable read.",
        ),
        (
            "9",
            "Two of C, A and P can be chosen freely.",
            "false",
            "Partitions are not chosen: the network brings them. What is chosen is what "
            "to give up while they last.",
        ),
        (
            "10",
            "A long garbage collection can look like a partition to the other nodes.",
            "true",
            "A paused node answers nobody: the run with a pause has the same refusals.",
        ),
        (
            "11",
            "An eventually consistent store that is cut in two may lose an acknowledged "
            "write when it heals.",
            "true",
            "Of two concurrent writes, last-writer-wins keeps one: the chapter counted the others.",
        ),
        (
            "12",
            "DynamoDB is AP, since Dynamo was.",
            "false",
            "Dynamo (2007) and DynamoDB are different systems: DynamoDB replicates "
            "through a leader and offers strongly consistent reads per request.",
        ),
    ],
    choices=("true", "false", "meaningless"),
)
