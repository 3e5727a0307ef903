"""Checkers: they take what a run left behind, or run a system themselves, and know no protocol.

What clients saw, of a History, a Trace or a Cluster:
    linearizable, sequential, causal, sessions, bounded_staleness, convergence, transactions; `judge` takes them by name.
    MODELS, Model       what a single copy would answer.
What else a run shows:
    available, figures, mattered, same_states.
All that may happen:
    explore, walk, eventually    of Nodes (with `caller` for clients) or of a Spec, with its `action`s, `invariant`s and `goal`s.
    Stage, steps_of              runs step by step; a recorded run as such steps.
    shrunk, shrink_run, shrink   the smallest run that still fails: of an exploration, of any schedule, of any list.

Each answers with a `dslab.verdict.Verdict`, which is true where the rule holds. `help(dslab.check.NAME)` says more.
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
from dslab.check.schedule import Stage, steps_of
from dslab.check.sequential import sequential
from dslab.check.sessions import sessions
from dslab.check.shrink import shrink, shrink_run, shrunk
from dslab.check.spec import Spec, action, goal, invariant
from dslab.check.staleness import bounded_staleness, convergence, same_states
from dslab.check.transactions import transactions

__all__ = ["AVAILABILITY", "CONSISTENCY", "Exploration", "MODELS", "Model", "Nodes", "Spec", "Stage", "action", "available",
           "bounded_staleness", "caller", "causal", "convergence", "eventually", "explore", "figures", "goal", "invariant", "judge",
           "linearizable", "mattered", "same_states", "sequential", "sessions", "shrink", "shrink_run", "shrunk", "steps_of",
           "transactions", "walk"]
