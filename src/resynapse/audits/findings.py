"""The result of a test in a run: it holds, it fails, it is open, or it cannot be read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cell, Cells, Floats
from resynapse.analysis.intervals import (
    Interval,
    Kind,
    is_constant,
    mean_interval,
    proportion_interval,
    seed,
)  # fmt: skip
from resynapse.audits.linear_contrasts import Combination, combinations
from resynapse.audits.scenarios import AS_RUN, Scenario
from resynapse.protocol.claim_tests import Bound, Studies, Test

DRAWN, RESAMPLED = 2_000, 400
"""Studies that are drawn, and cohorts that are resampled for the interval of their share."""
Status = Literal["holds", "open", "fails", "missing"]
WORST_FIRST: tuple[Status, ...] = ("missing", "fails", "open", "holds")
"""Of several tests the first of these decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One test read in one scenario.

    Parameters
    ----------
    status : ``holds`` or ``fails`` where the whole interval is on one side of the bound, ``open`` where it is not.
    what : the combination of cells that decides.
    estimate, low, high : with its 95 % interval, in the unit of the outcome; of a test about every subject, the
        share of subjects in %.
    n : subjects.
    bound : in words.
    worst : of a test about every subject, the value that is furthest on the wrong side.
    share : of a test about every subject, the share of subjects, in %, for whom it must hold.
    p : of the null hypothesis that the claimed bound is met, against its being missed; None where there is none.
    missing : what is not measured.
    """

    status: Status
    what: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    bound: str = ""
    worst: float | None = None
    share: float | None = None
    p: float | None = None
    missing: tuple[str, ...] = ()


def find(test: Test, cells: Cells, scenario: Scenario = AS_RUN) -> Finding:
    """Read a test in a scenario; of several combinations, the one that is furthest from holding decides."""
    about = combinations(test, cells.index, scenario)
    if about.missing:
        return Finding(status="missing", what=about.missing[0], bound=str(test.bound), missing=about.missing)
    if isinstance(test, Studies):
        return _small_studies(test, cells, scenario)
    if test.statistic == "subjects":
        return _subjects(test, cells, about.parts, scenario)
    found = [_mean(test.bound, cells, one, scenario) for one in about.parts]
    return min(found, key=lambda f: (WORST_FIRST.index(f.status), f.estimate if f.estimate is not None else 0.0))


def values(cells: Cells, combination: Combination, scenario: Scenario = AS_RUN) -> Floats:
    """The combination for every subject; NaN where a cell is missing or the subject is not among those meant."""
    total = np.zeros(len(cells.subjects))
    for weight, cell in combination.weights:
        column = cells.column(*cell)
        assert column is not None
        total = total + weight * column
        if scenario.among is not None:
            total = np.where(_among(cells, cell, scenario), total, np.nan)
    # six sixths of 100 are 100: a share at its bound is not taken for one below it
    return np.round(total, 12)


def _among(cells: Cells, cell: Cell, scenario: Scenario) -> NDArray[np.bool_]:
    assert scenario.among is not None
    when, condition = scenario.among
    column = cells.column(cell.arm, condition, when.outcome)
    if column is None:
        return np.zeros(len(cells.subjects), dtype=bool)
    return np.array([not np.isnan(v) and when.holds({when.outcome: float(v)}) for v in column])


def _mean(bound: Bound, cells: Cells, one: Combination, scenario: Scenario) -> Finding:
    column = values(cells, one, scenario)
    kept, subjects = column[~np.isnan(column)], cells.subjects[~np.isnan(column)]
    if not len(kept):
        return Finding(status="missing", what=one.name, bound=str(bound), missing=("a subject of this kind",))
    found = _of_mean(bound, kept.tobytes(), subjects.tobytes(), kind_of(one, cells), counts_subjects(one, cells))
    return replace(found, what=one.name)


@lru_cache(maxsize=4096)  # most scenarios leave most columns as they are
def _of_mean(bound: Bound, values: bytes, numbers: bytes, kind: Kind, shares: bool) -> Finding:
    kept, subjects = np.frombuffer(values), np.frombuffer(numbers, np.int64)
    interval = mean_interval(kept, kind, subjects)
    low, high = ends(interval, kept, shares)
    status = _status(bound, low, high)
    if bound.closed and status != "fails":
        # two one-sided tests at 5 % are the 90 % interval
        inside = ends(mean_interval(kept, kind, subjects, 0.90), kept, shares)
        status = "holds" if _status(bound, *inside) == "holds" else "open"
    return Finding(
        status=status,
        what="",
        estimate=float(kept.mean()),
        low=low,
        high=high,
        n=len(kept),
        bound=str(bound),
        p=p_missed(bound, kept, yes_or_no=kind == "yes or no"),
    )


def kind_of(one: Combination, cells: Cells) -> Kind:
    """Only a mean of percentages has the bounds of a percentage; the unit of an outcome says so, not its name."""
    if counts_subjects(one, cells):
        return "yes or no" if len(one.weights) == 1 else "percent"
    shares = all(weight > 0 and cell.outcome in cells.percentages for weight, cell in one.weights)
    return "percent" if shares else "free"


def counts_subjects(one: Combination, cells: Cells) -> bool:
    """Whether it is a share of subjects: a mean of yes-or-no outcomes, and no difference."""
    return all(weight > 0 and cell.outcome in cells.flags for weight, cell in one.weights)


def paired(differences: Floats, cells: Cells) -> tuple[float | None, float | None, float | None]:
    """The mean of what is paired by subject, with its interval; None of no subject."""
    there = ~np.isnan(differences)
    kept = differences[there]
    if not len(kept):
        return None, None, None
    return float(kept.mean()), *ends(mean_interval(kept, "free", cells.subjects[there]), kept)


def ends(interval: Interval, kept: Floats, shares: bool = False) -> tuple[float | None, float | None]:
    """The ends of an interval; a number that is the same in several subjects is its own, unless it is their share."""
    if len(kept) > 1 and is_constant(kept) and not (shares and interval):
        return float(kept[0]), float(kept[0])
    return interval.low, interval.high


def _status(bound: Bound, low: float | None, high: float | None) -> Status:
    """Where an interval lies: within the bound, outside it, or across an end of it."""
    if low is None or high is None:
        return "open"
    first, last = bound.holds(np.array([low, high]))
    if first and last:
        return "holds"
    if bound.closed:
        return "fails" if high < bound.low or low > bound.high else "open"
    return "open" if first or last else "fails"


def _subjects(test: Test, cells: Cells, parts: tuple[Combination, ...], scenario: Scenario) -> Finding:
    columns = np.stack([values(cells, one, scenario) for one in parts], axis=1)
    kept = columns[~np.isnan(columns).any(axis=1)]
    if not len(kept):
        return Finding(status="missing", what=parts[0].name, bound=str(test.bound), missing=("a subject of this kind",))
    right = np.asarray(test.bound.holds(kept).all(axis=1))
    distance = test.bound.distance(kept)
    share = proportion_interval(int(right.sum()), len(kept))
    column = int(np.argmax(distance.max(axis=0)))
    worst = float(kept[np.argmax(distance[:, column]), column])
    return Finding(
        status=_of_share(right, test.needed, share),
        what=parts[column].name,
        estimate=100.0 * float(right.mean()),
        low=share.low,
        high=share.high,
        n=len(kept),
        bound=str(test.bound),
        share=test.needed,
        worst=worst,
        p=_binomial(int(right.sum()), len(kept), test.needed, "less"),
    )


def _of_share(right: NDArray[np.bool_], needed: float, share: Interval) -> Status:
    """A claim about all subjects fails with one exception; one about a share of them has an interval."""
    if needed == 100:
        return "holds" if right.all() else "fails"
    if share.low is None or share.high is None:
        return "open"
    return "holds" if share.low > needed else "fails" if share.high < needed else "open"


def p_missed(bound: Bound, kept: Floats, *, yes_or_no: bool = False) -> float | None:
    """One-sided p of the null hypothesis that the mean meets the bound; small where it is missed.

    Student's t, or the binomial distribution for a share of subjects. Between two ends it is twice the smaller of both
    sides. Equal values are what they are: 0 where they miss the bound, else 1.
    """
    if len(kept) < 2:
        return None
    sides: dict[float, Literal["less", "greater"]] = {bound.low: "less", bound.high: "greater"}
    missed = {end: side for end, side in sides.items() if math.isfinite(end)}
    if yes_or_no and len(missed) == 1:
        ((end, side),) = missed.items()
        if 0 <= end <= 100:
            return _binomial(int((kept > 50).sum()), len(kept), end, side)
    if is_constant(kept):
        return 1.0 if bool(bound.holds(kept).all()) else 0.0
    from scipy.stats import ttest_1samp

    found = [float(ttest_1samp(kept, end, alternative=side).pvalue) for end, side in missed.items()]
    return min(1.0, len(found) * min(found))


def _binomial(yes: int, n: int, share: float, alternative: Literal["less", "greater"]) -> float:
    from scipy.stats import binomtest

    return float(binomtest(yes, n, share / 100.0, alternative=alternative).pvalue)


def _small_studies(test: Studies, cells: Cells, scenario: Scenario) -> Finding:
    """The share of studies whose means are all on the claimed side; its interval resamples the cohort itself."""
    what = f"studies of {test.size} subjects in which every mean is on the claimed side, in %"
    columns = [
        (one, values(cells, part, scenario))
        for one in test.of
        for part in combinations(one, cells.index, scenario).parts
    ]
    there = np.all([~np.isnan(column) for _, column in columns], axis=0)
    n = int(there.sum())
    if n < test.size:
        return Finding(
            status="missing", what=what, bound=str(test.bound), missing=(f"{test.size} subjects of this kind",)
        )
    kept = np.stack([column[there] for _, column in columns])
    bounds = tuple(one.bound for one, _ in columns)
    estimate, resampled = _shares(bounds, kept.tobytes(), tuple(cells.subjects[there].tolist()), test.size)
    low, high = (float(q) for q in np.quantile(resampled, [0.025, 0.975]))
    status: Status = "holds" if low > test.share else "fails" if high < test.share else "open"
    p = float((1 + np.sum(resampled >= test.share)) / (1 + RESAMPLED))
    return Finding(status=status, what=what, estimate=estimate, low=low, high=high, n=n, bound=str(test.bound), p=p)


@lru_cache(maxsize=512)
def _shares(bounds: tuple[Bound, ...], columns: bytes, subjects: tuple[int, ...], size: int) -> tuple[float, Floats]:
    """The share of studies with every mean within its bound, in %: as drawn, and of every resampled cohort."""
    kept = np.frombuffer(columns).reshape(len(bounds), -1)
    estimate, resampled = (
        100.0 * np.all([b.holds(c[drawn].mean(axis=-1)) for b, c in zip(bounds, kept, strict=True)], axis=0).mean(-1)
        for drawn in _drawn(subjects, size)
    )
    return float(estimate), resampled


@lru_cache(maxsize=4)
def _drawn(subjects: tuple[int, ...], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Subjects of studies drawn from the cohort, and of those drawn from every resampled cohort."""
    n, rng = len(subjects), np.random.default_rng(seed(np.array(subjects)))
    drawn = rng.integers(0, n, (DRAWN, size))
    again = [rng.integers(0, n, n)[rng.integers(0, n, (DRAWN // 10, size))] for _ in range(RESAMPLED)]
    return drawn, np.stack(again)
