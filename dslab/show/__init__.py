"""Pictures, players and tables. They read traces, histories and verdicts, and know no protocol."""

from dslab.show.design_board import DesignBoard, Requirement, design_board
from dslab.show.drive import Drive, drive
from dslab.show.frontier import Figure, Frontier, frontier
from dslab.show.history import history
from dslab.show.live import Live, live
from dslab.show.player import Player, page, play
from dslab.show.predict import Prediction, Predictions, predict, predictions
from dslab.show.quorums import Quorums, quorums
from dslab.show.runs import Runs, runs
from dslab.show.source import source
from dslab.show.state_graph import StateGraph, state_graph
from dslab.show.stills.space_time import diagram
from dslab.show.stream import stream
from dslab.show.table import states, table

__all__ = [
    "DesignBoard",
    "Drive",
    "Figure",
    "Frontier",
    "Live",
    "Player",
    "Prediction",
    "Predictions",
    "Quorums",
    "Requirement",
    "Runs",
    "StateGraph",
    "design_board",
    "diagram",
    "drive",
    "frontier",
    "history",
    "live",
    "page",
    "play",
    "predict",
    "predictions",
    "quorums",
    "runs",
    "source",
    "state_graph",
    "states",
    "stream",
    "table",
]
