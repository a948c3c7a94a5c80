"""Confidence intervals of means over subjects, and which method gave each.

Subjects are the unit: everything measured in one subject moves together. The method follows the data:

- 6 to 100 subjects: BCa bootstrap, expanded for few subjects (Hesterberg 2015, The American Statistician 69:371);
- more than 100: percentile bootstrap; 2 to 5: Student's t, since so few subjects cannot be resampled;
- yes-or-no outcomes: Clopper-Pearson; the same bound where all subjects are at 0 or 100 % of any outcome in %;
- any other constant, or one subject: no interval, and a note with the reason.

Resamples are fixed by the numbers of the subjects alone, so neither another arm nor another outcome moves an interval.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Floats, by_presence

LEVEL = 0.95
"""Confidence level of every interval that names no other."""
ALPHA = 0.05
"""Level of every test that names no other."""
RESAMPLES = 9_999
RESAMPLES_OF_MANY = 999
FEW = 6
"""Fewer subjects than this are not resampled: below it the simulated coverage of the bootstrap is under that of t."""
MANY = 100
"""More subjects than this need no correction for skewness, and the jackknife of BCa would cost subjects squared."""
AT_THE_BOUND = "at the bound"
"""Begins the note of an interval of subjects that are all at 0 or 100 %: a worst case, not their spread."""

Kind = Literal["yes or no", "percent", "free"]
"""``yes or no``: 0 or 100 a subject; ``percent``: within 0 and 100; ``free``: neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval, or the reason why there is none.

    Parameters
    ----------
    low, high : its ends in the unit of the outcome; None where there is none.
    method : what made it; empty where there is none.
    note : what a reader must know: the reason, or a limitation.
    level : the level it claims.
    """

    low: float | None = None
    high: float | None = None
    method: str = ""
    note: str = ""
    level: float = LEVEL

    def __bool__(self) -> bool:
        return self.low is not None

    def __contains__(self, value: float) -> bool:
        return self.low is not None and self.high is not None and self.low <= value <= self.high


def mean_intervals(
    values: Floats, kinds: Sequence[Kind], subjects: NDArray[np.int64] | None = None, level: float = LEVEL
) -> list[Interval]:
    """The interval of the mean of every column.

    Parameters
    ----------
    values : shape (subjects, columns); NaN where a subject has no value.
    kinds : of every column.
    subjects : numbers of the subjects, which fix the resamples; by default 0, 1, 2 ...
    """
    numbers = np.arange(len(values)) if subjects is None else subjects
    found = [Interval(note="no value", level=level)] * values.shape[1]
    for columns, present in by_presence(values):
        kept = values[present]
        varying = []
        for column in columns:
            at_once = _without_resampling(kept[:, column], kinds[column], level)
            if at_once is None:
                varying.append(column)
            else:
                found[column] = at_once
        if varying:
            made = _bootstrap(kept[:, varying], numbers[present], level)
            for column, interval in zip(varying, made, strict=True):
                found[column] = interval
    return found


def mean_interval(
    values: Floats, kind: Kind, subjects: NDArray[np.int64] | None = None, level: float = LEVEL
) -> Interval:
    """The interval of one mean; see `mean_intervals`. What was computed for the same values is remembered."""
    numbers = np.arange(len(values)) if subjects is None else np.asarray(subjects, np.int64)
    return _remembered(np.asarray(values, np.float64).tobytes(), kind, numbers.tobytes(), level)


@lru_cache(maxsize=4096)  # an audit reads the same column in many scenarios
def _remembered(values: bytes, kind: Kind, subjects: bytes, level: float) -> Interval:
    return mean_intervals(np.frombuffer(values)[:, None], [kind], np.frombuffer(subjects, np.int64), level)[0]


@lru_cache(maxsize=4096)  # a run with many arms needs the same few shares ten thousand times
def proportion_interval(yes: int, n: int, level: float = LEVEL) -> Interval:
    """Clopper-Pearson interval of a share of subjects, in %."""
    from scipy.stats import binomtest

    if n == 0:
        return Interval(note="no subject", level=level)
    if n == 1:
        return Interval(note="one subject: no interval", level=level)
    found = binomtest(yes, n).proportion_ci(level, method="exact")
    return Interval(low=100 * float(found.low), high=100 * float(found.high), method="Clopper-Pearson", level=level)


def student(values: Floats, kind: Kind, level: float = LEVEL) -> Interval:
    """Student's t interval of a mean, cut to 0 to 100 where the outcome is."""
    from scipy.stats import t

    n = len(values)
    half = float(t.ppf(0.5 + level / 2, n - 1) * values.std(ddof=1) / math.sqrt(n))
    low, high = float(values.mean()) - half, float(values.mean()) + half
    if kind != "free":
        low, high = max(low, 0.0), min(high, 100.0)
    return Interval(low=low, high=high, method="Student's t", note=f"{n} subjects are too few to resample", level=level)


