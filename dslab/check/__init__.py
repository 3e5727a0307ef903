"""Checkers: they take what a run left behind, or run a system themselves, and know no protocol.

Each answers with a `dslab.verdict.Verdict`.
"""

from dslab.check.availability import available
from dslab.check.callers import caller
from dslab.check.causal import causal
from dslab.check.explore import Exploration, explore, walk
from dslab.check.fair import eventually
from dslab.check.figures import figures
from dslab.check.kinds import AVAILABILITY, CONSISTENCY, judge
from dslab.check.linearizable import linearizable
from dslab.check.mattered import mattered
from dslab.check.models import MODELS, Model
from dslab.check.nodes import Nodes
from dslab.check.sequential import sequential
from dslab.check.sessions import sessions
from dslab.check.staleness import bounded_staleness, convergence, same_states
from dslab.check.transactions import transactions

__all__ = ["AVAILABILITY", "CONSISTENCY", "Exploration", "MODELS", "Model", "Nodes", "available", "bounded_staleness", "caller",
           "causal", "convergence", "eventually", "explore", "figures", "judge", "linearizable", "mattered", "same_states",
           "sequential", "sessions", "transactions", "walk"]
