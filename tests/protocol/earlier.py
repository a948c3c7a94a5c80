"""The library as it was before conditions were added to it, to compare cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.protocol import parse
from resynapse.protocol.files.library import loads_value
from resynapse.protocol.files.repetition import merged
from resynapse.runs.walk import walk

FOLDER = Path(__file__).parent / "before"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def earlier(name: str) -> rs.Protocol:
    """A protocol as it was, its base as that was."""
    return parse(_document(name))


def cells(protocol: rs.Protocol, subject: Subject, engine: Engine) -> Mapping[tuple[str, str, str], float]:
    """Every value of one subject."""
    return {(row.arm, row.condition, row.outcome): row.value for row in walk(protocol, subject, engine)}


def moved(
    before: Mapping[tuple[str, str, str], float], now: Mapping[tuple[str, str, str], float]
) -> dict[tuple[str, str, str], tuple[float, float | None]]:
    """Cells that are there no more or have another value, with both values."""
    return {cell: (value, now.get(cell)) for cell, value in before.items() if now.get(cell) != value}


def _document(name: str) -> Mapping[str, Any]:
    document: Any = loads_value((FOLDER / f"{name}.yaml").read_text("utf-8"), name)
    return merged(_document(document["base"]), document) if "base" in document else document
