"""Compiled keyed normals: the words of `resynapse.randomness` and a float32 inverse normal distribution function.

The approximation is normal = x * P(w) with x = 2u - 1 and w = -log(1 - x**2): one polynomial below w = 5, one in
sqrt(w) above. Its coefficients are Chebyshev fits to the exact function (relative error below 5e-7, as the tests hold).
"""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.jit import inlined, part
from resynapse.engine.compiled.kernels.lanes import LANES, bits_on, load, lowest, minus, splat
from resynapse.randomness import LANES as BLOCKS
from resynapse.randomness import MULTIPLIERS, TILE, WEYL

_M0, _M1 = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
_W0, _W1 = np.uint32(WEYL[0]), np.uint32(WEYL[1])
_HALF = np.uint64(32)
_SIGN = np.int32(-(2**31))
_LOG2 = np.float32(np.log(2.0))


@inlined
def tile_words(out, key0, key1, tile, unit, layer, draw):
    """Fill `out`, uint32 of shape (128,), with the words of one unit on one tile of samples."""
    first = np.uint32(tile * BLOCKS)
    for k in range(BLOCKS):
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
        out[k + BLOCKS] = c1
        out[k + 2 * BLOCKS] = c2
        out[k + 3 * BLOCKS] = c3


@inlined
def words_to_normals(words, small, bits, signed, out):
    """Turn 128 words into standard normals.

    Parameters
    ----------
    small, signed : float32 scratch; `bits` is the int32 view of `small`.
    """
    # every integer is cast: Numba widens sums of 32 bits to 64, and vectors would hold half as many
    for s in range(TILE):
        x = np.int32(np.int32(words[s]) ^ _SIGN)
        magnitude = np.int32(x ^ np.int32(x >> np.int32(31)))
        # 1 - |x| without cancellation, then 1 - x**2
        rest = (np.float32(np.int32(magnitude ^ np.int32(0x7FFFFFFF))) + np.float32(0.5)) * np.float32(2.0**-31)
        small[s] = rest * (np.float32(2.0) - rest)
        factor = np.float32(-(2.0**-31)) if x < np.int32(0) else np.float32(2.0**-31)
        signed[s] = (np.float32(magnitude) + np.float32(0.5)) * factor
    for s in range(TILE):
        # logarithm: exponent bits, and a mantissa in [sqrt(1/2), sqrt(2))
        b = bits[s]
        exponent = np.int32(np.int32(b - np.int32(0x3F3504F3)) >> np.int32(23))
        bits[s] = np.int32(b - np.int32(exponent << np.int32(23)))
        out[s] = np.float32(exponent)
    for s in range(TILE):
        # the logarithm of a mantissa is f - f**2 / 2 + f**3 times a Chebyshev fit (off by less than 7e-8)
        f = small[s] - np.float32(1.0)
        series = np.float32(0.09272214)
        series = series * f - np.float32(0.14118426)
        series = series * f + np.float32(0.14676397)
        series = series * f - np.float32(0.16592856)
        series = series * f + np.float32(0.19985127)
        series = series * f - np.float32(0.2500092)
        series = series * f + np.float32(0.33333409)
        w = -(out[s] * _LOG2 + (f * f * (f * series - np.float32(0.5)) + f))
        small[s] = w
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
        out[s] = signed[s] * central
    # one number in 300 is beyond the reach of that polynomial
    for first in range(0, TILE, LANES):
        beyond = bits_on(minus(load(small, first), splat(np.float32(5.0))))
        while beyond != 0:
            s = first + lowest(beyond)
            beyond &= beyond - 1
            out[s] = signed[s] * _tail(small[s])


@inlined
def _tail(w):
    """Normal over x where w is 5 or more."""
    r = np.sqrt(w) - np.float32(3.4791777793734138)
    tail = np.float32(-4.219520178594394e-06)
    tail = tail * r - np.float32(0.0002498505054973066)
    tail = tail * r + np.float32(0.0008387998095713556)
    tail = tail * r - np.float32(0.0011744990479201078)
    tail = tail * r + np.float32(0.0015345846768468618)
    tail = tail * r - np.float32(0.002987326355651021)
    tail = tail * r + np.float32(0.004847062285989523)
    tail = tail * r + np.float32(1.4244301319122314)
    return tail * r + np.float32(4.6874260902404785)


@part
def add_noise(target, offset, sd, factor, units, key0, key1, tile, layer, draw):
    """Add `factor` times standard normals to every unit of a layer on one tile.

    Parameters
    ----------
    target : float32 of shape (units, 128).
    offset, sd : mean and sd of each unit, which `factor` multiplies, float32 of shape (units,), or both empty: 0 and 1.
        What has an sd of 0 draws nothing.
    units : int64 array, the number of each unit in the uncompacted layer.
    key0, key1 : low and high word of the stream's Philox key, uint32.
    tile, layer, draw : counters.
    """
    words = np.empty(TILE, np.uint32)
    small = np.empty(TILE, np.float32)
    bits = small.view(np.int32)
    signed = np.empty(TILE, np.float32)
    normal = np.empty(TILE, np.float32)
    for j in range(units.size):
        mean, spread = np.float32(0.0), factor
        if sd.size > 0:
            mean, spread = offset[j] * factor, sd[j] * factor
        if spread > np.float32(0.0):
            tile_words(words, key0, key1, tile, np.uint32(units[j]), np.uint32(layer), np.uint32(draw))
            words_to_normals(words, small, bits, signed, normal)
            for s in range(TILE):
                target[j, s] += spread * normal[s]
        if mean != np.float32(0.0):
            for s in range(TILE):
                target[j, s] += mean
