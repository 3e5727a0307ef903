"""03.2 Three stores that claim to be CA: a reference answer."""

cut = ("partition", "n1", "n2 n3")
answer = {
    "FastSpread": [cut, ("write", "n1", 1), ("read", "n2")],
    "GivesUpOnBackups": [cut, ("write", "n1", 1), ("read", "n2")],
    "WaitsForAll": [cut, ("write", "n1", 1)],
}
