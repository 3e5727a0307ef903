"""Scenarios as data: files that say who runs, what goes wrong when, and what must hold; shrunk, and
under many seeds.
"""

from dslab.scenario.file import Scenario
from dslab.scenario.seeds import sweep
from dslab.scenario.shrinking import shrink_scenario

__all__ = ["Scenario", "shrink_scenario", "sweep"]
