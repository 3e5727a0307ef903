"""00.0 Where do you stand? The key."""

answer = {
    "A1": "no",
    "A2": "unknown",
    "B1": "yes",
    "B2": "one",
    "C1": "unknown",
    "C2": "yes",
    "D1": "no",
    "D2": "law",
}
