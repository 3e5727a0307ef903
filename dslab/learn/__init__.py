"""Exercises and their grading.

    check("raft-election", MyRaft)

To add an exercise, write a file in `dslab/learn/exercises/`: properties whose tests raise `Broken`, and
`register(Exercise(name, title, kind, stars, properties))`. Put its reference answer into `solutions/` under the same name,
and bugs that it must find into `dslab/learn/mutants/`; the tests pick both up.
"""

from dslab.learn.grading import Broken, Exercise, Property, Report, check, exercises, replay

__all__ = ["Broken", "Exercise", "Property", "Report", "check", "exercises", "replay"]
