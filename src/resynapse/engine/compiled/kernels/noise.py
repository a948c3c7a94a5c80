"""Compiled keyed normals: the words of `resynapse.randomness` and a float32 inverse normal distribution function.

The approximation is normal = x * P(w) with x = 2u - 1 and w = -log(1 - x**2): one polynomial below w = 5, one in
sqrt(w) above. Its coefficients are Chebyshev fits to the exact function (relative error below 5e-7, as the tests hold).
"""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.jit import inlined, part
from resynapse.randomness import LANES, MULTIPLIERS, TILE, WEYL

_M0, _M1 = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
_W0, _W1 = np.uint32(WEYL[0]), np.uint32(WEYL[1])
_HALF = np.uint64(32)
_LOG2 = np.float32(np.log(2.0))


@inlined
def tile_words(out, key0, key1, tile, unit, layer, draw):
    """Fill `out`, uint32 of shape (128,), with the words of one unit on one tile of samples."""
    first = np.uint32(tile * LANES)
    for k in range(LANES):
        c0, c1, c2, c3 = np.uint32(first + np.uint32(k)), unit, layer, draw
        k0, k1 = key0, key1
        for _ in range(10):
            p0 = _M0 * np.uint64(c0)
            p1 = _M1 * np.uint64(c2)
            c0 = np.uint32(p1 >> _HALF) ^ c1 ^ k0
            c2 = np.uint32(p0 >> _HALF) ^ c3 ^ k1
            c1 = np.uint32(p1)
            c3 = np.uint32(p0)
            k0 = np.uint32(k0 + _W0)
            k1 = np.uint32(k1 + _W1)
        out[k] = c0
        out[k + LANES] = c1
        out[k + 2 * LANES] = c2
        out[k + 3 * LANES] = c3


@inlined
def words_to_normals(words, small, bits, out):
    """Turn 128 words into standard normals; `small` (float32) and `bits` (its int32 view) are scratch."""
    for s in range(TILE):
        word = words[s]
        magnitude = np.uint32(word ^ np.uint32(0x80000000))
        if word < np.uint32(0x80000000):
            magnitude = np.uint32(np.uint32(0x7FFFFFFF) - word)
        # 1 - |x| without cancellation, then 1 - x**2
        rest = np.float32(np.uint32(0xFFFFFFFF) - np.uint32(2) * magnitude) * np.float32(2.0**-32)
        small[s] = rest * (np.float32(2.0) - rest)
    for s in range(TILE):
        word = words[s]
        magnitude = np.uint32(word ^ np.uint32(0x80000000))
        sign = np.float32(1.0)
        if word < np.uint32(0x80000000):
            magnitude = np.uint32(np.uint32(0x7FFFFFFF) - word)
            sign = np.float32(-1.0)
        x = (np.float32(magnitude) + np.float32(0.5)) * np.float32(2.0**-31)
        # logarithm: exponent bits, then a series for the mantissa in [sqrt(1/2), sqrt(2))
        b = bits[s]
        exponent = (b - np.int32(0x3F3504F3)) >> np.int32(23)
        bits[s] = b - (exponent << np.int32(23))
        out[s] = sign * x
        words[s] = np.uint32(exponent)
    for s in range(TILE):
        mantissa = small[s]
        t = (mantissa - np.float32(1.0)) / (mantissa + np.float32(1.0))
        tt = t * t
        log_mantissa = (
            np.float32(2.0)
            * t
            * (
                np.float32(1.0)
                + tt
                * (
                    np.float32(0.33333333)
                    + tt * (np.float32(0.2) + tt * (np.float32(0.14285715) + tt * np.float32(0.11111111)))
                )
            )
        )
        w = -(np.float32(np.int32(words[s])) * _LOG2 + log_mantissa)
        c = w - np.float32(2.5)
        central = np.float32(3.9583209598959e-08)
        central = central * c + np.float32(4.851791004512052e-07)
        central = central * c - np.float32(4.981194706488168e-06)
        central = central * c - np.float32(6.207880232977914e-06)
        central = central * c + np.float32(0.00030911510111764073)
        central = central * c - np.float32(0.001773041789419949)
        central = central * c - np.float32(0.00590812973678112)
        central = central * c + np.float32(0.34880268573760986)
        central = central * c + np.float32(2.1233136653900146)
        r = np.sqrt(np.abs(w)) - np.float32(3.4791777793734138)
        tail = np.float32(-4.219520178594394e-06)
        tail = tail * r - np.float32(0.0002498505054973066)
        tail = tail * r + np.float32(0.0008387998095713556)
        tail = tail * r - np.float32(0.0011744990479201078)
        tail = tail * r + np.float32(0.0015345846768468618)
        tail = tail * r - np.float32(0.002987326355651021)
        tail = tail * r + np.float32(0.004847062285989523)
        tail = tail * r + np.float32(1.4244301319122314)
        tail = tail * r + np.float32(4.6874260902404785)
        out[s] *= central if w < np.float32(5.0) else tail


@part
def add_noise(target, factor, units, key0, key1, tile, layer, draw):
    """Add `factor` times standard normals to every unit of a layer on one tile.

    Parameters
    ----------
    target : float32 of shape (units, 128).
    units : int64 array, the number of each unit in the uncompacted layer.
    key0, key1 : low and high word of the stream's Philox key, uint32.
    tile, layer, draw : counters.
    """
    words = np.empty(TILE, np.uint32)
    small = np.empty(TILE, np.float32)
    bits = small.view(np.int32)
    normal = np.empty(TILE, np.float32)
    for j in range(units.size):
        tile_words(words, key0, key1, tile, np.uint32(units[j]), np.uint32(layer), np.uint32(draw))
        words_to_normals(words, small, bits, normal)
        for s in range(TILE):
            target[j, s] += factor * normal[s]


@part
def add_own_noise(target, offset, sd, scale, units, key0, key1, tile, layer, draw):
    """As `add_noise`, with a mean and an sd for each unit; what has an sd of 0 draws nothing.

    Parameters
    ----------
    offset, sd : float32 of shape (units,).
    scale : multiplies both.
    """
    words = np.empty(TILE, np.uint32)
    small = np.empty(TILE, np.float32)
    bits = small.view(np.int32)
    normal = np.empty(TILE, np.float32)
    for j in range(units.size):
        mean, factor = offset[j] * scale, sd[j] * scale
        if factor > np.float32(0.0):
            tile_words(words, key0, key1, tile, np.uint32(units[j]), np.uint32(layer), np.uint32(draw))
            words_to_normals(words, small, bits, normal)
            for s in range(TILE):
                target[j, s] += mean + factor * normal[s]
        else:
            for s in range(TILE):
                target[j, s] += mean
