"""Engines: the three verbs that every protocol step is made of."""

from __future__ import annotations

from resynapse.engine.base import Engine, TrainingPhase
from resynapse.errors import ResynapseError, nearest

__all__ = ["ENGINES", "Engine", "TrainingPhase", "engine"]

ENGINES = ("compiled", "reference")


def engine(name: str, *, batch_size: int = 1) -> Engine:
    """The engine of this name, for training steps of `batch_size`.

    Raises
    ------
    ResynapseError : no engine has this name, or it cannot take batches of this size.
    """
    chosen = _engine(name)
    if chosen.largest_batch is not None and batch_size > chosen.largest_batch:
        raise ResynapseError(
            f"batch_size {batch_size} is above the {name} engine's {chosen.largest_batch}; use --engine reference"
        )
    return chosen


def _engine(name: str) -> Engine:
    # imported only when asked for: the reference engine needs no kernels
    if name == "compiled":
        from resynapse.engine.compiled import CompiledEngine

        return CompiledEngine()
    if name == "reference":
        from resynapse.engine.reference import ReferenceEngine

        return ReferenceEngine()
    raise ResynapseError(f"unknown engine {name!r}; {nearest(name, ENGINES)}")
