"""Pictures, players and tables. They read traces, histories and verdicts, and know no protocol."""

from dslab.show.diagram import diagram
from dslab.show.history import history
from dslab.show.live import Live, live
from dslab.show.player import Player, page, play
from dslab.show.quorums import Quorums, quorums
from dslab.show.runs import Runs, runs
from dslab.show.source import source
from dslab.show.stream import stream
from dslab.show.table import states, table

__all__ = ["Live", "Player", "Quorums", "Runs", "diagram", "history", "live", "page", "play", "quorums", "runs", "source",
           "states", "stream", "table"]
