"""Dense products by blocks are those of the definition, and the same numbers whatever the block."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from resynapse.engine.compiled.kernels.dense import ROWS, WIDE, dense_product
from resynapse.engine.compiled.kernels.jit import OPTIONS
from resynapse.engine.compiled.kernels.lanes import LANES

# kernels alone call it; a test needs a way in from Python
multiply = njit(**OPTIONS)(dense_product.py_func)
ONE = np.int64(1)
WIDTH = int(WIDE) * LANES + LANES


def _drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def _product(factors: np.ndarray, source: np.ndarray, *, turned: bool = False) -> np.ndarray:
    rows, terms = factors.shape[::-1] if turned else factors.shape
    steps = (ONE, np.int64(rows)) if turned else (np.int64(terms), ONE)
    out = np.full((rows, source.shape[1]), np.nan, np.float32)
    width = np.int64(source.shape[1])
    multiply(out, width, factors.ravel(), np.int64(0), *steps, np.int64(terms), source, width)
    return out


@pytest.mark.parametrize("rows", [1, int(ROWS), int(ROWS) + 1, 2 * int(ROWS) - 1])
@pytest.mark.parametrize("terms", [1, 7, 130])
@pytest.mark.parametrize("turned", [False, True])
def test_it_is_the_product_of_the_definition(rows: int, terms: int, turned: bool) -> None:
    factors, source = _drawn(rows, terms), _drawn(terms, WIDTH)
    found = _product(np.ascontiguousarray(factors.T) if turned else factors, source, turned=turned)
    exact = factors.astype(np.float64) @ source.astype(np.float64)
    # a sum of n terms in float32 is off by n roundings of the sum of their sizes at most
    bound = terms * np.finfo(np.float32).eps * (np.abs(factors).astype(np.float64) @ np.abs(source))
    assert np.all(np.abs(found - exact) <= bound)


def test_a_row_is_the_same_in_any_block_and_a_column_in_any_width() -> None:
    factors, source = _drawn(int(ROWS) + 2, 90), _drawn(90, WIDTH)
    whole = _product(factors, source)
    for row in range(len(factors)):
        np.testing.assert_array_equal(_product(factors[row : row + 1], source)[0], whole[row])
    narrow = np.ascontiguousarray(source[:, WIDTH - LANES :])
    np.testing.assert_array_equal(_product(factors, narrow), whole[:, WIDTH - LANES :])


def test_what_stands_beyond_the_width_is_left_alone() -> None:
    factors, source = _drawn(3, 5), _drawn(5, 2 * LANES)
    out = np.full((3, 2 * LANES), np.nan, np.float32)
    five, stride = np.int64(5), np.int64(2 * LANES)
    multiply(out, np.int64(LANES), factors.ravel(), np.int64(0), five, ONE, five, source, stride)
    assert np.isfinite(out[:, :LANES]).all()
    assert np.isnan(out[:, LANES:]).all()
