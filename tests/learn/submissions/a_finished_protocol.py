from dslab.learn import check
from dslab.protocols.raft import Raft


class MyRaft(Raft):
    pass


check("raft-election", MyRaft)
