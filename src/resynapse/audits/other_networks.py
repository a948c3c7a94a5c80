"""Conclusions with another task or network: the one question of an audit that needs runs of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from resynapse.analysis.cells import Cells
from resynapse.audits.findings import Status
from resynapse.audits.matrix import status_of
from resynapse.audits.plan import AuditPlan
from resynapse.audits.section import AuditSection, Evidence, Stage, Table
from resynapse.audits.sensitivity import few_subjects, first_durations
from resynapse.audits.transfer import rescaled, scaling, transferred
from resynapse.audits.verdict_text import with_interval
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.task import DEFAULT_TASK, TASKS

OTHERS = 6
"""Subjects of each at depth standard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """One claim, as run, with another task or network.

    Parameters
    ----------
    setting : what is other.
    claim, status : its id, and status of all its tests.
    what, estimate, low, high, n : the contrast that decides.
    """

    setting: str
    claim: str
    status: Status
    what: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int


def settings(protocol: Protocol, *, whole: bool) -> Iterator[tuple[str, Protocol]]:
    """The protocol, without claims and variants, with the variations of its network, and digits at the same steps.

    Parameters
    ----------
    whole : over every duration of its follow-up, not the first two.
    """
    plain = replace(protocol if whole else first_durations(protocol, 2), claims=(), variants={})
    for name, network in protocol.network.variations().items():
        yield name, replace(plain, network=network)
    if isinstance(protocol.task, TASKS[DEFAULT_TASK]) and "digits" in TASKS:
        yield "digits", transferred(plain, TASKS["digits"]())


def robust(setting: str, claims: Iterable[Claim], cells: Cells) -> tuple[Robust, ...]:
    """The status of each claim that a run with another task or network measures."""
    made = []
    for name, reading in (named for claim in claims for named in claim.named):
        status, findings = status_of(reading, cells)
        decides = next(finding for finding in findings if finding.status == status)
        if status != "missing":
            made.append(
                Robust(
                    setting=setting,
                    claim=name,
                    status=status,
                    what=decides.what,
                    estimate=decides.estimate,
                    low=decides.low,
                    high=decides.high,
                    n=decides.n,
                )
            )
    return tuple(made)


def _stages(planned: AuditPlan) -> Iterator[Stage]:
    if planned.deep:
        for name, other in settings(planned.source, whole=planned.depth == "full"):
            yield Stage(name=name, protocol=other, subjects=few_subjects(planned, OTHERS))


def _judge(evidence: Evidence) -> tuple[Robust, ...]:
    planned = evidence.planned
    return tuple(
        row
        for stage, table in evidence.of(SECTION.name)
        for row in robust(
            stage.name, rescaled(planned.claims, planned.source, stage.protocol), Cells.of(table, stage.protocol)
        )
    )


def _remarks(evidence: Evidence) -> Iterator[str]:
    """What is scaled where the task is another one."""
    source = evidence.planned.source
    for stage, _ in evidence.of(SECTION.name):
        if type(stage.protocol.task) is not type(source.task):
            yield from (f"{stage.name}: {text}" for text in scaling(source, stage.protocol))


def _tables(found: Iterable[Robust], _: int) -> Iterator[Table]:
    rows = tuple((r.setting, r.claim, r.status, with_interval(r.estimate, r.low, r.high), r.what) for r in found)
    header = ("setting", "claim", "as run it", "decides [95 %]", "what decides")
    yield Table("Another task or network", header, rows)


SECTION = AuditSection(name="robustness", judge=_judge, tables=_tables, stages=_stages, remarks=_remarks)
