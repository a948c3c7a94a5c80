"""Responders: simulated subjects whose accuracy is at least some points above that of the same subject untreated."""

from collections.abc import Iterator

import numpy as np

from resynapse.analysis.estimate import Estimate
from resynapse.analysis.intervals import proportion_interval
from resynapse.analysis.part import Measurements, Part

REFERENCE = "untreated"
GAIN = 10.0
"""Points above the untreated arm that make a responder: a choice of this example."""


def responders(run: Measurements) -> tuple[Estimate, ...]:
    """The share of responders in every arm, condition and outcome in %, with a Clopper-Pearson interval."""
    return tuple(_shares(run))


def _shares(run: Measurements) -> Iterator[Estimate]:
    for key, values in zip(run.cells.keys, run.cells.values.T, strict=True):
        untreated = run.cells.column(REFERENCE, key.condition, key.outcome)
        if key.arm == REFERENCE or untreated is None or not key.outcome.startswith("acc_"):
            continue
        gain = (values - untreated)[~np.isnan(values - untreated)]
        if len(gain):
            yes = gain >= GAIN
            cell = Estimate(part="responders", arm=key.arm, condition=key.condition, outcome=key.outcome, n=len(gain))
            interval = proportion_interval(int(yes.sum()), len(gain))
            yield cell.of("responders, %", 100 * yes.mean(), interval, other=REFERENCE)


RESPONDERS = Part(
    name="responders",
    title=f"Responders: subjects at least {GAIN:g} points above themselves untreated",
    compute=responders,
    method_sentence=lambda found: f"Responders gain at least {GAIN:g} points over the same subject untreated.",
    why_absent=lambda run: f"no accuracy is measured in an arm and in arm {REFERENCE}",
)