def resampled_means(values: Floats, subjects: NDArray[np.int64]) -> Floats:
    """Means of every column over resampled subjects, shape (resamples, columns)."""
    n = len(values)
    counts = _draws(tuple(subjects.tolist()))
    # by blocks, as the counts of 100 000 subjects are 800 MB in double precision
    block, values = max(1, 12_500_000 // n), np.ascontiguousarray(values)
    blocks = [counts[start : start + block].astype(float) @ values for start in range(0, len(counts), block)]
    return np.asarray(np.concatenate(blocks) / n)


@lru_cache(maxsize=8)
def _draws(subjects: tuple[int, ...]) -> NDArray[np.uint8]:
    """How often each subject is in each resample, shape (resamples, subjects); a count above 255 is never seen."""
    n = len(subjects)
    rng = np.random.default_rng(seed(np.asarray(subjects)))
    counts = np.empty((RESAMPLES_OF_MANY, n), dtype=np.uint8)
    for row in range(RESAMPLES_OF_MANY):
        counts[row] = np.bincount(rng.integers(0, n, n), minlength=n)
    return counts


def seed(subjects: NDArray[np.int64]) -> int:
    """The seed of all resampling: a digest of the subjects' numbers, nothing else."""
    return int.from_bytes(hashlib.sha256(np.asarray(subjects, dtype="<i8").tobytes()).digest()[:8], "little")


def expanded(n: int, level: float = LEVEL) -> float:
    """The nominal level at which a percentile interval of n normal values has this level (Hesterberg 2015).

    The bootstrap spreads by sqrt((n - 1) / n) too little and has normal in place of t quantiles.
    """
    from scipy.special import ndtr, stdtrit

    return float(1 - 2 * ndtr(-math.sqrt(n / (n - 1)) * stdtrit(n - 1, 0.5 + level / 2)))


def is_constant(values: Floats) -> bool:
    """Whether values are equal but for the rounding of their arithmetic."""
    return bool(np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())))


def sample_sd(values: Floats) -> float | None:
    """SD with n - 1 in the denominator; None for one value, 0 for equal ones."""
    if len(values) < 2:
        return None
    return 0.0 if is_constant(values) else float(values.std(ddof=1))


def _without_resampling(values: Floats, kind: Kind, level: float) -> Interval | None:
    n = len(values)
    if n == 0:
        return Interval(note="no value", level=level)
    if n == 1:
        return Interval(note="one subject: no interval", level=level)
    if kind == "yes or no":
        return proportion_interval(int(np.sum(values > 0)), n, level)
    if kind == "percent" and np.isin(values, (0.0, 100.0)).all():
        bound = proportion_interval(int(np.sum(values > 0)), n, level)
        note = f"{AT_THE_BOUND}: valid for any outcome between 0 and 100 %" if is_constant(values) else "as yes or no"
        return replace(bound, note=note)
    if is_constant(values):
        return Interval(note=f"constant: all {n} subjects have {values[0]:g}", level=level)
    return student(values, kind, level) if n < FEW else None


def _bootstrap(values: Floats, subjects: NDArray[np.int64], level: float) -> list[Interval]:
    n, columns = values.shape
    if n > MANY:
        tail = (1 - expanded(n, level)) / 2
        low, high = np.quantile(resampled_means(values, subjects), [tail, 1 - tail], axis=0)
        method = f"percentile bootstrap, expanded, {RESAMPLES_OF_MANY} resamples of subjects"
    else:
        # by blocks of columns that fit in memory, each with the same resamples
        block = max(1, 20_000_000 // (n * RESAMPLES))
        blocks = [_bca(values[:, start : start + block], subjects, level) for start in range(0, columns, block)]
        low, high = np.concatenate(blocks, axis=1)
        method = f"BCa bootstrap, expanded, {RESAMPLES} resamples of subjects"
    return [
        Interval(low=float(a), high=float(b), method=method, level=level)
        if np.isfinite(a) and np.isfinite(b)
        else replace(student(values[:, column], "free", level), note="BCa has no ends for this sample")
        for column, (a, b) in enumerate(zip(low, high, strict=True))
    ]


def _bca(values: Floats, subjects: NDArray[np.int64], level: float) -> Floats:
    """Ends of the expanded BCa interval of every column, shape (2, columns); NaN for a sample that has none.

    Means are rounded, as ties with the sample's mean count, and the order of summation must not decide those.
    """
    from scipy.stats import bootstrap

    least, span = values.min(axis=0), np.ptp(values, axis=0)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bootstrap(
            ((values - least) / span,),
            lambda scaled, axis: np.round(scaled.mean(axis=axis), 12),
            n_resamples=RESAMPLES,
            batch=max(1, 20_000_000 // values.size),
            confidence_level=expanded(len(values), level),
            method="BCa",
            rng=np.random.default_rng(seed(subjects)),
        ).confidence_interval
    return np.asarray(least + span * np.stack([found.low, found.high]))


def welch(sd1: float, n1: int, sd2: float, n2: int) -> tuple[float, float, float]:
    """Half width of the 95 % Welch interval of a difference of means, its degrees of freedom and standard error.

    Parameters
    ----------
    sd1, sd2 : sample SDs (n - 1 in the denominator).
    n1, n2 : sample sizes, at least 2.
    """
    from scipy.stats import t

    part1, part2 = sd1**2 / n1, sd2**2 / n2
    error = math.sqrt(part1 + part2)
    if error == 0.0:
        return 0.0, math.inf, 0.0
    df = (part1 + part2) ** 2 / (part1**2 / (n1 - 1) + part2**2 / (n2 - 1))
    return float(t.ppf(0.5 + LEVEL / 2, df)) * error, df, error
