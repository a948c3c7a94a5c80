"""How often would a study of ten subjects reach a conclusion? Tens are drawn, with replacement, from the cohort."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.intervals import proportion_interval, seed
from resynapse.audits.findings import counts_subjects, values
from resynapse.audits.linear_contrasts import combinations
from resynapse.audits.section import AuditSection, Evidence, Table
from resynapse.protocol.claim_tests import Test
from resynapse.protocol.claims import Claim, Reading

SIZE = 10
DRAWN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """Simulated small studies of one claim.

    Parameters
    ----------
    claim : its id, and the reading where it is not the first.
    size, drawn : subjects of a study, and how many studies were drawn.
    by_mean : % of studies in which every mean is on the right side, as an article without tests concludes.
    by_interval : % in which every 95 % interval is: Student's t, or Clopper-Pearson where a share of subjects is 0 or
        100 %; of a test with `within` the 90 % interval, as in the ledger.
    """

    claim: str
    size: int
    drawn: int
    by_mean: float
    by_interval: float


def small_studies(claims: Iterable[Claim], cells: Cells, size: int = SIZE) -> tuple[Studies, ...]:
    """Studies of `size` subjects drawn with replacement; none where the cohort has fewer than two such studies.

    The cohort represents the population. Drawing without replacement would shrink the variance between studies by
    ``1 - size / n``, a half for ten of twenty.
    """
    n = len(cells.subjects)
    if n < 2 * size:
        return ()
    rng = np.random.default_rng(seed(cells.subjects))
    drawn = rng.integers(0, n, (DRAWN, size))
    return tuple(_studies(name, reading, cells, drawn) for name, reading in _in_all_subjects(claims, cells))


def _in_all_subjects(claims: Iterable[Claim], cells: Cells) -> Iterator[tuple[str, Reading]]:
    """Readings that the run measures, in all subjects."""
    for claim in claims:
        for name, reading in claim.named:
            own = any(test.statistic == "studies" for test in reading.tests)
            if not (own or reading.among) and all(combinations(test, cells.index).parts for test in reading.tests):
                yield name, reading


def _studies(name: str, reading: Reading, cells: Cells, drawn: NDArray[np.int64]) -> Studies:
    from scipy.stats import t

    size = drawn.shape[1]
    outer, inner = (float(t.ppf(p, size - 1)) / math.sqrt(size) for p in (0.975, 0.95))
    by_mean = np.ones(len(drawn), dtype=bool)
    by_interval = by_mean.copy()
    for test in reading.tests:
        for part in combinations(test, cells.index).parts:
            of = values(cells, part)[drawn]
            by_mean &= _reached(test, of)
            if test.statistic == "subjects":
                by_interval &= _reached(test, of)
            else:
                low, high = _ends(of, inner if test.bound.closed else outer, counts_subjects(part, cells))
                by_interval &= test.bound.holds(low) & test.bound.holds(high)
    return Studies(
        claim=name,
        size=size,
        drawn=len(drawn),
        by_mean=100.0 * float(by_mean.mean()),
        by_interval=100.0 * float(by_interval.mean()),
    )


def _reached(test: Test, of: Floats) -> NDArray[np.bool_]:
    """Whether each study, shape (studies, subjects), is on the right side: enough of its subjects, or its mean."""
    if test.statistic == "mean":
        return test.bound.holds(of.mean(axis=1))
    return np.asarray(100.0 * test.bound.holds(of).mean(axis=1) >= test.needed)


def _ends(of: Floats, quantile: float, shares: bool) -> tuple[Floats, Floats]:
    """The interval of each study; a share of subjects without spread is no certainty."""
    mean, half = of.mean(axis=1), quantile * of.std(axis=1, ddof=1)
    low, high = mean - half, mean + half
    size = of.shape[1]
    for extreme, yes in ((0.0, 0), (100.0, size)) if shares else ():
        found, alike = proportion_interval(yes, size), (of == extreme).all(axis=1)
        low, high = np.where(alike, found.low, low), np.where(alike, found.high, high)
    return low, high


def _judge(evidence: Evidence) -> tuple[Studies, ...]:
    return small_studies(evidence.planned.claims, evidence.cells)


def _tables(found: Sequence[Studies], subjects: int) -> Iterator[Table]:
    rows = tuple((s.claim, f"{s.by_mean:.0f} %", f"{s.by_interval:.0f} %") for s in found)
    for one in found[:1]:
        title = f"How often {one.size} of the {subjects} subjects reach a claim ({one.drawn} draws)"
        yield Table(title, ("claim", "by means alone", "with intervals"), rows)


SECTION = AuditSection(name="studies", judge=_judge, tables=_tables)
