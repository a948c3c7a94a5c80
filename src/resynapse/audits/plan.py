"""What an audit will run: one tree with every variant, and the runs of its own that a section needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resynapse.audits.claim_checks import check_claims
from resynapse.audits.perturbations import Amendment, Depth, amended_for_audit
from resynapse.audits.trimmed import trimmed
from resynapse.audits.without_maintenance import without_maintenance
from resynapse.controls.combined import Combined
from resynapse.controls.registry import RENAMED, controls
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim

SUBJECTS: dict[Depth, int] = {"light": 4, "quick": 10, "standard": 20, "full": 100}
"""Subjects of the tree by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """What an audit will run.

    Parameters
    ----------
    source : the protocol that is audited.
    protocol : the tree, with every variant and with the claims.
    amendments : the rows of the matrix.
    subjects : of the tree.
    reduced : what is smaller than in a full audit, in words.
    seeds : root seeds over which verdicts are compared; fewer than two compare nothing.
    """

    source: Protocol
    protocol: Protocol
    amendments: tuple[Amendment, ...]
    depth: Depth
    subjects: int
    reduced: tuple[str, ...]
    seeds: tuple[int, ...] = ()

    @property
    def deep(self) -> bool:
        """Whether sensitivity, map and other networks are part of it."""
        return self.depth in ("standard", "full")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims that are judged."""
        return self.protocol.claims


def plan(protocol: Protocol, claims: Sequence[Claim], depth: Depth, subjects: int | None = None) -> AuditPlan:
    """The tree of an audit, before anything is run.

    Raises
    ------
    ProtocolError : a claim names an arm, a control or a selection that does not exist.
    """
    check_claims(protocol, claims)
    if depth == "light":
        protocol = without_maintenance(protocol)
    read = {measure.arm for claim in claims for test in claim.tests for measure in test.measures}
    tree, amendments = amended_for_audit(protocol, read, depth)
    tree = trimmed(tree, claims, kept=protocol.variants)
    reduced = []
    shortened = [a.name for a in amendments if a.shortened]
    if shortened:
        reduced.append(
            "what is trained anew is followed over the first duration alone, and set beside the run at that duration: "
            + ", ".join(shortened)
        )
    reduced.append(_REDUCED[depth].format(dear=", ".join(name for name, one in controls().items() if one.dear)))
    return AuditPlan(
        source=protocol,
        protocol=replace(tree, claims=tuple(claims)),
        amendments=amendments,
        depth=depth,
        subjects=SUBJECTS[depth] if subjects is None else subjects,
        reduced=tuple(reduced),
    )


_REDUCED: dict[Depth, str] = {
    "light": (
        "nothing is trained after the treatments, so that what is measured later is not tested; no control that trains "
        "but those that claims read, no sensitivity, no other task or network"
    ),
    "quick": "no sweep or ablation that trains and that no claim reads, no sensitivity, no other task or network",
    "standard": (
        "no {dear}; sensitivity and map over the first duration, other networks over the first two, all "
        "with few subjects"
    ),
    "full": "sensitivity and map over the first duration; these and other networks with a fifth of the subjects",
}


def judged_as_it_is(protocol: Protocol, claims: Sequence[Claim]) -> AuditPlan:
    """The plan of a finished run: its own controls are the rows of the matrix, and nothing more is run.

    Raises
    ------
    ProtocolError : a claim names an arm or a selection that does not exist.
    """
    check_claims(protocol, claims)
    names = dict.fromkeys(v.control for v in protocol.variants.values() if v.control)
    rows = tuple(_row_of(name) for name in names if len(Combined.parse(name).names) == 1)
    judged = replace(protocol, claims=tuple(claims))
    return AuditPlan(source=protocol, protocol=judged, amendments=rows, depth="quick", subjects=0, reduced=())


def _row_of(name: str) -> Amendment:
    """The row of a variant's control; what no control made is another sweep."""
    control = controls().get(RENAMED.get(name, name))
    if control is None:
        return Amendment(constant=name, action="measure otherwise", role="sweep", name=name, retrains=False)
    return Amendment(constant=control.constant, action=control.action, role=control.role, name=name, retrains=False)
