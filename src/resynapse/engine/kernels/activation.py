"""Compiled activations over rows of samples."""

from __future__ import annotations

import numpy as np

from resynapse.engine.kernels.options import kernel

RELU, TANH = 0, 1
CODES = {"relu": RELU, "tanh": TANH}


@kernel
def activate_row(row, bias, kind):  # type: ignore[no-untyped-def]
    """Replace row by act(row + bias).

    tanh is x * P(x**2) / Q(x**2) on [-9, 9], fitted to the exact function (relative error below 5e-7, as the tests
    hold): a library call for each element would cost more than the layer's products. NaN stays NaN.
    """
    if kind == RELU:
        for s in range(row.size):
            z = row[s] + bias
            row[s] = np.float32(0.0) if z <= np.float32(0.0) else z
    else:
        for s in range(row.size):
            z = row[s] + bias
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
            row[s] = z * p / q


@kernel
def slope_row(delta, activated, kind, scale):  # type: ignore[no-untyped-def]
    """Delta := delta * act'(activated) * scale."""
    if kind == RELU:
        for s in range(delta.size):
            delta[s] = delta[s] * scale if activated[s] > np.float32(0.0) else np.float32(0.0)
    else:
        for s in range(delta.size):
            delta[s] = delta[s] * scale * (np.float32(1.0) - activated[s] * activated[s])
