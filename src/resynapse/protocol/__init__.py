"""Protocols: the vocabulary of steps, the tree they form, and the files they are written in."""

from __future__ import annotations

from resynapse.protocol.amend import amended
from resynapse.protocol.controls import CONTROLS, Control, controlled
from resynapse.protocol.derived import Below, Derived, Drop, First, Mean, Steepest
from resynapse.protocol.describe import json_schema
from resynapse.protocol.differences import differences
from resynapse.protocol.extend import plugins_here, plugins_of
from resynapse.protocol.files import dumps, library, load, loads
from resynapse.protocol.node import Node
from resynapse.protocol.parameters import parameters
from resynapse.protocol.primary import Endpoint
from resynapse.protocol.schema import UNNUMBERED, dump, parse
from resynapse.protocol.shelves import SHELVES
from resynapse.protocol.state import Setting, State
from resynapse.protocol.steps import (
    STEPS,
    Assess,
    Count,
    Decay,
    Discontinue,
    Drug,
    Enrol,
    Lesion,
    Mark,
    NonNegative,
    Positive,
    Prune,
    PruneMore,
    Regrow,
    Scar,
    Share,
    Stabilise,
    Step,
    Train,
)
from resynapse.protocol.traits import Distribution
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Change, Variant
from resynapse.protocol.when import When

__all__ = [
    "CONTROLS",
    "SHELVES",
    "STEPS",
    "UNNUMBERED",
    "Assess",
    "Below",
    "Change",
    "Control",
    "Count",
    "Decay",
    "Derived",
    "Discontinue",
    "Distribution",
    "Drop",
    "Drug",
    "Endpoint",
    "Enrol",
    "First",
    "Lesion",
    "Mark",
    "Mean",
    "Node",
    "NonNegative",
    "Positive",
    "Protocol",
    "Prune",
    "PruneMore",
    "Regrow",
    "Scar",
    "Setting",
    "Share",
    "Stabilise",
    "State",
    "Steepest",
    "Step",
    "Train",
    "Variant",
    "When",
    "amended",
    "controlled",
    "differences",
    "dump",
    "dumps",
    "json_schema",
    "library",
    "load",
    "loads",
    "parameters",
    "parse",
    "plugins_here",
    "plugins_of",
]
