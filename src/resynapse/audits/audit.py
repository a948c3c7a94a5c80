"""An audit as one object: what each of its sections found, and how a run becomes one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from resynapse.analysis.cells import Cells
from resynapse.analysis.library_changes import changes
from resynapse.audits.claim_library import claims_of
from resynapse.audits.ledger import Entry
from resynapse.audits.perturbations import Depth
from resynapse.audits.plan import AuditPlan, judged_as_it_is, plan
from resynapse.audits.registration import Seal
from resynapse.audits.section import Evidence, Table
from resynapse.audits.sections import judge, sections
from resynapse.audits.verdicts import VERDICTS
from resynapse.disclaimer import DISCLAIMER
from resynapse.html_view import html_view
from resynapse.protocol import Protocol

__all__ = ["Audit", "AuditPlan", "conclude", "judged_as_it_is", "of_evidence", "of_run", "plan"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Audit:
    """What an audit found.

    Each section is an attribute of its name: `claims` (the ledger, one entry a claim), `stability`, `unequal`,
    `matrix`, `rankings`, `studies`, `sensitivity`, `map`, `robustness`. A section whose runs are not part of the depth
    is empty.

    Parameters
    ----------
    protocol, depth, subjects : of the tree.
    sections : what each section found, by its name.
    seal : when the claims were put on record; None where a run is judged as it is.
    reduced : what is smaller than in a full audit.
    changed : parts in which the protocol differs from the published one of its name.
    """

    protocol: str
    depth: Depth
    subjects: int
    sections: Mapping[str, Any]
    seal: Seal | None = None
    reduced: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    disclaimer: str = DISCLAIMER

    def __getattr__(self, name: str) -> Any:
        """What a section found."""
        if name != "sections" and name in self.sections:
            return self.sections[name]
        raise AttributeError(f"an audit has no {name!r}")

    def __repr__(self) -> str:
        return f"Audit({self.summary})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict of each claim, in a sentence."""
        rows = [(e.id, e.verdict, e.statement, "; ".join(e.breakers)) for e in self.claims]
        return html_view(self.protocol, repr(self), ("claim", "verdict", "statement", "broken by"), rows)

    @property
    def claims(self) -> tuple[Entry, ...]:
        """The ledger."""
        found: tuple[Entry, ...] = self.sections["claims"]
        return found

    def count(self, verdict: str) -> int:
        """Number of claims with this verdict."""
        return sum(entry.verdict == verdict for entry in self.claims)

    @property
    def summary(self) -> str:
        """The ledger in one sentence."""
        counts = ", ".join(f"{self.count(v)} {v}" for v in VERDICTS if self.count(v))
        text = f"{len(self.claims)} claims of {self.protocol}, {self.subjects} simulated subjects: {counts}."
        counted = [entry for entry in self.claims if entry.verdict != "by construction"]
        if len(counted) < len(self.claims):
            text += f" {len(counted)} of them are findings; what is true by construction is not counted as one."
        if self.changed:
            text += f" The run differs from the published {self.protocol} in {', '.join(self.changed)}."
        return text

    def frame(self) -> pl.DataFrame:
        """The ledger as a table, one row a claim."""
        kept = ("id", "verdict", "estimate", "low", "high", "n", "deciding_run", "figure", "sentence", "where")
        rows = [{name: getattr(entry, name) for name in kept} for entry in self.claims]
        return pl.DataFrame(rows, infer_schema_length=None)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of every section that found something."""
        judged = (one for one in sections() if one.name in self.sections)
        made = (table for one in judged for table in one.tables(self.sections[one.name], self.subjects))
        return tuple(table for table in made if table.rows)

    def to_json(self) -> str:
        """One JSON object; `claims` has id, verdict, estimate, interval, deciding_run and sentence of each."""
        content: dict[str, Any] = {
            "summary": self.summary,
            "protocol": self.protocol,
            "depth": self.depth,
            "subjects": self.subjects,
            **{name: _plain(found) for name, found in self.sections.items()},
            "seal": None if self.seal is None else asdict(self.seal),
            "reduced": self.reduced,
            "changed": self.changed,
            "disclaimer": self.disclaimer,
        }
        return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _plain(found: Any) -> Any:
    """Rows as plain data, the ends of an interval as a pair."""
    if not isinstance(found, tuple):
        return found
    rows = []
    for one in found:
        row: dict[str, Any] = one.plain() if hasattr(one, "plain") else asdict(one)
        if {"low", "high"} <= set(row):
            ends = [row.pop("low"), row.pop("high")]
            row["interval"] = None if None in ends else ends
        rows.append(row)
    return rows


def conclude(planned: AuditPlan, table: pl.DataFrame) -> Audit:
    """The audit behind the results of its tree alone.

    Parameters
    ----------
    table : tidy table of a run of `planned.protocol`, finished or not.
    """
    evidence = Evidence(planned=planned, cells=Cells.of(table, planned.protocol))
    found: dict[str, Any] = {}
    for section in sections():
        found[section.name] = judge(section, replace(evidence, found=found))
    return of_evidence(replace(evidence, found=found))


def of_run(protocol: Protocol, table: pl.DataFrame, claims: str | Path | None = None) -> Audit:
    """A run judged as it is, by the controls that it holds; nothing is run.

    Parameters
    ----------
    claims : of another name, or a YAML file of claims; by default the protocol's own, or those that ship for its name.

    Raises
    ------
    ProtocolError : the protocol claims nothing, or its claims name what it does not have.
    """
    return conclude(judged_as_it_is(protocol, claims_of(protocol, claims)), table)


def of_evidence(evidence: Evidence, seal: Seal | None = None) -> Audit:
    """The audit in which every section has been judged."""
    planned = evidence.planned
    return Audit(
        protocol=planned.protocol.name,
        depth=planned.depth,
        subjects=len(evidence.cells.subjects),
        sections=evidence.found,
        seal=seal,
        reduced=(*planned.reduced, *(text for section in sections() for text in section.remarks(evidence))),
        changed=changes(planned.protocol),
    )
