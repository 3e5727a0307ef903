"""Checkers: they take what a run left behind and know no protocol. Each answers with a `dslab.verdict.Verdict`."""

from dslab.check.linearizable import linearizable
from dslab.check.models import MODELS, Model

__all__ = ["MODELS", "Model", "linearizable"]
