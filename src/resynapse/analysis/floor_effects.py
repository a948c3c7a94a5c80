"""Whether a run can answer a question: if a state is at chance, there is nothing left to lose or to compare.

Guessing scores ``100 / classes``, and a little more where one class is guessed throughout, as the classes of a finite
test set are not quite equal. So the floor is `ROOM` above chance, as for every other test (`reference`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.intervals import mean_interval
from resynapse.analysis.separability import ROOM, references
from resynapse.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedState:
    """A state whose accuracy must be above the floor for a question to have an answer.

    Parameters
    ----------
    name : name of the state.
    condition, outcome : where an intact network is read.
    values : of the subjects, in %.
    """

    name: str
    condition: str
    outcome: str
    values: Floats


def chance(protocol: Protocol) -> float:
    """The accuracy of a guess in %."""
    return 100.0 / protocol.task.classes


def intact(cells: Cells, protocol: Protocol, condition: str, outcome: str) -> Floats | None:
    """The intact network at a condition, subjects without a value left out; None where none was run."""
    for name in references(protocol):
        column = cells.column(name, condition, outcome)
        present = np.zeros(0) if column is None else column[~np.isnan(column)]
        if len(present):
            return present
    return None


def at_floor(state: TestedState, cells: Cells, protocol: Protocol) -> str:
    """Why a state is not shown to be above the floor of its test; empty if it is."""
    guess, healthy = chance(protocol), intact(cells, protocol, state.condition, state.outcome)
    floor, reference = guess + ROOM, ""
    if healthy is not None:
        reference = f", an intact network {healthy.mean():.1f}"
        if healthy.mean() < floor:
            return (
                f"an intact network fails {state.outcome} at {state.condition} too ({healthy.mean():.1f} %; chance "
                f"{guess:g})"
            )
    interval, mean = mean_interval(state.values, "free"), float(state.values.mean())
    if (mean if interval.low is None else interval.low) > floor:
        return ""
    how = "is at chance" if mean <= floor else "is not shown to be above chance"
    ends = "" if interval.low is None else f" [{interval.low:.1f}, {interval.high:.1f}]"
    return f"{state.name} {how} in {state.outcome}: {mean:.1f}{ends} % (chance {guess:g}{reference})"
