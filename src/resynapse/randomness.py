"""Keyed random streams: every random number is a pure function of a key and a counter.

A key is (root seed, subject, label). A number is addressed by a counter
(layer, time, pass, unit, sample), never drawn from a generator that runs on. So a subject alone equals the
same subject in any cohort, an arm that is added changes no other arm, and assessments share their
noise across arms (common random numbers).

The bits come from Philox4x32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405). One call gives four 32-bit words.
Samples are laid out in tiles of 128: word w of block k holds sample 128 t + 32 w + k of tile t, so
that compiled code writes each word of neighbouring blocks to neighbouring addresses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TILE = 128
"""Samples that share one tile of counters."""
LANES = TILE // 4
"""Philox blocks in a tile; each gives four of its samples."""

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
SHARED = 2**16
"""Layers, and steps of time, that have an address of their own."""
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Key:
    """The address of one random stream.

    Parameters
    ----------
    root_seed : seed of the whole run, an integer of 0 or more.
    subject : number of the simulated subject, from 0.
    label : what the stream is for, such as ``induction/train.1/batches``; labels, never positions.
    """

    root_seed: int
    subject: int
    label: str = ""

    def of(self, label: str) -> Key:
        """The stream `label` below this one."""
        return Key(self.root_seed, self.subject, f"{self.label}/{label}" if self.label else label)

    @property
    def philox_key(self) -> int:
        """The 64-bit Philox key: BLAKE2b of the address, so that streams are unrelated."""
        address = f"{self.root_seed}|{self.subject}|{self.label}".encode()
        return int.from_bytes(hashlib.blake2b(address, digest_size=8).digest(), "little")


def philox(
    counter: tuple[NDArray[np.uint64], ...], key: int | NDArray[np.uint64], rounds: int = ROUNDS
) -> tuple[NDArray[np.uint64], ...]:
    """Philox4x32: four 32-bit words (held in uint64) for each 4-word counter.

    Parameters
    ----------
    counter : four broadcastable uint64 arrays with values below 2**32.
    key : 64-bit key, low word first; or an array of them that broadcasts with the counter.
    rounds : rounds of the bijection; 10 is the published, tested choice.
    """
    c0, c1, c2, c3 = np.broadcast_arrays(*counter)
    k0: Any = key & 0xFFFFFFFF
    k1: Any = key >> 32
    m0, m1 = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
    for _ in range(rounds):
        p0, p1 = m0 * c0, m1 * c2
        c0, c1, c2, c3 = (
            (p1 >> _HALF) ^ c1 ^ _word(k0),
            p1 & _LOW,
            (p0 >> _HALF) ^ c3 ^ _word(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + WEYL[0]) & 0xFFFFFFFF, (k1 + WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def _word(key: Any) -> Any:
    """The word of a key, or of each of many."""
    return np.uint64(key) if isinstance(key, int) else key


def address(layer: int, time: int = 0) -> int:
    """The counter word of a layer and a step of time: the layer in its lower half, the time in its upper half."""
    if not (0 <= layer < SHARED and 0 <= time < SHARED):
        raise ValueError(f"layer {layer}, time {time}: a random number has an address below {SHARED} in both")
    return layer + SHARED * time


def words(
    key: Key, units: int, samples: int, *, layer: int = 0, draw: int = 0, first_unit: int = 0, time: int = 0
) -> NDArray[np.uint32]:
    """Random 32-bit words, shape (units, samples), each a function of (key, layer, time, draw, unit, sample) alone.

    A smaller request is a corner of a larger one, whatever else is drawn.

    Parameters
    ----------
    layer, time : below 2**16 each; they share one word of the counter.

    Raises
    ------
    ValueError : layer or time is 2**16 or more.
    """
    place = address(layer, time)
    tiles = -(-samples // TILE)
    block = np.arange(tiles * LANES, dtype=np.uint64)
    unit = np.arange(first_unit, first_unit + units, dtype=np.uint64)[:, None]
    four = philox((block, unit, np.uint64(place), np.uint64(draw)), key.philox_key)  # type: ignore[arg-type]
    lanes = np.stack([w.reshape(units, tiles, LANES) for w in four], axis=2)
    return np.ascontiguousarray(lanes.reshape(units, tiles * TILE)[:, :samples].astype(np.uint32))


def uniforms(
    key: Key, units: int, samples: int, *, layer: int = 0, draw: int = 0, time: int = 0
) -> NDArray[np.float64]:
    """Uniform numbers in the open interval (0, 1), shape (units, samples); addressed as `words`."""
    return (words(key, units, samples, layer=layer, draw=draw, time=time).astype(np.float64) + 0.5) * 2.0**-32


def first_uniforms(keys: Sequence[Key]) -> NDArray[np.float64]:
    """The first uniform number of each stream, shape (streams): ``uniforms(key, 1, 1)`` of many keys at once."""
    address = np.array([key.philox_key for key in keys], dtype=np.uint64)
    zero = np.zeros(address.shape, dtype=np.uint64)
    word = philox((zero, zero, zero, zero), address)[0]
    return (word.astype(np.float64) + 0.5) * 2.0**-32


def normals(key: Key, units: int, samples: int, *, layer: int = 0, draw: int = 0, time: int = 0) -> NDArray[np.float64]:
    """Standard normal numbers, shape (units, samples), by the inverse distribution function; addressed as `words`."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms(key, units, samples, layer=layer, draw=draw, time=time)), dtype=np.float64)


def permutation(key: Key, n: int, *, draw: int = 0) -> NDArray[np.int64]:
    """A random order of ``range(n)``: indices sorted by one keyed word each, the index breaking ties."""
    rank = words(key, 1, n, draw=draw)[0].astype(np.uint64) << _HALF
    ordered = np.sort(rank | np.arange(n, dtype=np.uint64))
    return (ordered & _LOW).astype(np.int64)
