"""Checkers: they take what a run left behind, and know no protocol.

What clients saw, of a History, a Trace or a Cluster:
    linearizable, sequential, causal, sessions, bounded_staleness, convergence, transactions;
    `judge` takes them by name.
Of a run, or of replicas' states:
    available, same_states.

Each of these answers with a `dslab.verdict.Verdict`, which is true where the rule holds.

    MODELS, Model       what a single copy would answer: Register, CasRegister, KeyValue,
                        AppendList, Set, Queue, Lock, or a Model of one's own.
    figures             what a run cost and gave, in numbers.
    mattered            what each fault of a run changed, in words.
    shrink              the smallest part of a list that still fails.

`help(dslab.check.NAME)` says more.
"""

from dslab.check.availability import available
from dslab.check.by_name import AVAILABILITY, CONSISTENCY, judge
from dslab.check.causal import causal
from dslab.check.figures import figures
from dslab.check.linearizable import linearizable
from dslab.check.mattered import mattered
from dslab.check.models import (
    MODELS,
    AppendList,
    CasRegister,
    KeyValue,
    Lock,
    Model,
    Queue,
    Register,
    Set,
)
from dslab.check.sequential import sequential
from dslab.check.sessions import sessions
from dslab.check.shrink import shrink
from dslab.check.staleness import bounded_staleness, convergence, same_states
from dslab.check.transactions import transactions

__all__ = [
    "AVAILABILITY",
    "CONSISTENCY",
    "MODELS",
    "AppendList",
    "CasRegister",
    "KeyValue",
    "Lock",
    "Model",
    "Queue",
    "Register",
    "Set",
    "available",
    "bounded_staleness",
    "causal",
    "convergence",
    "figures",
    "judge",
    "linearizable",
    "mattered",
    "same_states",
    "sequential",
    "sessions",
    "shrink",
    "transactions",
]
