"""18.3 Spend the same money twice: a reference answer."""

answer = {
    "no-version-check": [
        ("read", "alice"),
        ("read", "bob"),
        ("append", "alice", 60),
        ("append", "bob", 60),
    ]
}
