"""Compiled activations and their slopes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba import njit

from resynapse.engine.compiled.kernels import activation
from resynapse.engine.compiled.kernels.activation import RELU, TANH
from resynapse.engine.compiled.kernels.jit import OPTIONS
from resynapse.modulation import Modulation, activate, hidden_activity, slope
from resynapse.randomness import TILE

# kernels alone call them; a test needs a way in from Python
activate_values, apply_slope, relu_layer, scale_by_slope, tanh_layer = (
    njit(**OPTIONS)(getattr(activation, name).py_func)
    for name in ("activate_values", "apply_slope", "relu_layer", "scale_by_slope", "tanh_layer")
)
rows = arrays(np.float32, 40, elements=st.floats(-50, 50, width=32))
biases = st.floats(-5, 5, width=32).map(np.float32)


@given(rows)
def test_relu_is_relu(row: np.ndarray) -> None:
    expected = activate(row, "relu")
    activate_values(row, RELU)
    np.testing.assert_array_equal(row, expected)


@given(rows)
def test_tanh_is_tanh_to_float32(row: np.ndarray) -> None:
    expected = activate(row.astype(np.float64), "tanh")
    activate_values(row, TANH)
    # fit 2e-8, float32 evaluation a few roundings of 6e-8
    np.testing.assert_allclose(row, expected, rtol=5e-7, atol=1e-37)


def test_tanh_is_accurate_on_a_fine_grid_and_beyond_its_range() -> None:
    grid = np.concatenate([np.linspace(-12, 12, 200_001), [-1e30, 1e30, np.inf, -np.inf]]).astype(np.float32)
    expected = np.tanh(grid.astype(np.float64))
    activate_values(grid, TANH)
    np.testing.assert_allclose(grid, expected, rtol=5e-7)


modulations = st.builds(
    Modulation,
    gain=st.floats(0.5, 2.0),
    inhibition=st.floats(0.5, 1.0),
    activation=st.sampled_from(["relu", "tanh"]),
    noise_mean=st.floats(-1.0, 1.0),
    noise_sd=st.sampled_from([0.0, 0.5]),
    protection=st.floats(0.0, 1.0),
)


def _layer(modulation: Modulation, products: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hidden activity and living flags of the compiled layer; `products` becomes the activation."""
    target, living = np.empty_like(products), np.empty(len(products), np.bool_)
    layer = tanh_layer if modulation.activation == "tanh" else relu_layer
    numbers = (modulation.scale, modulation.noise_offset, modulation.shift)
    layer(products, bias, target, living, *map(np.float32, numbers))
    return target, living


@given(modulations, arrays(np.float32, (3, TILE), elements=st.floats(-5, 5, width=32)), biases)
def test_a_layer_follows_the_forward_rule(modulation: Modulation, products: np.ndarray, bias: np.float32) -> None:
    preactivation = (products + bias).astype(np.float64)
    target, living = _layer(modulation, products, np.full(3, bias))
    # a handful of float32 roundings of values up to 20
    np.testing.assert_allclose(target, hidden_activity(preactivation, modulation), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(products, activate(preactivation, modulation.activation), rtol=1e-6, atol=1e-37)
    np.testing.assert_array_equal(living, products.any(axis=1))


def test_a_row_of_zeros_is_dead_and_a_nan_is_alive() -> None:
    products = np.array([np.full(TILE, -1), np.full(TILE, np.nan), np.eye(1, TILE)[0]], np.float32)
    _, living = _layer(Modulation(), products, np.zeros(3, np.float32))
    assert living.tolist() == [False, True, True]


@given(
    arrays(np.float32, (4, TILE), elements=st.floats(-1, 1, width=32)), st.floats(0.125, 2, width=32).map(np.float32)
)
def test_slopes_follow_the_definition_packed_or_in_place(activated: np.ndarray, scale: np.float32) -> None:
    order = np.array([0, 2, 3])
    for code, name in ((RELU, "relu"), (TANH, "tanh")):
        delta = np.linspace(-2, 2, 4 * TILE, dtype=np.float32).reshape(4, TILE)
        slopes = slope(activated.astype(np.float64), name) * scale
        packed, placed = delta.copy(), delta.copy()
        apply_slope(packed, activated, order, True, code, scale)
        apply_slope(placed, activated, order, False, code, scale)
        np.testing.assert_allclose(packed[:3], delta[:3] * slopes[order], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(placed[order], delta[order] * slopes[order], rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(placed[1], delta[1])
        single = delta[0].copy()
        scale_by_slope(single, activated[0], code, scale)
        np.testing.assert_allclose(single, delta[0] * slopes[0], rtol=1e-6, atol=1e-6)


def test_nan_is_not_hidden() -> None:
    for kind in (RELU, TANH):
        row = np.array([np.nan], np.float32)
        activate_values(row, kind)
        assert np.isnan(row[0])
