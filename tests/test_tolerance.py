"""Tolerance is the first crossing of the midpoint: found within its precision, censored above, undefined at chance."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.tolerance import ABOVE_CHANCE, CEILING, GRID, HALVINGS, tolerance

classes = st.integers(2, 10)


def falling(at: float, own: float = 100.0, chance: float = 25.0) -> Callable[[float], float]:
    """An accuracy that falls at one strength."""
    return lambda strength: own if strength < at else chance


@given(st.floats(1e-3, GRID[-1] * 0.999))
def test_a_fall_is_found_within_a_128th_of_its_interval(at: float) -> None:
    found = tolerance(falling(at), 4)
    low = max((g for g in GRID if g < at), default=0.0)
    high = min(g for g in GRID if g >= at)
    assert found is not None
    assert abs(found - at) <= (high - low) / 2 ** (HALVINGS + 1)
    # so the value is within 1/128 of itself from the first strength of the grid on
    assert at < GRID[0] or abs(found - at) <= at / 128


@given(st.floats(40.0, 100.0), classes, st.floats(0.1, 20.0))
def test_it_is_where_a_smooth_curve_is_halfway_between_its_own_start_and_chance(
    own: float, count: int, half: float
) -> None:
    chance = 100.0 / count
    found = tolerance(lambda x: chance + (own - chance) * 2.0 ** -(x / half), count)
    if own < chance + ABOVE_CHANCE:
        assert found is None
    else:
        assert found == pytest.approx(half, rel=1 / 64, abs=GRID[0] / 2 ** (HALVINGS + 1))


@given(st.floats(0.0, 100.0), classes)
def test_what_never_falls_is_censored_at_the_ceiling_or_has_nothing_to_lose(own: float, count: int) -> None:
    found = tolerance(lambda _: own, count)
    assert found == (CEILING if own >= 100.0 / count + ABOVE_CHANCE else None)


@given(st.floats(1e-3, CEILING * 0.999))
def test_no_value_that_was_found_is_the_ceiling(at: float) -> None:
    found = tolerance(falling(at), 4)
    assert found is not None
    assert found < CEILING


def test_the_first_crossing_counts_where_accuracy_comes_back() -> None:
    def dips(x: float) -> float:
        return 25.0 if 1.5 < x < 3 or x > 20 else 100.0

    found = tolerance(dips, 4)
    assert found == pytest.approx(1.5, abs=1 / 128)


@given(st.floats(1e-3, 2 * CEILING))
def test_the_cost_is_what_the_docstring_says(at: float) -> None:
    asked: list[float] = []

    def accuracy(strength: float) -> float:
        asked.append(strength)
        return falling(at)(strength)

    tolerance(accuracy, 4)
    assert asked[0] == 0.0
    assert len(asked) == len(set(asked))
    assert 8 <= len(asked) <= 16 or (at > CEILING and len(asked) == 1 + len(GRID))
