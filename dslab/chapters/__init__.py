"""What each chapter brings: its exercises, protocols with one planted bug each, terms and sources.

`paxos` and `raft_log` have their bugs, and no notebook yet.
"""
