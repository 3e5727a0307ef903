"""00.2 Read a trace: the key."""

answer = {"1": "n3", "2": "n2", "3": "unknown", "4": "2", "5": "n1", "6": "4"}
