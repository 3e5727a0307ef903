"""What may happen: every state that a system can reach, within bounds.

explore, walk, eventually    of Nodes (with `caller` for clients) or of a Spec, with its
                             `action`s, `invariant`s and `goal`s: each answers with a
                             `dslab.verdict.Verdict`, which is true where the rule holds.
Stepper, steps_of            runs step by step; a recorded run as such steps.
shrunk, shrink_run           the smallest run that still breaks the rule.
"""

from dslab.explore.clients import caller
from dslab.explore.liveness import eventually
from dslab.explore.nodes import Nodes
from dslab.explore.schedule import Stepper, steps_of
from dslab.explore.search import Exploration, explore, walk
from dslab.explore.shrinking import shrink_run, shrunk
from dslab.explore.spec import Spec, action, goal, invariant

__all__ = [
    "Exploration",
    "Nodes",
    "Spec",
    "Stepper",
    "action",
    "caller",
    "eventually",
    "explore",
    "goal",
    "invariant",
    "shrink_run",
    "shrunk",
    "steps_of",
    "walk",
]
