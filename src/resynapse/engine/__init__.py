"""Engines: the three verbs that every protocol step is made of."""

from __future__ import annotations

from collections.abc import Callable

from resynapse.engine.base import Engine, TrainingPhase
from resynapse.errors import ResynapseError, nearest
from resynapse.randomness import TILE

__all__ = ["ENGINES", "Engine", "TrainingPhase", "check_engine", "engine"]

ENGINES: dict[str, int | None] = {"compiled": TILE, "unfolded": TILE, "reference": None}
"""Every engine by name, and the most samples its training steps may have; None where there is no limit.

`unfolded` is the compiled engine without `engine/compiled/folding.py`.
"""


def _say_nothing(text: str) -> None:
    """Nobody listens."""


def check_engine(name: str, batch_size: int) -> None:
    """Refuse an engine that is unknown or cannot take batches of this size; nothing is loaded for it.

    Raises
    ------
    ResynapseError : names the engine that can.
    """
    if name not in ENGINES:
        raise ResynapseError(f"unknown engine {name!r}; {nearest(name, ENGINES)}")
    largest = ENGINES[name]
    if largest is not None and batch_size > largest:
        raise ResynapseError(f"batch_size {batch_size} is above the {name} engine's {largest}; use --engine reference")


def engine(name: str, *, batch_size: int = 1, note: Callable[[str], None] = _say_nothing) -> Engine:
    """The engine of this name, for training steps of `batch_size`.

    Parameters
    ----------
    note : told when kernels are compiled first, which takes a while.

    Raises
    ------
    ResynapseError : see `check_engine`.
    """
    check_engine(name, batch_size)
    # imported only when asked for: the reference engine needs no kernels
    if name != "reference":
        from resynapse.engine.compiled.engine import CompiledEngine
        from resynapse.engine.compiled.kernels.warm_up import make_ready

        make_ready(note)
        return CompiledEngine(fold=name == "compiled")
    from resynapse.engine.reference import ReferenceEngine

    return ReferenceEngine()
