"""Specifications of guarded actions, each after the paper or puzzle that it names."""

from dslab.explore.specs.die_hard import DieHard
from dslab.explore.specs.missionaries import Missionaries
from dslab.explore.specs.paxos import Paxos
from dslab.explore.specs.peterson import Peterson
from dslab.explore.specs.two_phase import TwoPhase

__all__ = ["DieHard", "Missionaries", "Paxos", "Peterson", "TwoPhase"]
