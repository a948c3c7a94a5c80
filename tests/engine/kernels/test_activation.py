"""Compiled activations and their slopes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resynapse.engine.kernels.activation import RELU, TANH, activate_row, slope_row
from resynapse.modulation import activate, slope

rows = arrays(np.float32, 40, elements=st.floats(-50, 50, width=32))
biases = st.floats(-5, 5, width=32).map(np.float32)


@given(rows, biases)
def test_relu_is_relu(row: np.ndarray, bias: np.float32) -> None:
    expected = activate(row + bias, "relu")
    activate_row(row, bias, RELU)
    np.testing.assert_array_equal(row, expected)


@given(rows, biases)
def test_tanh_is_tanh_to_float32(row: np.ndarray, bias: np.float32) -> None:
    expected = activate((row + bias).astype(np.float64), "tanh")
    activate_row(row, bias, TANH)
    # fit 2e-8, float32 evaluation a few roundings of 6e-8
    np.testing.assert_allclose(row, expected, rtol=5e-7, atol=1e-37)


def test_tanh_is_accurate_on_a_fine_grid_and_beyond_its_range() -> None:
    grid = np.concatenate([np.linspace(-12, 12, 200_001), [-1e30, 1e30, np.inf, -np.inf]]).astype(np.float32)
    expected = np.tanh(grid.astype(np.float64))
    activate_row(grid, np.float32(0), TANH)
    np.testing.assert_allclose(grid, expected, rtol=5e-7)


@given(arrays(np.float32, 40, elements=st.floats(-1, 1, width=32)), st.floats(0.125, 2, width=32).map(np.float32))
def test_slopes_follow_the_definition(activated: np.ndarray, scale: np.float32) -> None:
    for code, name in ((RELU, "relu"), (TANH, "tanh")):
        delta = np.linspace(-2, 2, 40, dtype=np.float32)
        expected = delta * slope(activated.astype(np.float64), name) * scale
        slope_row(delta, activated, code, scale)
        np.testing.assert_allclose(delta, expected, rtol=1e-6, atol=1e-6)


def test_nan_is_not_hidden() -> None:
    row = np.array([np.nan], np.float32)
    activate_row(row, np.float32(0), TANH)
    assert np.isnan(row[0])
