"""Engines: the three verbs that every protocol step is made of."""

from __future__ import annotations

from collections.abc import Callable

from resynapse.engine.base import Engine, TrainingPhase
from resynapse.errors import ResynapseError, nearest

__all__ = ["ENGINES", "Engine", "TrainingPhase", "engine"]

ENGINES = ("compiled", "reference")


def _say_nothing(text: str) -> None:
    """Nobody listens."""


def engine(name: str, *, batch_size: int = 1, note: Callable[[str], None] = _say_nothing) -> Engine:
    """The engine of this name, for training steps of `batch_size`.

    Parameters
    ----------
    note : told when kernels are compiled first, which takes a while.

    Raises
    ------
    ResynapseError : no engine has this name, or it cannot take batches of this size.
    """
    chosen = _engine(name, note)
    if chosen.largest_batch is not None and batch_size > chosen.largest_batch:
        raise ResynapseError(
            f"batch_size {batch_size} is above the {name} engine's {chosen.largest_batch}; use --engine reference"
        )
    return chosen


def _engine(name: str, note: Callable[[str], None]) -> Engine:
    # imported only when asked for: the reference engine needs no kernels
    if name == "compiled":
        from resynapse.engine.compiled import CompiledEngine
        from resynapse.engine.kernels.ready import make_ready

        make_ready(note)
        return CompiledEngine()
    if name == "reference":
        from resynapse.engine.reference import ReferenceEngine

        return ReferenceEngine()
    raise ResynapseError(f"unknown engine {name!r}; {nearest(name, ENGINES)}")
