"""Pictures, players and tables. They read traces, histories and verdicts, and know no protocol."""

from dslab.show.diagram import diagram
from dslab.show.live import Live, live
from dslab.show.player import Player, play
from dslab.show.source import source
from dslab.show.table import states, table

__all__ = ["Live", "Player", "diagram", "live", "play", "source", "states", "table"]
