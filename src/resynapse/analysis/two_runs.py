"""Two runs beside each other, cell by cell; paired by subject where both have the same subjects of the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cell, Cells, Floats
from resynapse.analysis.intervals import Interval, mean_intervals, sample_sd, welch
from resynapse.analysis.parts.contrasts import sign_flip

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """One cell in two runs.

    Parameters
    ----------
    first_n, second_n, first_mean, second_mean : subjects and mean in each run; None and 0 where it has no such cell.
    n : subjects that are in both, if paired.
    difference : second minus first: of the subjects in both if paired, else of the means; None without both.
    interval : of the difference, 95 %.
    p : two-sided sign-flip p of paired differences; None elsewhere.
    same : every shared subject has the same value in both runs, to the last bit.
    """

    arm: str
    condition: str
    outcome: str
    first_n: int
    second_n: int
    first_mean: float | None
    second_mean: float | None
    n: int
    difference: float | None
    interval: Interval
    p: float | None
    same: bool


def between(first: pl.DataFrame, second: pl.DataFrame, *, paired: bool) -> tuple[Between, ...]:
    """Every cell of either run; `paired` says that equal subject numbers mean the same subject.

    Parameters
    ----------
    first, second : tidy tables.
    """
    here, there = Cells.of(first), Cells.of(second)
    keys = tuple(dict.fromkeys((*here.keys, *there.keys)))
    pairs = {}
    for key in keys:
        a, b = here.column(*key), there.column(*key)
        if a is not None and b is not None:
            pairs[key] = (a, b)
    shared, rows_here, rows_there = np.intersect1d(here.subjects, there.subjects, return_indices=True)
    if paired and len(shared) and pairs:
        values = np.stack([b[rows_there] - a[rows_here] for a, b in pairs.values()], axis=1)
        found = dict(zip(pairs, _paired(values, shared), strict=True))
    else:
        found = {key: _unpaired(a[~np.isnan(a)], b[~np.isnan(b)]) for key, (a, b) in pairs.items()}
    nothing = _Difference(0, None, Interval(note="not in both runs"))
    return tuple(_cell(key, here.column(*key), there.column(*key), found.get(key, nothing)) for key in keys)


@dataclass(frozen=True, slots=True)
class _Difference:
    n: int
    mean: float | None
    interval: Interval
    p: float | None = None
    same: bool = False


def _paired(values: Floats, subjects: NDArray[np.int64]) -> Iterator[_Difference]:
    intervals = mean_intervals(values, ["free"] * values.shape[1], subjects)
    p_values, _ = sign_flip(values, subjects)
    for column, (interval, p) in enumerate(zip(intervals, p_values, strict=True)):
        present = values[:, column][~np.isnan(values[:, column])]
        mean = float(present.mean()) if len(present) else None
        yield _Difference(len(present), mean, interval, p, bool(len(present) and np.all(present == 0)))


def _unpaired(first: Floats, second: Floats) -> _Difference:
    difference = float(second.mean() - first.mean())
    sds = sample_sd(first), sample_sd(second)
    if sds[0] is None or sds[1] is None:
        return _Difference(0, difference, Interval(note="one subject: no interval"))
    if sds == (0.0, 0.0):
        return _Difference(0, difference, Interval(note="constant in both runs"))
    half, _, _ = welch(sds[0], len(first), sds[1], len(second))
    return _Difference(0, difference, Interval(low=difference - half, high=difference + half, method="Welch"))


def _cell(key: Cell, first: Floats | None, second: Floats | None, found: _Difference) -> Between:
    (first_n, first_mean), (second_n, second_mean) = map(_mean, (first, second))
    return Between(
        arm=key.arm,
        condition=key.condition,
        outcome=key.outcome,
        first_n=first_n,
        second_n=second_n,
        first_mean=first_mean,
        second_mean=second_mean,
        n=found.n,
        difference=found.mean,
        interval=found.interval,
        p=found.p,
        same=found.same,
    )


def _mean(values: Floats | None) -> tuple[int, float | None]:
    present = np.array([]) if values is None else values[~np.isnan(values)]
    return len(present), float(present.mean()) if len(present) else None
