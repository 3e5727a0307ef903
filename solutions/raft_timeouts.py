"""12.3 Timeouts for a wide-area cluster: a reference answer.

A heartbeat every 150 ms may be lost three times in a row before a follower waits 700 ms in vain. A
crash is noticed after at most 1,300 ms, an election takes one round trip of 140 ms at most, and a
split vote costs one more timeout.
"""

answer = {"election": (700, 1300), "heartbeat": 150}
