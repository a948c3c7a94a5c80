"""A kind of claim test and a section of an audit: the mean meets a bound at every count, and where it comes closest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from resynapse.audits.findings import values
from resynapse.audits.linear_contrasts import combinations
from resynapse.audits.section import AuditSection, Evidence, Table
from resynapse.protocol.claim_tests import Combination, Combinations, Mean, Measured


class Throughout(Mean):
    """The mean over subjects at every single count of a condition; `mean` takes the mean over the counts."""

    kind: ClassVar[str] = "throughout"

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """One sum a count; all of them must meet the bound."""
        one = found[0]
        return Combinations(
            tuple(
                Combination(f"{one.measure.outcome} of {one.measure.arm} at {at}", one.mean((at,)))
                for at in one.conditions
            )
        )


@dataclass(frozen=True, kw_only=True)
class Closest:
    """The count at which a claim comes closest to its bound, or misses it most.

    Parameters
    ----------
    claim : its id.
    what, mean : the cell, and its mean over subjects.
    to_spare : how far the mean is on the right side of the bound; below 0 where it is on the wrong side.
    """

    claim: str
    what: str
    mean: float
    to_spare: float


def closest(evidence: Evidence) -> tuple[Closest, ...]:
    """One result for every `throughout` of the claims whose cells are measured."""
    return tuple(_closest(evidence))


def _closest(evidence: Evidence) -> Iterator[Closest]:
    cells = evidence.cells
    for claim in evidence.planned.claims:
        for test in claim.tests:
            if isinstance(test, Throughout) and (parts := combinations(test, cells.index).parts):
                means = np.array([np.nanmean(values(cells, part)) for part in parts])
                spare = -test.bound.distance(means)
                at = int(np.argmin(spare))
                yield Closest(claim=claim.id, what=parts[at].name, mean=float(means[at]), to_spare=float(spare[at]))


def tables(found: Sequence[Closest], subjects: int) -> Iterator[Table]:
    """One row a test."""
    rows = tuple((one.claim, one.what, f"{one.mean:.1f}", f"{one.to_spare:.1f}") for one in found)
    yield Table(
        f"Closest to the bound, of all counts ({subjects} subjects)", ("claim", "cell", "mean", "to spare"), rows
    )


CLOSEST = AuditSection(name="closest", judge=closest, tables=tables)
