"""resynapse: an in-silico laboratory for synaptic-pruning models of depression and its treatment.

Simulated output of a simplified model; not clinical advice.

>>> import resynapse as rs
>>> sorted(rs.load("switch-relapse").arms)
['ketamine', 'neurosteroid', 'ssri', 'untreated']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from resynapse.version import __version__ as __version__

if TYPE_CHECKING:
    from resynapse.api import Run, attribute, audit, match, run
    from resynapse.controls import controlled
    from resynapse.disclaimer import DISCLAIMER
    from resynapse.errors import ResynapseError
    from resynapse.protocol import (
        Assess,
        Decay,
        Discontinue,
        Drug,
        Enrol,
        Lesion,
        Mark,
        Node,
        Protocol,
        Prune,
        PruneMore,
        Regrow,
        Scar,
        Stabilise,
        Train,
        library,
        load,
        loads,
    )

_HOMES = {
    "resynapse.api": ("Run", "attribute", "audit", "match", "run"),
    "resynapse.controls": ("controlled",),
    "resynapse.disclaimer": ("DISCLAIMER",),
    "resynapse.errors": ("ResynapseError",),
    "resynapse.protocol": (
        "Assess", "Decay", "Discontinue", "Drug", "Enrol", "Lesion", "Mark", "Node", "Protocol", "Prune", "PruneMore",
        "Regrow", "Scar", "Stabilise", "Train", "library", "load", "loads",
    ),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "DISCLAIMER",
    "Assess",
    "Decay",
    "Discontinue",
    "Drug",
    "Enrol",
    "Lesion",
    "Mark",
    "Node",
    "Protocol",
    "Prune",
    "PruneMore",
    "Regrow",
    "ResynapseError",
    "Run",
    "Scar",
    "Stabilise",
    "Train",
    "attribute",
    "audit",
    "controlled",
    "library",
    "load",
    "loads",
    "match",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import resynapse` stays quick."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'resynapse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
