"""Compiled activations and their slopes, over rows of samples."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.jit import inlined, part
from resynapse.randomness import TILE

RELU, TANH = 0, 1
CODES = {"relu": RELU, "tanh": TANH}


@inlined
def tanh(z):
    """Hyperbolic tangent, float32: z * P(z**2) / Q(z**2) on [-9, 9].

    Fitted to the exact function (relative error below 5e-7, as the tests hold): a library call for each element would
    cost more than the layer's products. NaN stays NaN.
    """
    z = np.float32(9.0) if z > np.float32(9.0) else z
    z = np.float32(-9.0) if z < np.float32(-9.0) else z
    u = z * z
    p = np.float32(1.34418547e-08) * u + np.float32(2.06792335e-05)
    p = p * u + np.float32(0.00350017431)
    p = p * u + np.float32(0.133849973)
    p = p * u + np.float32(0.999999992)
    q = np.float32(7.81436075e-07) * u + np.float32(0.000329290599)
    q = q * u + np.float32(0.02589477)
    q = q * u + np.float32(0.467183185)
    q = q * u + np.float32(1.0)
    return z * p / q


@part
def activate_values(values, kind):
    """Replace preactivations by their activation."""
    if kind == RELU:
        for s in range(values.size):
            z = values[s]
            values[s] = np.float32(0.0) if z <= np.float32(0.0) else z
    else:
        for s in range(values.size):
            values[s] = tanh(values[s])


@part
def relu_layer(products, bias, target, living, scale, offset, shift):
    """Activity of a ReLU layer on a tile, before noise.

    Parameters
    ----------
    products : weights times inputs, float32 of shape (units, 128); replaced by the activation.
    bias : float32 of shape (units,).
    target : receives ``(activation + offset) * scale - shift``.
    living : receives whether a unit's activation is anywhere not zero (or not a number).
    """
    for j in range(products.shape[0]):
        size = np.float32(0.0)
        for s in range(TILE):
            z = products[j, s] + bias[j]
            a = np.float32(0.0) if z <= np.float32(0.0) else z
            products[j, s] = a
            target[j, s] = (a + offset) * scale - shift
            size += a
        living[j] = not size == np.float32(0.0)  # noqa: SIM201 (NaN is alive)


@part
def tanh_layer(products, bias, target, living, scale, offset, shift):
    """Activity of a tanh layer on a tile, before noise; arguments as of `relu_layer`."""
    for j in range(products.shape[0]):
        size = np.float32(0.0)
        for s in range(TILE):
            a = tanh(products[j, s] + bias[j])
            products[j, s] = a
            target[j, s] = (a + offset) * scale - shift
            size += abs(a)
        living[j] = not size == np.float32(0.0)  # noqa: SIM201 (NaN is alive)


@part
def apply_slope(delta, activated, order, packed, kind, scale):
    """Replace deltas by delta * act'(activated) * scale.

    Parameters
    ----------
    delta : float32 of shape (units, 128).
    activated : activations of the layer, (units, 128).
    order : the units that count; with `packed`, row n of delta is unit order[n], else it is unit n.
    """
    for n in range(order.size):
        j = order[n]
        d = n if packed else j
        if kind == RELU:
            for s in range(TILE):
                value = delta[d, s] * scale
                delta[d, s] = np.float32(0.0) if activated[j, s] <= np.float32(0.0) else value
        else:
            for s in range(TILE):
                a = activated[j, s]
                delta[d, s] *= scale * (np.float32(1.0) - a * a)


@part
def scale_by_slope(values, activated, kind, scale):
    """Replace single deltas (of constant units) by delta * act'(activated) * scale."""
    for c in range(values.size):
        a = activated[c]
        if kind == RELU:
            values[c] = np.float32(0.0) if a <= np.float32(0.0) else values[c] * scale
        else:
            values[c] *= scale * (np.float32(1.0) - a * a)
