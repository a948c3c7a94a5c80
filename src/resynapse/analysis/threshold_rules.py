"""Threshold rules along the counts of a condition: which subjects were tested at a count, were below, had remitted.

Remission is a matter of the same probe and the same threshold in the state that relapse is counted from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cell, Cells, Floats, before_the_arms, counted, courses
from resynapse.analysis.discontinued_state import baselines
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import Condition, base
from resynapse.protocol.derived_outcomes import Below, First

Rule = Below | First


@dataclass(frozen=True, slots=True)
class Probes:
    """A threshold rule in one arm along the counts of a condition.

    Parameters
    ----------
    subjects : numbers of the subjects that were measured and for which the rule is computed.
    rule : relapse is its `of` below its threshold.
    counts : every count, ascending.
    values : the outcome of the rule, NaN where not measured; shape (subjects, counts).
    before : the outcome at the test of remission of each count, NaN where not measured; shape (subjects, counts), each
        count with its own test or all with one. None without such a test.
    remission : the condition of that test, without the count where each has its own; empty for none.
    discontinued : whether it is a test of the very state that is discontinued (`baselines`).
    first_after : place of the first count after the test of remission; 1 where that is count 0 itself.
    """

    subjects: NDArray[np.int64]
    arm: str
    within: str
    rule: Rule
    counts: tuple[float, ...]
    values: Floats
    before: Floats | None
    remission: str
    discontinued: bool = False
    first_after: int = 0

    @property
    def below(self) -> Floats:
        """1 where below the threshold, 0 where not, NaN where not measured."""
        return np.where(np.isnan(self.values), np.nan, self.values < self.rule.threshold)

    @property
    def remitted(self) -> NDArray[np.bool_] | None:
        """Whether each subject had remitted at every test of remission that it had."""
        if self.before is None:
            return None
        well: NDArray[np.bool_] = (self.before >= self.rule.threshold) | np.isnan(self.before)
        return np.asarray(well.all(axis=1))


def probes(cells: Cells, protocol: Protocol) -> Iterator[Probes]:
    """Every threshold rule of the protocol along the counts of its condition, arm by arm.

    Remission is read in the state that is discontinued, count by count, where the same outcome was measured in it (in
    `switch-relapse`: ``maintained=25`` for ``maintenance=25``). Where it was not, it is read at the first condition
    without counts at which the outcome was measured in the arm, after the arms part, or else at count 0. A condition of
    the induction is no test of it: nothing was treated yet.
    """
    along, shared, routes = courses(cells.keys), before_the_arms(protocol), protocol.routes
    for rule in _rules(protocol):
        for (arm, within, outcome), points in along.items():
            if outcome != rule.of or base(within) != rule.within:
                continue
            columns = [column for _, column in points]
            stopped = baselines(routes[arm], rule.of) if arm in routes else {}
            tests = [Cell(arm, stopped.get(cells.keys[column].condition, ""), rule.of) for column in columns]
            found = [cells.index[test] for test in tests if test in cells.index]
            discontinued, first_after = len(found) == len(columns), 0
            if not discontinued:
                single = [
                    column
                    for column, key in enumerate(cells.keys)
                    if key.arm == arm
                    and key.outcome == rule.of
                    and not Condition.parse(key.condition).counts
                    and key.condition not in shared
                ]
                if not single and points[0][0] == 0 and len(points) > 1:
                    single, first_after = columns[:1], 1
                found = single[:1] * len(columns)
            values = cells.values[:, columns]
            kept = ~np.isnan(values).all(axis=1) & _concerned(cells, arm, rule)
            before = cells.values[:, found] if found else None
            if before is not None:
                kept &= ~np.isnan(before).all(axis=1)
            yield Probes(
                subjects=cells.subjects[kept],
                arm=arm,
                within=within,
                rule=rule,
                counts=tuple(count for count, _ in points),
                values=values[kept],
                before=None if before is None else before[kept],
                remission=_named([cells.keys[column].condition for column in found]),
                discontinued=discontinued,
                first_after=first_after,
            )


def _named(conditions: Sequence[str]) -> str:
    """One name for the tests of all counts: the condition itself, or what they share before the last count."""
    if len(set(conditions)) < 2:
        return conditions[0] if conditions else ""
    shared = {named[0] for condition in conditions if (named := counted(condition)) is not None}
    return shared.pop() if len(shared) == 1 else ", ".join(dict.fromkeys(conditions))


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
