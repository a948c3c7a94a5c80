"""The model's answer to each clinical question, read within simulated subjects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.dose import trends
from resynapse.analysis.intervals import Interval, mean_interval
from resynapse.analysis.planning import FEWEST
from resynapse.analysis.probes import probes
from resynapse.protocol import Protocol

REFERENCE = "untreated"
PROBE = "acc_biased_1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """The model's answer to a question, from one arm.

    Parameters
    ----------
    n, selected_from : simulated subjects it rests on, and those before responders were selected.
    difference, interval : paired by subject; above 0 means yes.
    subjects_yes : subjects whose own difference is above 0.
    answer : ``yes`` or ``no`` if the interval excludes 0, or if all subjects, as many as let a sign-flip p
        reach 5 %, have one and the same difference, which has no interval; else ``undecided``.
    """

    n: int
    selected_from: int
    difference: float
    interval: Interval
    subjects_yes: int
    answer: Literal["yes", "no", "undecided"]


def answer(differences: Floats, selected_from: int) -> ModelAnswer | None:
    """From the differences of the subjects, above 0 for yes; None without any."""
    if not len(differences):
        return None
    interval = mean_interval(differences, "free")
    mean = float(differences.mean())
    constant = interval.low is None and len(differences) >= FEWEST
    said: Literal["yes", "no", "undecided"] = "undecided"
    if (interval.low is not None and interval.low > 0) or (constant and mean > 0):
        said = "yes"
    elif (interval.high is not None and interval.high < 0) or (constant and mean < 0):
        said = "no"
    return ModelAnswer(
        n=len(differences),
        selected_from=selected_from,
        difference=mean,
        interval=interval,
        subjects_yes=int(np.sum(differences > 0)),
        answer=said,
    )


Read = tuple[Floats | None, int, str]


def _stopping(arm: str, cells: Cells, _: Protocol) -> Read:
    on, off = (cells.column(arm, condition, "acc_combined") for condition in ("acute", "off"))
    untreated = cells.column(REFERENCE, "acute", "acc_combined")
    if on is None or off is None:
        return None, 0, "acc_combined was not measured on and off the drug"
    if untreated is None:
        return None, 0, f"no arm {REFERENCE}, against which responders are selected"
    known = ~np.isnan(on - off - untreated)
    chosen = known & (on > untreated)
    note = "" if chosen.any() else "no simulated subject responded"
    return (on - off)[chosen], int(known.sum()), note


def _longer(arm: str, cells: Cells, protocol: Protocol) -> Read:
    for one in probes(cells, protocol):
        if one.arm == arm and one.within == "maintenance" and len(one.counts) >= 3:
            values = one.values[~np.isnan(one.values).any(axis=1)]
            return trends(values), len(values), ""
    return None, 0, "no probe at three durations of maintenance or more"


def _switch(arm: str, cells: Cells, _: Protocol) -> Read:
    treated, untreated = (cells.column(a, "acute", PROBE) for a in (arm, REFERENCE))
    if treated is None or untreated is None:
        return None, 0, f"{PROBE} was not measured at acute in {arm} and {REFERENCE}"
    differences = untreated - treated
    differences = differences[~np.isnan(differences)]
    return differences, len(differences), ""


def _stabiliser(arm: str, cells: Cells, _: Protocol) -> Read:
    without = f"{arm}:no-protection"
    shared = [
        (a, b)
        for key in cells.keys
        if key.arm == arm and key.condition.startswith("maintenance") and key.outcome == PROBE
        and (a := cells.column(*key)) is not None
        and (b := cells.column(without, key.condition, PROBE)) is not None
    ]  # fmt: skip
    if not shared:
        return None, 0, "no arm without the stabiliser; run it with --control no-protection"
    differences = np.mean([a - b for a, b in shared], axis=0)
    differences = differences[~np.isnan(differences)]
    return differences, len(differences), ""


READ = {"stopping": _stopping, "longer treatment": _longer, "switch": _switch, "stabiliser": _stabiliser}
"""By the key of the question: the differences of an arm, subjects before selection, and why there are none."""
