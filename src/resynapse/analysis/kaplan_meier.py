"""Times to the first relapse, and the share of subjects that is still well after each."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Floats
from resynapse.analysis.intervals import LEVEL, Interval, proportion_interval

if TYPE_CHECKING:
    from scipy.stats import CensoredData


@dataclass(frozen=True, slots=True)
class Times:
    """Time to the first relapse of each subject; `relapsed` is False where it was still well at that time."""

    subjects: NDArray[np.int64]
    time: Floats
    relapsed: NDArray[np.bool_]
    horizon: float

    @property
    def complete(self) -> bool:
        """Whether no subject left before the last count."""
        return bool(np.all(self.relapsed | (self.time >= self.horizon)))

    def censored(self) -> CensoredData:
        """For SciPy."""
        from scipy.stats import CensoredData

        return CensoredData.right_censored(self.time, ~self.relapsed)


def first_below(below: Floats, counts: tuple[float, ...], subjects: NDArray[np.int64]) -> Times:
    """Time to the first count below the threshold; a subject no longer tested is censored at its last test."""
    at = np.asarray(counts)
    relapsed = np.nansum(below, axis=1) > 0
    last = at[below.shape[1] - 1 - np.argmax(~np.isnan(below)[:, ::-1], axis=1)]
    time = np.where(relapsed, at[np.nanargmax(np.nan_to_num(below), axis=1)], last)
    return Times(subjects, time, relapsed, float(at[-1]))


def kaplan_meier(times: Times, at: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[Interval, ...]]:
    """Share in % still well after each time, with pointwise intervals."""
    from scipy.stats import ecdf

    curve = ecdf(times.censored()).sf
    well = tuple((100 * curve.evaluate(np.asarray(at))).tolist())
    n = len(times.time)
    if times.complete:
        alive = [round(share * n / 100) for share in well]
        return well, tuple(proportion_interval(count, n) for count in alive)
    with warnings.catch_warnings():
        # before the first relapse, and after everybody relapsed, Greenwood's variance is 0
        warnings.simplefilter("ignore")
        band: Any = curve.confidence_interval(LEVEL, method="log-log")
    low, high = (100 * side.evaluate(np.asarray(at)) for side in (band.low, band.high))
    ends = zip(low.tolist(), high.tolist(), strict=True)
    return well, tuple(
        Interval(low=low, high=high, method="Greenwood, log-log")
        if np.isfinite([low, high]).all()
        else Interval(note="no subject relapsed yet, or all did: Greenwood's variance is 0")
        for low, high in ends
    )
