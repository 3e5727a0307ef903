"""Make a failing run small: leave out whatever it doesn't need.

Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 28(2), 2002: first
in large pieces, then one by one. What is left is minimal: without any one of its steps it no longer
fails.
"""

from collections.abc import Callable, Sequence

__all__ = ["shrink"]


def shrink(steps: Sequence, fails: Callable[[list], bool]) -> list:
    """A part of `steps`, in order, for which `fails` is true and that can lose no single step.

    `fails` must be true of `steps` themselves, and must give the same answer each time.
    """
    kept, size = list(steps), max(len(steps) // 2, 1)
    while True:
        place, removed = 0, False
        while place < len(kept):
            rest = kept[:place] + kept[place + size :]
            if fails(rest):
                kept, removed = rest, True
            else:
                place += size
        if size == 1 and not removed:
            return kept
        size = max(size // 2, 1)
