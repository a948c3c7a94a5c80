"""The matrix: what becomes of every conclusion when one constant is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from resynapse.analysis.cells import Cells
from resynapse.audits.amendments import Amendment
from resynapse.audits.combinations import combinations
from resynapse.audits.findings import Finding, Status, find
from resynapse.audits.worlds import AS_RUN, World, worlds
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim

_WORST: tuple[Status, ...] = ("missing", "fails", "open", "holds")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One conclusion in one world.

    Parameters
    ----------
    constant, action, world : the row.
    claim : the column.
    before, after : what the run says to all tests of the claim, as run and in this world.
    what, estimate, low, high, n : the contrast that decides in this world, as in `Finding`.
    as_run : the estimate of the same test as run.
    shortened : whether this world was followed over the first durations alone.
    """

    constant: str
    action: str
    world: str
    claim: str
    before: Status
    after: Status
    what: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    as_run: float | None
    shortened: bool

    @property
    def changed(self) -> bool:
        """Whether the conclusion is another one than as run."""
        return self.before != self.after


def matrix(
    claims: Iterable[Claim], cells: Cells, protocol: Protocol, amendments: Iterable[Amendment]
) -> tuple[MatrixCell, ...]:
    """Every claim in every world that touches it; a claim whose cells a world leaves alone has no cell there."""
    before = [(claim, *answer(claim, cells)) for claim in claims]
    return tuple(
        cell
        for amendment in amendments
        for world in worlds(protocol, amendment.name)
        for claim, status, as_run in before
        if status != "missing"
        for cell in _cells(claim, status, as_run, cells, world, amendment)
    )


def answer(claim: Claim, cells: Cells, world: World = AS_RUN) -> tuple[Status, tuple[Finding, ...]]:
    """What all tests of a claim say together: the worst of them, and each."""
    findings = tuple(find(test, cells, world) for test in claim.tests)
    return min((f.status for f in findings), key=_WORST.index), findings


def _cells(
    claim: Claim, before: Status, as_run: tuple[Finding, ...], cells: Cells, world: World, amendment: Amendment
) -> Iterator[MatrixCell]:
    touched = any(
        combinations(test, cells.keys, world).parts != combinations(test, cells.keys).parts for test in claim.tests
    )
    if not touched:
        return
    after, findings = answer(claim, cells, world)
    at = next(i for i, finding in enumerate(findings) if finding.status == after)
    decides = findings[at]
    yield MatrixCell(
        constant=amendment.constant,
        action=amendment.action,
        world=world.name,
        claim=claim.id,
        before=before,
        after=after,
        what=decides.what,
        estimate=decides.estimate,
        low=decides.low,
        high=decides.high,
        n=decides.n,
        as_run=as_run[at].estimate,
        shortened=amendment.shortened,
    )
