"""Pictures, players and tables. They read traces, histories and verdicts, and know no protocol."""

from dslab.show.diagram import diagram
from dslab.show.drive import Drive, drive
from dslab.show.live import Live, live
from dslab.show.player import Player, page, play
from dslab.show.runs import Runs, runs
from dslab.show.source import source
from dslab.show.stream import stream
from dslab.show.table import states, table

__all__ = ["Drive", "Live", "Player", "Runs", "diagram", "drive", "live", "page", "play", "runs", "source", "states", "stream", "table"]
