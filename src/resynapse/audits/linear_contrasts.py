"""Tests as weights on cells: the same weights read a run and a published table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from resynapse.analysis.cells import Cell, counted
from resynapse.audits.scenarios import AS_RUN, Scenario
from resynapse.protocol.claim_tests import Contrast, Difference, Every, Mean, Measure, Order, Studies, Test, Trend
from resynapse.protocol.conditions import base


@dataclass(frozen=True, slots=True)
class Combination:
    """A weighted sum of cells, and its name."""

    name: str
    weights: tuple[tuple[float, Cell], ...]


@dataclass(frozen=True, slots=True)
class Combinations:
    """What a test is about; all of them must meet its bound. Without any, `missing` names what is not measured."""

    parts: tuple[Combination, ...]
    missing: tuple[str, ...] = ()


def combinations(test: Test, known: Collection[Cell], scenario: Scenario = AS_RUN) -> Combinations:
    """The combinations of cells that a test is about.

    Parameters
    ----------
    known : cells that have values.
    scenario : where the test is read.
    """
    if isinstance(test, Studies):
        inner = [combinations(one, known, scenario) for one in test.of]
        lacks = tuple(name for one in inner for name in one.missing)
        return Combinations(() if lacks else tuple(part for one in inner for part in one.parts), lacks)
    measures = [scenario.read(m) for m in test.measures]
    found = [_conditions(m, known) for m in measures]
    missing = tuple(str(m) for m, conditions in zip(measures, found, strict=True) if not conditions)
    if missing:
        return Combinations((), missing)
    first = measures[0]
    if isinstance(test, Every):
        return Combinations(tuple(_single(first, c) for c in found[0]))
    if isinstance(test, Trend):
        return _trend(first, found[0])
    if isinstance(test, Order):
        pairs = zip(measures, found, measures[1:], found[1:], strict=False)
        return Combinations(tuple(_difference(*pair) for pair in pairs))
    if isinstance(test, Contrast):
        return Combinations((_contrast(test, measures, found),))
    if isinstance(test, Difference):
        return Combinations((_difference(first, found[0], measures[1], found[1]),))
    assert isinstance(test, Mean)
    return Combinations((Combination(str(first), tuple(_even(first, found[0]))),))


def _conditions(measure: Measure, known: Collection[Cell]) -> list[str]:
    """The condition itself, or all counts of it, ascending."""
    if Cell(measure.arm, measure.condition, measure.outcome) in known:
        return [measure.condition]
    counts = [
        cell.condition
        for cell in known
        if cell.arm == measure.arm and cell.outcome == measure.outcome and base(cell.condition) == measure.condition
    ]
    return sorted(counts, key=_count)


def _count(condition: str) -> float:
    named = counted(condition)
    return 0.0 if named is None else named[1]


def _single(measure: Measure, condition: str) -> Combination:
    at = Measure(measure.outcome, measure.arm, condition)
    return Combination(str(at), ((1.0, Cell(measure.arm, condition, measure.outcome)),))


def _even(measure: Measure, conditions: Sequence[str], sign: float = 1.0) -> list[tuple[float, Cell]]:
    return [(sign / len(conditions), Cell(measure.arm, c, measure.outcome)) for c in conditions]


def _difference(of: Measure, here: list[str], minus: Measure, there: list[str]) -> Combination:
    """Paired by count where both sides have counts of one condition."""
    if of.condition == minus.condition:
        common = [c for c in here if c in there]
        here, there = (common, common) if common else (here, there)
    if of.outcome == minus.outcome and of.condition == minus.condition:
        name = f"{of.outcome} of {of.arm} minus {minus.arm} at {of.condition}"
    else:
        name = f"{of} minus {minus}"
    return Combination(name, (*_even(of, here), *_even(minus, there, -1.0)))


def _contrast(test: Contrast, measures: list[Measure], found: list[list[str]]) -> Combination:
    """Over the counts that all terms of one condition share."""
    shared: dict[str, list[str]] = {}
    for measure, conditions in zip(measures, found, strict=True):
        here = shared.setdefault(measure.condition, conditions)
        shared[measure.condition] = [c for c in here if c in conditions] or here
    parts: list[tuple[float, Cell]] = []
    for term, measure, conditions in zip(test.terms, measures, found, strict=True):
        common = [c for c in conditions if c in shared[measure.condition]] or conditions
        parts += _even(measure, common, term.times)
    sums = " ".join(f"{term.times:+g} {measure}" for term, measure in zip(test.terms, measures, strict=True))
    return Combination(test.title or sums.removeprefix("+"), tuple(parts))


def _trend(measure: Measure, conditions: list[str]) -> Combinations:
    counts = np.array([_count(c) for c in conditions])
    if len(counts) < 2:
        return Combinations((), (f"two counts of {measure}",))
    centred = counts - counts.mean()
    weights = centred / np.sum(centred**2) * np.ptp(counts)
    name = f"change of {measure} from {counts[0]:g} to {counts[-1]:g}"
    cells = zip(weights.tolist(), conditions, strict=True)
    return Combinations((Combination(name, tuple((w, Cell(measure.arm, c, measure.outcome)) for w, c in cells)),))
