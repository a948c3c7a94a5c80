"""Protocols: the vocabulary of steps, the tree they form, and the files they are written in."""

from __future__ import annotations

from resynapse.protocol.derived import Below, Derived, Drop, Mean
from resynapse.protocol.files import dumps, library, load, loads
from resynapse.protocol.node import Node
from resynapse.protocol.schema import dump, parse
from resynapse.protocol.steps import (
    STEPS,
    Assess,
    Decay,
    Discontinue,
    Drug,
    Prune,
    PruneMore,
    Regrow,
    Stabilise,
    Step,
    Train,
)
from resynapse.protocol.tree import Protocol

__all__ = [
    "STEPS",
    "Assess",
    "Below",
    "Decay",
    "Derived",
    "Discontinue",
    "Drop",
    "Drug",
    "Mean",
    "Node",
    "Protocol",
    "Prune",
    "PruneMore",
    "Regrow",
    "Stabilise",
    "Step",
    "Train",
    "dump",
    "dumps",
    "library",
    "load",
    "loads",
    "parse",
]
