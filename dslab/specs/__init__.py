"""Specifications of guarded actions for `dslab.check.explore`, each after the paper or puzzle that it names."""

from dslab.specs.die_hard import DieHard
from dslab.specs.missionaries import Missionaries
from dslab.specs.paxos import Paxos
from dslab.specs.peterson import Peterson
from dslab.specs.two_phase import TwoPhase

__all__ = ["DieHard", "Missionaries", "Paxos", "Peterson", "TwoPhase"]
