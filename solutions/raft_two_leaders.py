"""12.2 Two leaders in one term: a reference answer."""

votes = [
    ("fire", "n1", "ElectionTimeout"),
    ("fire", "n2", "ElectionTimeout"),
    ("deliver", "n1", "n3"),
    ("deliver", "n3", "n1"),
]
answer = {
    "VotesTwice": votes + [("deliver", "n2", "n3"), ("deliver", "n3", "n2", "Vote")],
    "VoteNotPersisted": votes
    + [
        ("crash", "n3"),
        ("restart", "n3"),
        ("deliver", "n2", "n3"),
        ("deliver", "n3", "n2", "Vote"),
    ],
    "WinsWithHalf": votes[:2],
    "CountsRefusals": votes + [("deliver", "n2", "n3"), ("deliver", "n3", "n2", "Vote")],
    # n1 gathers n3's vote of term 1 only in term 2, where n3 has voted for n2.
    "CountsOldVotes": [
        ("fire", "n1", "ElectionTimeout"),
        ("deliver", "n1", "n3"),
        ("fire", "n1", "ElectionTimeout"),
        ("fire", "n2", "ElectionTimeout"),
        ("fire", "n2", "ElectionTimeout"),
        ("deliver", "n2", "n3"),
        ("deliver", "n2", "n3"),
        ("deliver", "n3", "n2"),
        ("deliver", "n3", "n2"),
        ("deliver", "n3", "n1"),
    ],
}
