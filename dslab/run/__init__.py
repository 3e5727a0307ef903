"""What a run leaves behind: every step with the states after it, and what clients saw."""

from dslab.run.history import Event, History
from dslab.run.recorder import Recorder
from dslab.run.trace import Trace

__all__ = ["Event", "History", "Recorder", "Trace"]
