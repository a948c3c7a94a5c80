"""Rank orders: every subject is counted once, ties are ties, and chance is stated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.parts.orders import Orders, rank_orders
from resynapse.protocol import load

Tidy = Callable[..., pl.DataFrame]

ARMS = ("untreated", "ketamine", "ssri")
SWITCH_RELAPSE = load("switch-relapse")


def _orders(tidy: Tidy, *columns: list[float | None], protocol: rs.Protocol = SWITCH_RELAPSE) -> tuple[Orders, ...]:
    values = {(arm, "acute", "acc_combined"): column for arm, column in zip(ARMS, columns, strict=False)}
    return rank_orders(Cells.of(tidy(values)), protocol)


def test_each_order_is_counted_over_the_subjects_that_have_every_arm(tidy: Tidy) -> None:
    (found,) = _orders(tidy, [1, 1, 1, 1, None], [3, 3, 2, 1, 9], [2, 2, 3, 1, 9])
    assert found.n == 4
    assert found.chance == pytest.approx(100 / 6)
    assert [(str(o), o.subjects, o.share) for o in found.orders] == [
        ("ketamine > ssri > untreated", 2, 50.0),
        ("ssri > ketamine > untreated", 1, 25.0),
        ("untreated = ketamine = ssri", 1, 25.0),
    ]
    assert found.orders[0].interval.method == "Clopper-Pearson"


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=30))
def test_the_orders_of_all_subjects_make_a_hundred_percent(rows: list[tuple[int, ...]]) -> None:
    table = pl.DataFrame(
        [
            {"subject": s, "arm": arm, "condition": "acute", "outcome": "acc_combined", "value": float(v)}
            for s, row in enumerate(rows)
            for arm, v in zip(ARMS, row, strict=True)
        ]
    )
    (found,) = rank_orders(Cells.of(table), SWITCH_RELAPSE)
    assert sum(o.subjects for o in found.orders) == len(rows)
    for order in found.orders:
        assert sorted(name for group in order.ranking for name in group) == sorted(ARMS)
    counts = [o.subjects for o in found.orders]
    assert counts == sorted(counts, reverse=True)
    strict = sum(len(set(row)) == 3 and row[1] > row[2] > row[0] for row in rows)
    assert sum(o.subjects for o in found.orders if str(o) == "ketamine > ssri > untreated") == strict


def test_variants_settings_and_single_arms_have_no_order(tidy: Tidy) -> None:
    sham = rs.controlled(SWITCH_RELAPSE, "sham")
    values = {
        ("ssri", "acute", "acc_combined"): [1, 2],
        ("ssri:sham", "acute", "acc_combined"): [2, 3],
        ("untreated", "acute", "gain"): [1, 1],
        ("ssri", "acute", "gain"): [1.6, 1.6],
    }
    assert rank_orders(Cells.of(tidy(values)), sham) == ()


def test_by_luck_an_order_is_as_frequent_as_its_chance_says(tidy: Tidy) -> None:
    values = np.random.default_rng(0).normal(size=(3, 600))
    (found,) = _orders(tidy, *values.tolist())
    assert len(found.orders) == 6
    # six shares of 600 subjects, five binomial standard errors each
    for order in found.orders:
        assert order.share == pytest.approx(found.chance, abs=5 * 100 * np.sqrt(5 / 36 / 600))
