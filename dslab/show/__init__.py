"""Pictures, players and tables. They read traces, histories and verdicts, and know no protocol."""

from dslab.show.design import DesignBoard, Requirement, design_board
from dslab.show.diagram import diagram
from dslab.show.frontier import Figure, Frontier, frontier
from dslab.show.live import Live, live
from dslab.show.player import Player, page, play
from dslab.show.predict import Prediction, Predictions, predict, predictions
from dslab.show.source import source
from dslab.show.state_graph import StateGraph, state_graph
from dslab.show.table import states, table

__all__ = ["DesignBoard", "Figure", "Frontier", "Live", "Player", "Prediction", "Predictions", "Requirement", "StateGraph", "design_board",
           "diagram", "frontier", "live", "page", "play", "predict", "predictions", "source", "state_graph", "states", "table"]
