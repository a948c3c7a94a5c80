"""Compiled noise is the keyed noise of `resynapse.randomness`, in float32."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy.special import ndtri

from resynapse.engine.compiled.engine import _words
from resynapse.engine.compiled.kernels.jit import OPTIONS
from resynapse.engine.compiled.kernels.noise import add_noise as compiled_noise
from resynapse.engine.compiled.kernels.noise import tile_words, words_to_normals
from resynapse.randomness import TILE, Key, normals, words

numbers = st.integers(0, 2**16)

# kernels alone call it; a test needs a way in from Python
add_noise = njit(**OPTIONS)(compiled_noise.py_func)


def _normals(key: Key, tile: int, units: np.ndarray, layer: int, draw: int) -> np.ndarray:
    out = np.zeros((units.size, TILE), np.float32)
    none = np.zeros(0, np.float32)
    add_noise(out, none, none, np.float32(1), units, *_words(key), tile, layer, draw)
    return out


def _transform(chosen: np.ndarray) -> np.ndarray:
    small, signed, out = (np.empty(TILE, np.float32) for _ in range(3))
    words_to_normals(chosen.astype(np.uint32).copy(), small, small.view(np.int32), signed, out)
    return out


@given(seed=numbers, tile=st.integers(0, 40), unit=numbers, layer=st.integers(0, 9), draw=numbers)
def test_words_are_those_of_the_definition(seed: int, tile: int, unit: int, layer: int, draw: int) -> None:
    key = Key(seed, 1, "noise")
    out = np.empty(TILE, np.uint32)
    tile_words(out, *_words(key), tile, np.uint32(unit), np.uint32(layer), np.uint32(draw))
    expected = words(key, 1, (tile + 1) * TILE, layer=layer, draw=draw, first_unit=unit)
    np.testing.assert_array_equal(out, expected[0, tile * TILE :])


def test_normals_are_those_of_the_definition() -> None:
    key = Key(3, 4, "noise")
    units = np.array([0, 7, 300])
    out = _normals(key, 2, units, 1, 5)
    expected = normals(key, 301, 3 * TILE, layer=1, draw=5)[units, 2 * TILE :]
    # the fits err by less than 5e-7 relative, and float32 by 1.2e-7 on top
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-7)


@given(st.integers(0, 2**32 - TILE))
def test_the_inverse_distribution_function_is_accurate_everywhere(start: int) -> None:
    chosen = np.arange(start, start + TILE, dtype=np.uint64)
    np.testing.assert_allclose(_transform(chosen), ndtri((chosen + 0.5) * 2.0**-32), rtol=1e-6, atol=1e-7)


def test_the_inverse_distribution_function_is_accurate_in_both_tails() -> None:
    chosen = np.concatenate([np.arange(64), 2**32 - 1 - np.arange(64)])
    np.testing.assert_allclose(_transform(chosen), ndtri((chosen + 0.5) * 2.0**-32), rtol=1e-6)


def test_moments_to_the_fourth_are_those_of_a_standard_normal() -> None:
    sample = _normals(Key(1, 2, "moments"), 0, np.arange(8000), 0, 0)
    sample = sample.astype(np.float64).ravel()
    count = sample.size
    # five standard errors of each moment: Var(x**k) = E x**2k - (E x**k)**2
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(sample**power) - expected) < 5 * np.sqrt(variance / count)


def test_leaving_units_out_leaves_the_noise_of_the_others() -> None:
    key = Key(3, 4, "noise")
    every, some = (_normals(key, 1, units, 2, 9) for units in (np.arange(50), np.array([4, 20, 49])))
    np.testing.assert_array_equal(some, every[[4, 20, 49]])
