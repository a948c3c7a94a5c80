"""Threshold rules along the counts of a condition: who was tested at which count, who was below, who had remitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats, at_count, before_the_arms, courses
from resynapse.protocol import Protocol
from resynapse.protocol.derived import Below, First, base

Rule = Below | First


@dataclass(frozen=True, slots=True)
class Probes:
    """A threshold rule in one arm along the counts of a condition.

    Parameters
    ----------
    subjects : numbers of those who were measured, and are among those that the rule is computed of.
    rule : relapse is its `of` below its threshold.
    counts : every count, ascending.
    values : the outcome of the rule, NaN where not measured; shape (subjects, counts).
    remitted : whether each subject was not below the threshold at the test of remission; None without such a test.
    remission : the condition of that test; empty for none.
    first_after : place of the first count after the test of remission; 1 where that is count 0 itself.
    """

    subjects: NDArray[np.int64]
    arm: str
    within: str
    rule: Rule
    counts: tuple[float, ...]
    values: Floats
    remitted: NDArray[np.bool_] | None
    remission: str
    first_after: int = 0

    @property
    def below(self) -> Floats:
        """1 where below the threshold, 0 where not, NaN where not measured."""
        return np.where(np.isnan(self.values), np.nan, self.values < self.rule.threshold)


def probes(cells: Cells, protocol: Protocol) -> Iterator[Probes]:
    """Every threshold rule of the protocol along the counts of its condition, arm by arm.

    Remission is read at the first condition without counts at which the same outcome was measured in the arm, after the
    arms part (in `switch-relapse`: acute, drug on), or else at count 0. A condition of the induction is no test of it:
    nothing was treated yet.
    """
    along, shared = courses(cells.keys), before_the_arms(protocol)
    for rule in _rules(protocol):
        for (arm, within, outcome), points in along.items():
            if outcome != rule.of or base(within) != rule.within:
                continue
            before = [
                column
                for column, key in enumerate(cells.keys)
                if key.arm == arm
                and key.outcome == rule.of
                and "=" not in key.condition
                and key.condition not in shared
            ]
            values = cells.values[:, [column for _, column in points]]
            kept = ~np.isnan(values).all(axis=1) & _concerned(cells, arm, rule)
            remission, first, first_after = "", None, 0
            if before:
                remission, first = cells.keys[before[0]].condition, cells.values[:, before[0]]
            elif points[0][0] == 0 and len(points) > 1:
                remission, first, first_after = at_count(within, 0), values[:, 0], 1
            remitted = None
            if first is not None:
                kept &= ~np.isnan(first)
                remitted = (first >= rule.threshold)[kept]
            yield Probes(
                subjects=cells.subjects[kept],
                arm=arm,
                within=within,
                rule=rule,
                counts=tuple(count for count, _ in points),
                values=values[kept],
                remitted=remitted,
                remission=remission,
                first_after=first_after,
            )


def _concerned(cells: Cells, arm: str, rule: Rule) -> NDArray[np.bool_]:
    """Whether each subject is among those that the rule is computed of."""
    if rule.selects is None:
        return np.ones(len(cells.subjects), dtype=bool)
    when, condition = rule.selects
    column = cells.column(arm, condition, when.outcome)
    seen = np.full(len(cells.subjects), np.nan) if column is None else column
    return np.array([not np.isnan(value) and when.holds({when.outcome: float(value)}) for value in seen], dtype=bool)


def _rules(protocol: Protocol) -> Iterator[Rule]:
    """`below` rules and, of `first` rules, those that lay their threshold where no `below` rule does."""
    laid = {(r.of, r.threshold, r.within, r.among) for r in protocol.derived if isinstance(r, Below)}
    for rule in protocol.derived:
        new = isinstance(rule, First) and (rule.of, rule.threshold, rule.within, rule.among) not in laid
        if isinstance(rule, Below | First) and (new or isinstance(rule, Below)):
            yield rule
