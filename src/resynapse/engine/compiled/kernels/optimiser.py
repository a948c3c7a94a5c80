"""Compiled Adam with masking, over ranges of the parameter vector."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import BETA1, BETA2, EPSILON
from resynapse.engine.compiled.kernels.jit import inlined, part
from resynapse.engine.compiled.kernels.lanes import (
    adam_step,
    fused,
    load,
    load_bytes,
    plus,
    splat,
    store,
    times,
    without_small,
)

_BETA1, _BETA2 = np.float32(BETA1), np.float32(BETA2)
_REST1, _REST2 = np.float32(1.0 - BETA1), np.float32(1.0 - BETA2)
_EPSILON = np.float32(EPSILON)
NEGLIGIBLE = np.float32(1e-15)
"""Gradients and first moments below this count as zero: Adam would move the weight by less than 1e-7 of the
learning rate, and their squares would be subnormal numbers, which processors handle slowly."""


class Step(NamedTuple):
    """One optimiser step: both moments, the mask (1 or 0 a parameter), and the factors with bias correction."""

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    mask: NDArray[np.uint8]
    rate: np.float32
    second_correction: np.float32


@part
def adam_block(parameters, block, columns, order, packed, begin, first_at, step):
    """Update rows of a dense layer from a block of gradients, masked weights staying zero.

    Parameters
    ----------
    block : gradients of rows begin, begin + 1, ..., float32 of shape (rows, `columns` or more).
    order : with `packed`, row n of the delta is row order[n] of the layer.
    first_at : offset of the layer's first parameter.
    """
    rate, correction = step.rate, step.second_correction
    for n in range(block.shape[0]):
        j = order[begin + n] if packed else begin + n
        at = first_at + j * columns
        values, mask = parameters[at : at + columns], step.mask[at : at + columns]
        first, second = step.first[at : at + columns], step.second[at : at + columns]
        for p in range(columns):
            g = block[n, p]
            g = np.float32(0.0) if abs(g) < NEGLIGIBLE else g
            m = _BETA1 * first[p] + _REST1 * g
            m = np.float32(0.0) if abs(m) < NEGLIGIBLE else m
            v = _BETA2 * second[p] + _REST2 * g * g
            first[p] = m
            second[p] = np.float32(0.0) if v < np.float32(1e-36) else v
            values[p] = (values[p] - rate * m / (np.sqrt(v) * correction + _EPSILON)) * np.float32(mask[p])


@part
def decay_rows(parameters, step, begin, columns, living):
    """Update the rows that are not `living` by a gradient of zero: their moments decay."""
    rate, correction = step.rate, step.second_correction
    for j in range(living.size):
        if living[j]:
            continue
        at = begin + j * columns
        values, mask = parameters[at : at + columns], step.mask[at : at + columns]
        first, second = step.first[at : at + columns], step.second[at : at + columns]
        for p in range(columns):
            m = _BETA1 * first[p]
            m = np.float32(0.0) if abs(m) < NEGLIGIBLE else m
            v = _BETA2 * second[p]
            first[p] = m
            second[p] = np.float32(0.0) if v < np.float32(1e-36) else v
            values[p] = (values[p] - rate * m / (np.sqrt(v) * correction + _EPSILON)) * np.float32(mask[p])


@part
def adam_masked(parameters, gradient, step, begin, end):
    """Update parameters begin to end from `gradient`, (end - begin,); masked ones stay zero."""
    values, mask = parameters[begin:end], step.mask[begin:end]
    first, second = step.first[begin:end], step.second[begin:end]
    rate, correction = step.rate, step.second_correction
    for p in range(values.size):
        g = gradient[p]
        g = np.float32(0.0) if abs(g) < NEGLIGIBLE else g
        m = _BETA1 * first[p] + _REST1 * g
        m = np.float32(0.0) if abs(m) < NEGLIGIBLE else m
        v = _BETA2 * second[p] + _REST2 * g * g
        first[p] = m
        second[p] = np.float32(0.0) if v < np.float32(1e-36) else v
        values[p] = (values[p] - rate * m / (np.sqrt(v) * correction + _EPSILON)) * np.float32(mask[p])


@inlined
def adam_lanes(parameters, at, gradient, step):
    """Update 16 parameters from place `at` on; masked ones stay zero."""
    g = without_small(gradient, NEGLIGIBLE)
    m = without_small(fused(splat(_BETA1), load(step.first, at), times(splat(_REST1), g)), NEGLIGIBLE)
    v = fused(splat(_BETA2), load(step.second, at), times(splat(_REST2), times(g, g)))
    store(step.first, at, m)
    store(step.second, at, without_small(v, np.float32(1e-36)))
    moved = plus(load(parameters, at), adam_step(m, v, -step.rate, step.second_correction, _EPSILON))
    store(parameters, at, times(moved, load_bytes(step.mask, at)))
