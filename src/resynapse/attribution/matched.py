"""A contrast as it is run, and with the treatments made equal in exposure, in measured change and in reached loss."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.intervals import Interval, mean_intervals
from resynapse.analysis.matching import at_equal
from resynapse.attribution.ladder import CHANGE, LOSS, REACHED, Ladder
from resynapse.attribution.requested import Requested
from resynapse.disclaimer import DISCLAIMER

if TYPE_CHECKING:
    import polars as pl

AS_RUN, EXPOSURE = "as run", "equal exposure"
MEASURES = {CHANGE: "equal change", LOSS: "equal loss"}
"""What is measured at the end of treatment, and the basis that it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The contrast on one basis.

    Parameters
    ----------
    basis : ``as run``, ``equal exposure`` (rate times epochs), ``equal change`` (of surviving connections) or
        ``equal loss`` (on the training set).
    first, second : means over the subjects that are compared.
    difference, low, high : first minus second, paired, with its 95 % interval; None where no subject is compared.
    n, beyond : subjects compared, and those whose ladder does not reach the other arm.
    note : why there is no interval, or a limitation of it.
    """

    basis: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    n: int
    beyond: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """One outcome on every basis."""

    outcome: str
    condition: str
    bases: tuple[Basis, ...]

    @property
    def name(self) -> str:
        """Outcome and condition."""
        return str(Requested(self.outcome, self.condition))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A rung of the ladder: learning rate, and the means of what its treatment reaches."""

    arm: str
    rate: float
    change: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """A contrast between two arms, with one of them moved along its learning rate.

    Parameters
    ----------
    matched, fixed : the arm that is moved, and the one that it is matched to.
    rungs : of the moved arm, by rising rate.
    target : the arm that it is matched to, as a rung of its own.
    """

    protocol: str
    first: str
    second: str
    matched: str
    fixed: str
    target: Rung
    rungs: tuple[Rung, ...]
    outcomes: tuple[Matched, ...]
    disclaimer: str = DISCLAIMER

    def frame(self) -> pl.DataFrame:
        """One row for each outcome and basis."""
        import polars as pl

        rows = [
            {"outcome": one.outcome, "condition": one.condition, **asdict(basis)}
            for one in self.outcomes
            for basis in one.bases
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def to_json(self) -> str:
        """One JSON object; an interval is a list of its ends, or null."""
        content: dict[str, Any] = asdict(self)
        for one in content["outcomes"]:
            for basis in one["bases"]:
                ends = [basis.pop("low"), basis.pop("high")]
                basis["interval"] = None if None in ends else ends
        return json.dumps(content, indent=2, allow_nan=False) + "\n"


def matching(tree: Ladder, cells: Cells, protocol: str) -> Matching:
    """The matching behind the results of a ladder."""
    reached = {name: _along(tree, cells, Requested(name, REACHED)) for name in MEASURES}
    goals = {name: _column(cells, tree.fixed, Requested(name, REACHED)) for name in MEASURES}
    change, loss = reached[CHANGE], reached[LOSS]
    return Matching(
        protocol=protocol,
        first=tree.first,
        second=tree.second,
        matched=tree.matched,
        fixed=tree.fixed,
        target=_rung(tree.fixed, tree.rate, goals[CHANGE], goals[LOSS]),
        rungs=tuple(map(_rung, tree.rungs, tree.rates, change, loss)),
        outcomes=tuple(_matched(tree, cells, one, reached, goals) for one in tree.requested),
    )


def _matched(
    tree: Ladder, cells: Cells, one: Requested, reached: dict[str, Floats], goals: dict[str, Floats]
) -> Matched:
    along, fixed = _along(tree, cells, one), _column(cells, tree.fixed, one)
    moved = {AS_RUN: along[tree.own], EXPOSURE: along[tree.exposed]}
    moved |= {basis: at_equal(reached[name], along, goals[name]) for name, basis in MEASURES.items()}
    sides = {basis: (fixed, found) if tree.matched == tree.second else (found, fixed) for basis, found in moved.items()}
    differences = np.column_stack([first - second for first, second in sides.values()])
    intervals = mean_intervals(np.round(differences, 9), ["free"] * len(sides), cells.subjects)
    return Matched(
        outcome=one.outcome,
        condition=one.condition,
        bases=tuple(map(_basis, sides, sides.values(), intervals)),
    )


def _basis(name: str, sides: tuple[Floats, Floats], interval: Interval) -> Basis:
    there = ~np.isnan(sides[0] - sides[1])
    n = int(there.sum())
    made = Basis(
        basis=name,
        first=None,
        second=None,
        difference=None,
        low=interval.low,
        high=interval.high,
        n=n,
        beyond=int((~there).sum()),
        note=interval.note,
    )
    if not n:
        return replace(made, note="out of range: the ladder of no subject reaches the other arm")
    first, second = (float(side[there].mean()) for side in sides)
    return replace(made, first=first, second=second, difference=first - second)


def _along(tree: Ladder, cells: Cells, one: Requested) -> Floats:
    """An outcome at every rung, shape (rungs, subjects)."""
    return np.array([_column(cells, arm, one) for arm in tree.rungs])


def _column(cells: Cells, arm: str, one: Requested) -> Floats:
    column = cells.column(arm, one.condition, one.outcome)
    return np.full(len(cells.subjects), np.nan) if column is None else column


def _rung(arm: str, rate: float, change: Sequence[float] | Floats, loss: Sequence[float] | Floats) -> Rung:
    return Rung(arm=arm, rate=rate, change=float(np.mean(change)), loss=float(np.mean(loss)))
