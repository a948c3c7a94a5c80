"""Engines: the verbs that every protocol step is made of."""

from __future__ import annotations

from resynapse.engine.base import Engine, TrainingPhase
from resynapse.engine.kinds import (
    ENGINES,
    EngineAliasWarning,
    EngineKind,
    check_engine,
    engine,
    engine_kind,
    engines,
    supporting,
)

__all__ = [
    "ENGINES",
    "Engine",
    "EngineAliasWarning",
    "EngineKind",
    "TrainingPhase",
    "check_engine",
    "engine",
    "engine_kind",
    "engines",
    "supporting",
]
