"""The Shapley value: shares add up, equal parts get equal shares, and what changes nothing gets nothing."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resynapse.analysis.cells import Floats
from resynapse.attribution.shapley import alone, last, shapley

NUMBERS = st.floats(-1e3, 1e3)
GAMES = st.integers(1, 6).flatmap(lambda k: arrays(np.float64, (2**k, 3), elements=NUMBERS))


def _rounding(values: Floats) -> float:
    """What the sums of a game can lose: every value enters with a weight of 1 at most, in 2**k additions."""
    return float(len(values) * np.finfo(float).eps * (1.0 + np.abs(values).max()) * 4)


@given(GAMES)
def test_shares_add_up_to_the_difference_in_every_subject(values: Floats) -> None:
    assert shapley(values).sum(axis=0) == pytest.approx(values[-1] - values[0], abs=_rounding(values) * 6)


@given(st.integers(1, 6).flatmap(lambda k: arrays(np.float64, k, elements=NUMBERS)))
def test_an_additive_game_is_recovered(parts: Floats) -> None:
    k = len(parts)
    values = np.array([sum(parts[i] for i in range(k) if s >> i & 1) for s in range(2**k)])
    for found in (shapley(values), alone(values), last(values)):
        assert found == pytest.approx(parts, abs=_rounding(values))


@given(st.integers(2, 6), st.data())
def test_a_pure_interaction_is_divided_equally_among_those_it_needs(k: int, data: st.DataObject) -> None:
    needed = data.draw(st.integers(1, 2**k - 1))
    values = np.array([float(s & needed == needed) for s in range(2**k)])
    members = [needed >> i & 1 for i in range(k)]
    assert shapley(values) == pytest.approx(np.array(members) / sum(members), abs=_rounding(values))
    if sum(members) > 1:
        assert not alone(values).any()
        assert last(values).tolist() == members


@given(GAMES)
def test_a_player_that_changes_nothing_gets_exactly_nothing(values: Floats) -> None:
    doubled = np.concatenate([values, values])
    assert not shapley(doubled)[-1].any()


@given(GAMES, st.data())
def test_players_are_told_apart_by_what_they_do_alone(values: Floats, data: st.DataObject) -> None:
    k = len(values).bit_length() - 1
    order = data.draw(st.permutations(range(k)))
    renamed = [sum(1 << order[i] for i in range(k) if s >> i & 1) for s in range(2**k)]
    assert shapley(values[renamed]) == pytest.approx(shapley(values)[list(order)], abs=_rounding(values))


@given(st.integers(1, 4).flatmap(lambda k: arrays(np.float64, 2**k, elements=NUMBERS)))
def test_it_is_the_mean_over_all_orders_of_joining(values: Floats) -> None:
    k = len(values).bit_length() - 1
    found = np.zeros(k)
    orders = list(permutations(range(k)))
    for order in orders:
        there = 0
        for player in order:
            found[player] += values[there | 1 << player] - values[there]
            there |= 1 << player
    assert shapley(values) == pytest.approx(found / len(orders), abs=_rounding(values) * len(orders))


def test_a_game_has_a_value_for_every_set() -> None:
    with pytest.raises(ValueError, match="3 values"):
        shapley(np.zeros(3))
