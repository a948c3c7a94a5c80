"""An audit as one object: ledger, matrix, small studies, sensitivity, robustness; and how it is planned."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from resynapse.analysis.cells import Cells
from resynapse.analysis.library_changes import changes
from resynapse.audits.claim_checks import check_claims
from resynapse.audits.constants import unequal
from resynapse.audits.ledger import Entry, ledger
from resynapse.audits.matrix import MatrixCell, matrix
from resynapse.audits.other_networks import Robust
from resynapse.audits.perturbations import Amendment, Depth, amended_for_audit
from resynapse.audits.published_arithmetic import printed
from resynapse.audits.rank_orders import Ranking, rankings
from resynapse.audits.region_map import MapPoint
from resynapse.audits.registration import Seal
from resynapse.audits.sensitivity import Index
from resynapse.audits.small_studies import Studies, small_studies
from resynapse.audits.stability import Stability
from resynapse.audits.trimmed import trimmed
from resynapse.audits.verdicts import VERDICTS
from resynapse.controls.combined import Combined
from resynapse.controls.registry import RENAMED, controls
from resynapse.disclaimer import DISCLAIMER
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim

SUBJECTS: dict[Depth, int] = {"quick": 10, "standard": 20, "full": 100}
"""Subjects of the tree by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """What an audit will run.

    Parameters
    ----------
    protocol : the tree, with every variant and with the claims.
    amendments : the rows of the matrix.
    subjects : of the tree.
    reduced : what is smaller than in a full audit, in words.
    """

    protocol: Protocol
    amendments: tuple[Amendment, ...]
    depth: Depth
    subjects: int
    reduced: tuple[str, ...]


def plan(protocol: Protocol, claims: Sequence[Claim], depth: Depth, subjects: int | None = None) -> AuditPlan:
    """The tree of an audit, before anything is run.

    Raises
    ------
    ProtocolError : a claim names an arm, a control or a selection that does not exist.
    """
    check_claims(protocol, claims)
    read = {measure.arm for claim in claims for test in claim.tests for measure in test.measures}
    tree, amendments = amended_for_audit(protocol, read, depth)
    tree = trimmed(tree, claims, protocol)
    reduced = []
    shortened = [a.name for a in amendments if a.shortened]
    if shortened:
        reduced.append(
            "what is trained anew is followed over the first duration alone, and set beside the run at that duration: "
            + ", ".join(shortened)
        )
    reduced.append(_REDUCED[depth].format(dear=", ".join(name for name, one in controls().items() if one.dear)))
    return AuditPlan(
        protocol=replace(tree, claims=tuple(claims)),
        amendments=amendments,
        depth=depth,
        subjects=SUBJECTS[depth] if subjects is None else subjects,
        reduced=tuple(reduced),
    )


_REDUCED: dict[Depth, str] = {
    "quick": "no sweep or ablation that trains and that no claim reads, no sensitivity, no other task or network",
    "standard": (
        "no {dear}; sensitivity and map over the first duration, other networks over the first two, all "
        "with few subjects"
    ),
    "full": "sensitivity and map over the first duration; these and other networks with a fifth of the subjects",
}


def judged_as_it_is(protocol: Protocol, claims: Sequence[Claim]) -> AuditPlan:
    """The plan behind a run that is there already: its controls are the rows of the matrix, nothing is run.

    Raises
    ------
    ProtocolError : a claim names an arm or a selection that does not exist.
    """
    check_claims(protocol, claims)
    names = dict.fromkeys(v.control for v in protocol.variants.values() if v.control)
    rows = tuple(_row_of(name) for name in names if len(Combined.parse(name).names) == 1)
    return AuditPlan(
        protocol=replace(protocol, claims=tuple(claims)), amendments=rows, depth="quick", subjects=0, reduced=()
    )


def _row_of(name: str) -> Amendment:
    """The row of a variant's control; what no control made is another sweep."""
    control = controls().get(RENAMED.get(name, name))
    if control is None:
        return Amendment(constant=name, action="measure otherwise", role="sweep", name=name, retrains=False)
    return Amendment(constant=control.constant, action=control.action, role=control.role, name=name, retrains=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    protocol, depth, subjects : of the tree.
    claims : the ledger, one entry a claim.
    seal : when the claims were put on record; None where a run is judged as it is.
    stability : the verdicts over other root seeds; empty where one seed was looked at.
    matrix : every conclusion in every scenario that touches it.
    rankings : the order of the arms, and relapse, as run and in every scenario.
    unequal : constants that differ between arms, with each arm's value.
    studies : how often ten subjects would do.
    sensitivity : of each claim's quantities to each constant; empty at depth quick.
    map : each claim over a grid of the two constants with the largest effects; empty at depth quick.
    robustness : each claim with another task or network; empty at depth quick.
    reduced : what is smaller than in a full audit.
    changed : parts in which the protocol differs from the published one of its name.
    """

    protocol: str
    depth: Depth
    subjects: int
    claims: tuple[Entry, ...]
    matrix: tuple[MatrixCell, ...]
    rankings: tuple[Ranking, ...]
    unequal: dict[str, dict[str, str]]
    studies: tuple[Studies, ...]
    seal: Seal | None = None
    stability: tuple[Stability, ...] = ()
    sensitivity: tuple[Index, ...] = ()
    map: tuple[MapPoint, ...] = ()
    robustness: tuple[Robust, ...] = ()
    reduced: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    disclaimer: str = DISCLAIMER

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

    def to_json(self) -> str:
        """One JSON object; `claims` has id, verdict, estimate, interval, deciding_run and sentence of each."""
        content: dict[str, Any] = {"summary": self.summary, **asdict(self)}
        for part in ("claims", "matrix", "rankings", "robustness"):
            for one in content[part]:
                ends = [one.pop("low"), one.pop("high")]
                one["interval"] = None if None in ends else ends
        for cell, one in zip(self.matrix, content["matrix"], strict=True):
            ends = [one.pop("shift_low"), one.pop("shift_high")]
            one |= {"changed": cell.changed, "moved": cell.moved, "shift_interval": None if None in ends else ends}
        return json.dumps(content, indent=2, allow_nan=False) + "\n"


def judged(protocol: Protocol, table: pl.DataFrame) -> tuple[Entry, ...]:
    """The ledger alone, of a run of a tree with claims."""
    return ledger(protocol.claims, Cells.of(table, protocol), protocol, printed(protocol.name))


def conclude(planned: AuditPlan, table: pl.DataFrame) -> Audit:
    """The audit behind the results of its tree alone.

    Parameters
    ----------
    table : tidy table of a run of `planned.protocol`, finished or not.
    """
    protocol = planned.protocol
    cells = Cells.of(table, protocol)
    return Audit(
        protocol=protocol.name,
        depth=planned.depth,
        subjects=len(cells.subjects),
        claims=ledger(protocol.claims, cells, protocol, printed(protocol.name)),
        matrix=matrix(protocol.claims, cells, protocol, planned.amendments),
        rankings=rankings(protocol.claims, cells, protocol, planned.amendments),
        unequal=unequal(protocol),
        studies=small_studies(protocol.claims, cells),
        reduced=planned.reduced,
        changed=changes(protocol),
    )
