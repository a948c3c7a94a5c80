"""Rank orders and relapse of the arms in every scenario, whatever the claims make of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from resynapse.analysis.cells import Cells
from resynapse.audits.findings import paired, values
from resynapse.audits.linear_contrasts import Combination, combinations
from resynapse.audits.matrix import alike
from resynapse.audits.perturbations import Amendment
from resynapse.audits.scenarios import AS_RUN, Scenario, scenarios
from resynapse.audits.section import AuditSection, Evidence, Table
from resynapse.audits.verdict_text import number, with_interval
from resynapse.protocol import Protocol
from resynapse.protocol.claim_tests import Mean as MeanOf
from resynapse.protocol.claim_tests import Measure, Order
from resynapse.protocol.claims import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The arms by the mean of one outcome, in one scenario.

    Parameters
    ----------
    scenario : its name; empty for the run itself.
    outcome, condition : what is ranked; counts of a condition are averaged within the subject.
    arms, means : highest first.
    before : the order as run, over the counts that this scenario has.
    spread, low, high : first minus last arm of `before`, in this scenario, paired by subject, with its 95 % interval.
    relapse : whether the outcome counts relapses.
    """

    scenario: str
    outcome: str
    condition: str
    arms: tuple[str, ...]
    means: tuple[float, ...]
    before: tuple[str, ...]
    spread: float | None
    low: float | None
    high: float | None
    relapse: bool

    @property
    def changed(self) -> bool:
        """Whether the order of the arms is another one than as run."""
        return self.arms != self.before


@dataclass(frozen=True, slots=True)
class _Ranked:
    """What is ranked."""

    outcome: str
    condition: str
    arms: tuple[str, ...]
    relapse: bool


def rankings(
    claims: Iterable[Claim], cells: Cells, protocol: Protocol, amendments: Iterable[Amendment]
) -> tuple[Ranking, ...]:
    """Everything that claims put in order, and every share of relapses they name, as run and in each scenario."""
    ranked = tuple(_ranked(tuple(claims), cells.flags))
    read = [AS_RUN, *(scenario for amendment in amendments for scenario in scenarios(protocol, amendment.name))]
    runs = [(scenario, alike(cells, scenario)) for scenario in read]
    return tuple(found for scenario, run in runs for one in ranked for found in _ranking(one, cells, run, scenario))


def _ranked(claims: tuple[Claim, ...], flags: frozenset[str]) -> Iterator[_Ranked]:
    tests = [test for claim in claims for test in claim.tests]
    orders = {(t.of, t.at): t.arms for t in tests if isinstance(t, Order)}
    for (outcome, condition), arms in orders.items():
        yield _Ranked(outcome, condition, arms, relapse=False)
    relapses: dict[tuple[str, str], dict[str, None]] = {}
    for measure in (measure for test in tests for measure in test.measures):
        if measure.outcome in flags:
            relapses.setdefault((measure.outcome, measure.condition), {})[measure.arm] = None
    for (outcome, condition), named in relapses.items():
        if len(named) > 1 and (outcome, condition) not in orders:
            yield _Ranked(outcome, condition, tuple(named), relapse=True)


def _ranking(one: _Ranked, cells: Cells, run: Cells, scenario: Scenario) -> Iterator[Ranking]:
    here, there = _parts(one, cells, scenario), _parts(one, run, AS_RUN)
    if len(here) < len(one.arms) or len(there) < len(one.arms) or (here == there and scenario is not AS_RUN):
        return
    columns = {arm: values(cells, part, scenario) for arm, part in here.items()}
    if any(np.isnan(column).all() for column in columns.values()):
        return
    means = {arm: float(np.nanmean(column)) for arm, column in columns.items()}
    before = _descending({arm: float(np.nanmean(values(run, part))) for arm, part in there.items()})
    arms = _descending(means, before)
    spread, low, high = paired(columns[before[0]] - columns[before[-1]], cells)
    yield Ranking(
        scenario=scenario.name,
        outcome=one.outcome,
        condition=one.condition,
        arms=arms,
        means=tuple(means[arm] for arm in arms),
        before=before,
        spread=spread,
        low=low,
        high=high,
        relapse=one.relapse,
    )


def _parts(one: _Ranked, cells: Cells, scenario: Scenario) -> dict[str, Combination]:
    """The combination of each arm; without those that are not measured."""
    found = {}
    for arm in one.arms:
        test = MeanOf(of=str(Measure(one.outcome, arm, one.condition)), above=0)
        for part in combinations(test, cells.index, scenario).parts:
            found[arm] = part
    return found


def _descending(means: dict[str, float], ties: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Highest first; equal means keep the order of `ties`, so that a tie is no change."""
    places = {arm: place for place, arm in enumerate(ties or means)}
    return tuple(sorted(means, key=lambda arm: (-means[arm], places[arm])))


def _judge(evidence: Evidence) -> tuple[Ranking, ...]:
    planned = evidence.planned
    return rankings(planned.claims, evidence.cells, planned.protocol, planned.amendments)


def _tables(found: Sequence[Ranking], _: int) -> Iterator[Table]:
    """One row a scenario: relapse in every arm, and every order of arms that is another one than as run."""
    rows = []
    for scenario in dict.fromkeys(r.scenario for r in found):
        here = [r for r in found if r.scenario == scenario]
        relapse = [
            f"{', '.join(f'{arm} {number(mean)}' for arm, mean in zip(r.arms, r.means, strict=True))}; {_spread(r)}"
            for r in here
            if r.relapse
        ]
        orders = [
            f"{r.outcome} at {r.condition}: {' > '.join(r.arms)}"
            for r in here
            if not r.relapse and (r.changed or not scenario)
        ]
        changed = sum(r.changed for r in here if not r.relapse)
        of = sum(not r.relapse for r in here)
        rows.append((scenario or "as run", f"{changed} of {of}", "; ".join(orders) or "-", "; ".join(relapse) or "-"))
    header = ("scenario", "orders that change", "orders", "relapse in %; difference as run ordered [95 %]")
    yield Table("Orders of the arms by their means, and relapse, in every scenario", header, tuple(rows))


def _spread(ranking: Ranking) -> str:
    shown = with_interval(ranking.spread, ranking.low, ranking.high)
    return f"{ranking.before[0]} - {ranking.before[-1]} {shown}"


SECTION = AuditSection(name="rankings", judge=_judge, tables=_tables)
