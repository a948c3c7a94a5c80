"""Protocols: the vocabulary of steps, the tree they form, and the files they are written in."""

from __future__ import annotations

from resynapse.protocol.derived_outcomes import Below, Derived, Drop, First, Mean, Steepest
from resynapse.protocol.endpoints import Endpoint
from resynapse.protocol.files.codec import UNNUMBERED, dump, parse
from resynapse.protocol.files.json_schema import json_schema
from resynapse.protocol.files.library import dumps, library, load, loads
from resynapse.protocol.files.library_order import LIBRARY_GROUPS
from resynapse.protocol.files.overrides import amended
from resynapse.protocol.node import Node
from resynapse.protocol.population.distributions import Distribution
from resynapse.protocol.prose.differences import differences
from resynapse.protocol.prose.parameters import parameters
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
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Append, Change, Remove, Replace, Set, Variant
from resynapse.protocol.vocabulary import plugins_here, plugins_of
from resynapse.protocol.when import When

__all__ = [
    "LIBRARY_GROUPS",
    "STEPS",
    "UNNUMBERED",
    "Append",
    "Assess",
    "Below",
    "Change",
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
    "Remove",
    "Replace",
    "Scar",
    "Set",
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
