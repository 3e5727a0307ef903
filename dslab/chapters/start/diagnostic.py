"""00.0 Where do you stand? Eight questions, two for each part of the book."""

from dslab.learn.answers import predict

__all__ = ["exercise"]

exercise = predict(
    "diagnostic",
    "00.0 Where do you stand?",
    1,
    [
        (
            "A1",
            "A server doesn't answer. Can you tell that it crashed? (yes/no)",
            "no",
            "Slow, dead, cut off and lost reply look the same: the table of four causes shows it.",
        ),
        (
            "A2",
            "Two events happen on two machines, at 12:00:00.010 and 12:00:00.020 by "
            "their clocks. Which came first? (first/second/unknown)",
            "unknown",
            "Clocks of two machines differ, by more than 10 ms if nobody watches them.",
        ),
        (
            "B1",
            "A primary acknowledges a write before its backup has it, and its disk is "
            "lost. Is the write lost? (yes/no)",
            "yes",
            "Asynchronous replication keeps no promise that only one disk knows.",
        ),
        (
            "B2",
            "You shard by range of date. Which shard gets today's writes? (all/one)",
            "one",
            "The shard of the last range gets them all: the table of shards shows it.",
        ),
        (
            "C1",
            "TCP delivers your request and the connection then breaks. Was the request "
            "executed? (yes/no/unknown)",
            "unknown",
            "TCP says nothing of what the application did: the lost reply of this chapter.",
        ),
        (
            "C2",
            "Can a network fail in one direction only? (yes/no)",
            "yes",
            "A firewall rule or a faulty transceiver does it; `cluster.cut(a, b)` does it here.",
        ),
        (
            "D1",
            "Two generals may exchange as many messengers as they like, and each may be "
            "lost. Can they be sure to attack together? (yes/no)",
            "no",
            "Whatever the number, the loss of the last one leaves its sender unsure: the "
            "table of generals.",
        ),
        (
            "D2",
            "An algorithm does the same in two runs that a node can't tell apart. Is "
            "that a law or a habit? (law/habit)",
            "law",
            "A node can only act on what it has seen. Every impossibility in this book "
            "rests on that.",
        ),
    ],
)
