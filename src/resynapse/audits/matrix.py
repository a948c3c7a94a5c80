"""The matrix: what becomes of every conclusion when one constant is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from resynapse.analysis.cells import Cells
from resynapse.audits.amendments import Amendment
from resynapse.audits.combinations import Combinations, combinations
from resynapse.audits.findings import Finding, Status, find, paired, values
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
    before, after : what the run says to all tests of the claim, as run and in this world, both over the counts that
        this world has.
    what, estimate, low, high, n : the contrast that decides in this world, as in `Finding`.
    as_run : the estimate of the same test as run.
    shift, shift_low, shift_high : of that contrast in this world minus as run, paired by subject, with its 95 %
        interval; None where it cannot be paired.
    shortened : whether this world was followed over the first duration alone.
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
    shift: float | None
    shift_low: float | None
    shift_high: float | None
    shortened: bool

    @property
    def changed(self) -> bool:
        """Whether the conclusion is another one than as run."""
        return self.before != self.after

    @property
    def moved(self) -> bool:
        """Whether what decides is shown to be another number than as run: the interval of the shift excludes 0."""
        low, high = self.shift_low, self.shift_high
        return low is not None and high is not None and not low <= 0 <= high


def matrix(
    claims: Sequence[Claim], cells: Cells, protocol: Protocol, amendments: Iterable[Amendment]
) -> tuple[MatrixCell, ...]:
    """Every claim in every world that touches it; a claim whose cells a world leaves alone has no cell there."""
    return tuple(
        cell
        for amendment in amendments
        for world in worlds(protocol, amendment.name)
        for run in [alike(cells, world)]
        for claim in claims
        for cell in _cells(claim, cells, run, world, amendment)
    )


def answer(claim: Claim, cells: Cells, world: World = AS_RUN) -> tuple[Status, tuple[Finding, ...]]:
    """What all tests of a claim say together, the worst of them, and each."""
    findings = tuple(find(test, cells, world) for test in claim.tests)
    return min((f.status for f in findings), key=_WORST.index), findings


def alike(cells: Cells, world: World) -> Cells:
    """The run without what this world lacks, so that both are read over the same counts."""
    measured, arms = frozenset(cells.keys), world.arms
    return cells.only([c for c in cells.keys if c.arm not in arms or c._replace(arm=arms[c.arm]) in measured])


def _cells(claim: Claim, cells: Cells, run: Cells, world: World, amendment: Amendment) -> Iterator[MatrixCell]:
    here = [combinations(test, cells.keys, world) for test in claim.tests]
    there = [combinations(test, run.keys) for test in claim.tests]
    if all(h.parts == t.parts for h, t in zip(here, there, strict=True)):
        return
    before, as_run = answer(claim, run)
    after, findings = answer(claim, cells, world)
    if before == "missing":
        return
    at = next(i for i, finding in enumerate(findings) if finding.status == after)
    decides = findings[at]
    shift, low, high = _shift(cells, world, decides.what, here[at], there[at])
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
        shift=shift,
        shift_low=low,
        shift_high=high,
        shortened=amendment.shortened,
    )


def _shift(
    cells: Cells, world: World, what: str, here: Combinations, there: Combinations
) -> tuple[float | None, float | None, float | None]:
    """The combination that decides, in this world minus as run, with its interval."""
    for one, other in zip(here.parts, there.parts, strict=False):
        if one.name == what:
            return paired(values(cells, one, world) - values(cells, other), cells)
    return None, None, None
