"""Engines: the three verbs that every protocol step is made of."""

from __future__ import annotations

from resynapse.engine.base import Engine, TrainingPhase
from resynapse.errors import ResynapseError, nearest

__all__ = ["ENGINES", "Engine", "TrainingPhase", "engine"]

ENGINES = ("compiled", "reference")


def engine(name: str) -> Engine:
    """The engine of this name; the compiled one is imported only when it is asked for.

    Raises
    ------
    ResynapseError : no engine has this name.
    """
    if name == "compiled":
        from resynapse.engine.compiled import CompiledEngine

        return CompiledEngine()
    if name == "reference":
        from resynapse.engine.reference import ReferenceEngine

        return ReferenceEngine()
    raise ResynapseError(f"unknown engine {name!r}; {nearest(name, ENGINES)}")
