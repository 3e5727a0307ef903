"""How good a grader is: mutants of the right answers, and which of them it takes for right.

    python -m dslab.learn.kills raft-election

    variants    the right answers of solutions/, as syntax trees
    places      where something may be changed
    operators/  what may be changed, and how: one small function each, found by itself
    deriving    all mutants, each told by its operator, its place and the changed line
    trials      grading each in a process of its own
    record      the mutants that are as right as the answers, with the reason
    alike       what shows that
    measuring   all of it for one exercise

A survivor is a hole in the grader, or is as right as the answer. A hole is closed by a rule or a
schedule; what is right is recorded with what shows it.
"""

from dslab.learn.kills.deriving import Change, Mutant, derive
from dslab.learn.kills.measuring import Measured, measure
from dslab.learn.kills.record import Equivalent

__all__ = ["Change", "Equivalent", "Measured", "Mutant", "derive", "measure"]
