"""The keyed random numbers of `resynapse.randomness` inside compiled JAX code: the same words, normals to float32."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import ndtri

from resynapse.randomness import LANES, MULTIPLIERS, ROUNDS, TILE, WEYL, Key, address

_HALF = 0xFFFF


def key_words(key: Key | None) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """The two 32-bit words of a stream's key, low word first; zeros where a pass has no noise."""
    number = 0 if key is None else key.philox_key
    return np.array([number & 0xFFFFFFFF, number >> 32], dtype=np.uint32)


def _product(a: Array, b: int) -> tuple[Array, Array]:
    """High and low word of a product of 32-bit words, without 64-bit integers."""
    low_a, high_a, low_b, high_b = a & _HALF, a >> 16, jnp.uint32(b & _HALF), jnp.uint32(b >> 16)
    middle = low_a * high_b + ((low_a * low_b) >> 16)
    upper = high_a * low_b + (middle & _HALF)
    return high_a * high_b + (middle >> 16) + (upper >> 16), a * jnp.uint32(b)


def philox(counter: tuple[Array, Array, Array, Array], key: Array) -> tuple[Array, ...]:
    """Philox4x32-10: four words for each counter of four words; `key` has the shape (2,)."""
    c0, c1, c2, c3 = jnp.broadcast_arrays(*counter)
    k0, k1 = key[0], key[1]
    for _ in range(ROUNDS):
        high0, low0 = _product(c0, MULTIPLIERS[0])
        high1, low1 = _product(c2, MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + jnp.uint32(WEYL[0]), k1 + jnp.uint32(WEYL[1])
    return c0, c1, c2, c3


def normals(key: Array, draw: Array, site: int, steps: int, units: int, samples: int) -> Array:
    """Standard normal numbers, float32 of shape (steps, units, samples), at the addresses of `randomness.normals`."""
    tiles = -(-samples // TILE)
    block = jnp.arange(tiles * LANES, dtype=jnp.uint32)[None, None]
    unit = jnp.arange(units, dtype=jnp.uint32)[None, :, None]
    # one request for all steps, so that compiled code holds the generator once
    place = jnp.array([address(site, time) for time in range(steps)], dtype=jnp.uint32)[:, None, None]
    four = philox((block, unit, place, draw.astype(jnp.uint32)), key)
    lanes = jnp.stack([word.reshape(steps, units, tiles, LANES) for word in four], axis=3)
    words = lanes.reshape(steps, units, tiles * TILE)[..., :samples]
    # the tail below one half is exact in single precision; the upper half is its mirror image
    upper = words >> 31 == 1
    tail = jnp.where(upper, ~words, words)
    below = ndtri((tail.astype(jnp.float32) + 0.5) * jnp.float32(2.0**-32))
    return jnp.where(upper, -below, below)


class TracedNoise:
    """`resynapse.networks.Noise` for compiled code: key and number of the pass are arrays.

    Parameters
    ----------
    key : two words.
    draw : number of the pass within the stream.
    scales : by site, what mean and sd of the noise are multiplied by in each unit.
    """

    def __init__(self, key: Array, draw: Array, scales: Mapping[str, Array]) -> None:
        self.key, self.draw, self.scales = key, draw, scales

    def normals(self, site: int, units: int, samples: int) -> Array:
        """Standard normal numbers of one site in the first step, shape (units, samples)."""
        return self.sequence(site, 1, units, samples)[0]

    def sequence(self, site: int, steps: int, units: int, samples: int) -> Array:
        """Standard normal numbers of one site in every step, shape (steps, units, samples)."""
        return normals(self.key, self.draw, site, steps, units, samples)
