"""Products with sparse weights are those of the definition, by rows, by columns and for the gradient."""

from __future__ import annotations

import numpy as np
from numba import njit

from resynapse.engine.compiled.kernels import sparse
from resynapse.engine.compiled.kernels.activation import relu_layer as _relu_layer
from resynapse.engine.compiled.kernels.jit import OPTIONS
from resynapse.randomness import TILE

# kernels alone call them; a test needs a way in from Python
rows_times, relu_rows, columns_times, row_gradients, relu_layer = (
    njit(**OPTIONS)(kernel.py_func)
    for kernel in (sparse.rows_times, sparse.relu_rows, sparse.columns_times, sparse.row_gradients, _relu_layer)
)
ROWS, COLUMNS = 9, 13
RNG = np.random.default_rng(5)
MASK = RNG.random((ROWS, COLUMNS)) < 0.3
MASK[4] = False
WEIGHTS = np.where(MASK, RNG.normal(size=MASK.shape), 0.0).astype(np.float32)
SOURCE, DELTA = (RNG.normal(size=(units, TILE)).astype(np.float32) for units in (COLUMNS, ROWS))
ROW, COLUMN = (places.astype(np.uint32) for places in np.nonzero(MASK))
PARAMETERS = WEIGHTS[MASK]
START = np.concatenate([[0], np.cumsum(MASK.sum(axis=1))])
# sums of at most 13 terms: 13 roundings of numbers of this size
BOUND = 13 * np.finfo(np.float32).eps * 13 * np.abs(WEIGHTS).max() * 5


def test_rows() -> None:
    out = np.full((ROWS, TILE), np.nan, np.float32)
    rows_times(out, PARAMETERS, START, COLUMN, SOURCE)
    np.testing.assert_allclose(out, WEIGHTS.astype(np.float64) @ SOURCE, rtol=0, atol=BOUND)
    assert not out[4].any()


def test_rows_with_their_activation_are_rows_and_then_their_activation() -> None:
    bias = RNG.normal(size=ROWS).astype(np.float32)
    bias[4] = -1.0
    factors = np.float32(1.25), np.float32(0.1), np.float32(0.3)
    found, living = [np.zeros((ROWS, TILE), np.float32) for _ in range(4)], np.zeros((2, ROWS), np.bool_)
    relu_rows(found[0], bias, PARAMETERS, START, COLUMN, SOURCE, found[1], living[0], *factors)
    rows_times(found[2], PARAMETERS, START, COLUMN, SOURCE)
    relu_layer(found[2], bias, found[3], living[1], *factors)
    np.testing.assert_allclose(found[0], found[2], rtol=0, atol=BOUND)
    np.testing.assert_allclose(found[1], found[3], rtol=0, atol=2 * BOUND)
    np.testing.assert_array_equal(living[0], living[1])
    assert not living[0, 4]


def test_columns() -> None:
    by_column = np.argsort(COLUMN, kind="stable").astype(np.uint32)
    start = np.concatenate([[0], np.cumsum(MASK.sum(axis=0))])
    exact = WEIGHTS.T.astype(np.float64) @ DELTA
    order = np.array([0, 2, 12])
    for packed in (False, True):
        out = np.zeros((COLUMNS, TILE), np.float32)
        columns_times(out, order, packed, PARAMETERS, start, by_column, ROW[by_column], DELTA)
        np.testing.assert_allclose(out[:3] if packed else out[order], exact[order], rtol=0, atol=BOUND)


def test_gradients() -> None:
    gradient = np.full(PARAMETERS.size, np.nan, np.float32)
    living = np.ones(ROWS, np.bool_)
    living[0] = False
    row_gradients(gradient, START, COLUMN, living, DELTA, SOURCE)
    exact = (DELTA.astype(np.float64) @ SOURCE.T)[MASK]
    exact[ROW == 0] = 0.0
    bound = TILE * np.finfo(np.float32).eps * (np.abs(DELTA).astype(np.float64) @ np.abs(SOURCE.T))[MASK]
    assert np.all(np.abs(gradient - exact) <= bound)
