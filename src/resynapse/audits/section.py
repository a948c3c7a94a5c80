"""A section of an audit as one object: the runs that it needs, what it finds in them, and its tables.

A new section is one file with an `AuditSection`, listed in `resynapse.audits.sections` or under the entry-point group
``resynapse.audit_sections``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from resynapse.analysis.cells import Cells
from resynapse.audits.plan import AuditPlan
from resynapse.protocol import Protocol

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Table:
    """A titled grid of strings; the first column names the rows."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One run of an audit, in a folder of its name.

    Parameters
    ----------
    seed : root seed, where it is not that of the audit.
    design : of what the section needs to read the run again.
    then, then_share : what is planned after this run, in a sentence, and its cost relative to this run.
    """

    name: str
    protocol: Protocol
    subjects: int
    seed: int | None = None
    design: Any = None
    then: str = ""
    then_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a section judges by.

    Parameters
    ----------
    planned : the plan, with protocol and claims.
    cells : results of the tree.
    seed : root seed of the audit.
    runs : by section, the runs that it needs and their tables.
    found : what the sections before it found, by name.
    """

    planned: AuditPlan
    cells: Cells
    seed: int = 0
    runs: Mapping[str, tuple[tuple[Stage, pl.DataFrame], ...]] = field(default_factory=dict)
    found: Mapping[str, Any] = field(default_factory=dict)

    def of(self, section: str) -> tuple[tuple[Stage, pl.DataFrame], ...]:
        """The runs of a section; none where a run is judged as it is."""
        return self.runs.get(section, ())


def _nothing(*_: object) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSection:
    """One section.

    Parameters
    ----------
    name : of its key in the JSON and of its attribute of an `Audit`.
    judge : what it finds; a tuple of frozen dataclasses, or a mapping.
    tables : the tables of what it found, given the subjects of the tree; those without rows are left out.
    stages : runs beside the tree that it needs.
    later : runs that can only be planned when the sections before it have been judged.
    remarks : what readers must know of how it reads its runs.
    """

    name: str
    judge: Callable[[Evidence], Any]
    tables: Callable[[Any, int], Iterable[Table]]
    stages: Callable[[AuditPlan], Iterable[Stage]] = _nothing
    later: Callable[[Evidence, Note], Iterable[Stage]] = _nothing
    remarks: Callable[[Evidence], Iterable[str]] = _nothing
