"""The sections of an audit, in the order of its tables; a section may read what those before it found."""

from __future__ import annotations

import warnings
from typing import Any

from resynapse.audits import (
    ledger,
    matrix,
    other_networks,
    rank_orders,
    region_map,
    sensitivity,
    small_studies,
    stability,
    unequal_constants,
)
from resynapse.audits.section import AuditSection, Evidence
from resynapse.plugins import PlugInWarning, admit

BUILT_IN: tuple[AuditSection, ...] = (
    ledger.SECTION,
    stability.SECTION,
    unequal_constants.SECTION,
    matrix.SECTION,
    rank_orders.SECTION,
    small_studies.SECTION,
    sensitivity.SECTION,
    region_map.SECTION,
    other_networks.SECTION,
)
RESERVED = (
    "protocol",
    "depth",
    "subjects",
    "sections",
    "seal",
    "reduced",
    "changed",
    "summary",
    "tables",
    "disclaimer",
)
"""Names that no section can have: those of an `Audit` itself."""
JOINED: dict[str, AuditSection] = {}
"""Sections of installed packages, by name."""


def sections() -> tuple[AuditSection, ...]:
    """Every section, those of installed packages last."""
    admit("audit section", _take)
    return (*BUILT_IN, *JOINED.values())


def judge(section: AuditSection, evidence: Evidence) -> Any:
    """What a section finds; nothing, with a warning, where one of a package fails: an audit may have taken hours."""
    if section in BUILT_IN:
        return section.judge(evidence)
    try:
        return section.judge(evidence)
    except Exception as error:
        reason = f"audit section {section.name!r} failed and is left out: {type(error).__name__}: {error}"
        warnings.warn(reason, PlugInWarning, stacklevel=2)
        return ()


def _take(name: str, loaded: Any) -> str:
    if not isinstance(loaded, AuditSection):
        return f"expected a resynapse.audits.section.AuditSection, got {loaded!r}"
    if loaded.name != name:
        return f"its `name` is {loaded.name!r}, the entry point is named {name!r}; give both the same name"
    if name in RESERVED or name in {section.name for section in BUILT_IN}:
        return f"the name {name!r} is taken"
    JOINED[name] = loaded
    return ""
