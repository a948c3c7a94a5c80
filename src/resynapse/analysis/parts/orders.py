"""Rank orders: in how many subjects does each order of the arms hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial

import numpy as np

from resynapse.analysis.cells import Cells, Floats, before_the_arms, settings
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.intervals import Interval, proportion_interval
from resynapse.analysis.numbers import interval_text
from resynapse.analysis.part import Part, PartTable
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import base


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of the arms, highest value first; arms with the same value form one group."""

    ranking: tuple[tuple[str, ...], ...]
    subjects: int
    share: float
    """In % of the subjects."""
    interval: Interval

    def __str__(self) -> str:
        return " > ".join(" = ".join(group) for group in self.ranking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Every order of the arms that some subject shows, most frequent first.

    Parameters
    ----------
    n : subjects that have the outcome in every arm.
    chance : share in % of one given order if all orders were equally likely, 100 / k!.
    """

    condition: str
    outcome: str
    arms: tuple[str, ...]
    n: int
    chance: float
    orders: tuple[Order, ...]


def rank_orders(cells: Cells, protocol: Protocol) -> tuple[Orders, ...]:
    """The orders of the protocol's arms (its variants aside) in every outcome that at least two of them have."""
    shared, fixed = before_the_arms(protocol), settings(protocol)
    columns: dict[tuple[str, str], dict[str, Floats]] = {}
    for column, key in enumerate(cells.keys):
        if key.arm not in protocol.variants and key.outcome not in fixed and base(key.condition) not in shared:
            columns.setdefault((key.condition, key.outcome), {})[key.arm] = cells.values[:, column]
    made = []
    for (condition, outcome), arms in columns.items():
        if len(arms) < 2:
            continue
        names = tuple(arms)
        values = np.stack([arms[a] for a in names], axis=1)
        values = values[~np.isnan(values).any(axis=1)]
        if len(values):
            made.append(
                Orders(
                    condition=condition,
                    outcome=outcome,
                    arms=names,
                    n=len(values),
                    chance=100.0 / factorial(len(names)),
                    orders=_counted(values, names),
                )
            )
    return tuple(made)


def _counted(values: Floats, names: tuple[str, ...]) -> tuple[Order, ...]:
    n = len(values)
    above = (values[:, None, :] > values[:, :, None]).sum(axis=2)
    rows, counts = np.unique(above, axis=0, return_counts=True)
    found = [
        Order(
            ranking=_grouped(row.tolist(), names),
            subjects=int(count),
            share=100.0 * int(count) / n,
            interval=proportion_interval(int(count), n),
        )
        for row, count in zip(rows, counts, strict=True)
    ]
    return tuple(sorted(found, key=lambda order: (-order.subjects, order.ranking)))


def _grouped(above: list[int], names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Names by the number of arms above them; equal ones together."""
    return tuple(
        tuple(name for name, rank in zip(names, above, strict=True) if rank == level) for level in sorted(set(above))
    )


def _estimates(found: tuple[Orders, ...]) -> Iterator[Estimate]:
    for o in found:
        cell = Estimate(part="order", condition=o.condition, outcome=o.outcome, n=o.n)
        yield from (cell.of(str(order), order.share, order.interval) for order in o.orders)


ORDERS = Part(
    name="orders",
    title="Orders of the arms",
    compute=lambda run: run.of(rank_orders),
    form=tuple[Orders, ...],
    estimates=_estimates,
    tables=(
        PartTable[tuple[Orders, Order]](
            title="Orders of the arms, highest value first",
            rows=lambda found: ((among, order) for among in found for order in among.orders),
            columns={
                "condition": lambda o: o[0].condition,
                "outcome": lambda o: o[0].outcome,
                "order": lambda o: str(o[1]),
                "subjects": lambda o: f"{o[1].subjects} of {o[0].n}",
                "95 % interval of the %": lambda o: interval_text(o[1].interval),
                "chance %": lambda o: f"{o[0].chance:.1f}",
            },
        ),
    ),
    method_sentence=lambda found: (
        "Orders: in how many subjects each order of the arms holds, with Clopper-Pearson intervals."
    ),
    why_absent=lambda run: "no outcome is measured in two arms after they part",
)
