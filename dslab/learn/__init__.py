"""Exercises and their grading.

    check("raft-election", MyRaft)

To add an exercise, write a file in `dslab/learn/exercises/`: it is found there by itself.

- CODE, TUNE: `register(Exercise(name, title, kind, stars, properties, accepts))`. A property's
  `test(submission)` raises `Broken`, with the run that shows it, and may return what it counted.
  `accepts=is_node` where a Node class is asked for.
- Rules that hold at every step: a `dslab.learn.search.Search` with a `Watcher`. It tries directed
  schedules and random ones, shrinks what breaks a rule, and makes the properties (`rule`,
  `expects`); see `raft_election.py`.
- PREDICT, HUNT: `predict(…)` and `hunt(…)` of `dslab.learn.answers`.

A submission may live in a process of its own (`python -m dslab check-notebook`). A Node class then
looks as it does here, except that it is no subclass of Node. Functions and objects are called with
JSON values and return them.

Put the reference answer into `solutions/`, under `answers[name]`, and bugs that must be found into
`dslab/learn/mutants/`. Tests hold that nothing earns nothing, that the answer earns everything,
here and from a shell, and that each bug is found.
"""

from dslab.learn.grading import Broken, Exercise, Property, Report, check, known_exercises, replay

__all__ = ["Broken", "Exercise", "Property", "Report", "check", "known_exercises", "replay"]
