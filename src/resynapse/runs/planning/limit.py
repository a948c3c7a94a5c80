"""The subjects of a run that has a budget: planned from the speed of this machine, begun as long as one more fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from resynapse.cores import usable_cores
from resynapse.errors import OutOfTimeError
from resynapse.runs.duration import duration
from resynapse.runs.planning.budget import Budget
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.store.folder import Manifest
from resynapse.runs.workers.backend import LOCAL


class Limit(NamedTuple):
    """A budget, the seconds that a subject is expected to take, and how many are computed at once.

    `at_once` is 0 where nobody knows: on a cluster, subjects are begun until the time is over.
    """

    budget: Budget
    each: float
    at_once: int

    def fitting(self, missing: Iterable[int], finished: Callable[[], int]) -> Iterable[int]:
        """The subjects to begin, one after the other."""
        if not self.at_once:
            return missing
        return self.budget.while_they_fit(missing, self.each, self.at_once, finished)


def limited(
    budget: Budget,
    manifest: Manifest,
    missing: int,
    *,
    workers: int | None,
    dask: str | None,
    each: float | None,
    note: Callable[[str], None],
) -> Limit:
    """Plan the missing subjects of a run, and say how many fit.

    Parameters
    ----------
    each : seconds that a subject takes, where that is known; it is measured otherwise.

    Raises
    ------
    OutOfTimeError : not one subject fits.
    """
    if dask not in (None, LOCAL):
        note(f"within {budget}: the cluster gets subjects until the time is over")
        return Limit(budget, 0.0, 0)
    if each is None:
        each = Estimate.rehearse(manifest.protocol, manifest.engine, busy=True).seconds
    at_once = min(workers or usable_cores(), missing)
    fit = min(missing, budget.fitting(each, at_once))
    if not fit:
        name = manifest.protocol.name
        left = f"the {duration(budget.left)} that are left after planning"
        raise OutOfTimeError(
            f"within {budget}: no subject of {name} fits into {left}, at {duration(each)} each; give more time"
        )
    note(f"within {budget}: about {fit} of {missing} subjects fit, {duration(each)} each, {at_once} at a time")
    return Limit(budget, each, at_once)
