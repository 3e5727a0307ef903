"""Checkers: they take what a run left behind, or run a system themselves, and know no protocol.

Each answers with a `dslab.verdict.Verdict`.
"""

from dslab.check.callers import caller
from dslab.check.explore import Exploration, explore, walk
from dslab.check.fair import eventually
from dslab.check.linearizable import linearizable
from dslab.check.models import MODELS, Model
from dslab.check.nodes import Nodes

__all__ = ["Exploration", "MODELS", "Model", "Nodes", "caller", "eventually", "explore", "linearizable", "walk"]
