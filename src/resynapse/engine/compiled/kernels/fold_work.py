"""Scratch of the folding kernels, and the small loops that they are made of.

A pattern is the set of classes in which a unit is mostly on, as bits. Sums over units are taken pattern by pattern
and then handed to the classes; sums over classes are handed to the patterns. Sums have four terms: on the side of the
inputs two features, a one and the shift; on the side of the outputs four classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.folding import MOST_CLASSES, Folded
from resynapse.engine.compiled.kernels.jit import inlined, kernel
from resynapse.randomness import TILE

PATTERNS = 2**MOST_CLASSES
TERMS = 4

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Exceptions(NamedTuple):
    """The (unit, sample) pairs that differ from the majority of their class, sorted by unit."""

    pattern: Ints
    """Of each unit: bit c is set if it is mostly on in class c."""
    order: Ints
    """The units sorted by pattern, so that the sums of one pattern stay in the cache."""
    used: NDArray[np.bool_]
    """Which patterns occur."""
    start: Ints
    """Range of each unit's exceptions; one entry more than units."""
    sample: Ints
    sign: Floats
    """1 where the unit is on against a majority that is off, else -1."""
    value: Floats
    """What the exception adds to the activation (first layer) or to the delta (third layer) of the majority."""


class FoldWork(NamedTuple):
    """Scratch of one thread; samples of a batch are sorted by class."""

    start: Ints
    """Where each class begins in the batch; one entry more than classes."""
    inputs: Floats
    """(2, 128); a missing feature is zero."""
    preactivation: Floats
    """(128,), of one unit."""
    first: Exceptions
    third: Exceptions
    found: Ints
    """Exceptions of the third layer in the order of samples: unit * samples + sample."""
    mostly_on: Ints
    """(classes, third units): samples that are on, then whether most are."""
    by_pattern: Floats
    """(patterns, 4, second units): sums over units, or over classes."""
    by_class: Floats
    """(classes, 4, second units)."""
    back: Floats
    """(patterns, 4, second units): sums over the third layer's units."""
    activated: Floats
    """(128, second units): activation of the second layer."""
    delta: Floats
    """(128, second units)."""
    third_hidden: Floats
    """(128, third units): preactivation, then activity."""
    third_row: Floats
    output: Floats
    """(128, 4): scores, then deltas; a missing class is zero."""
    row: Floats
    base: Floats
    gradient: Floats
    """Of all parameters but the two large blocks."""


def fold_workspace(structure: Folded) -> FoldWork:
    """Scratch that fits `structure`."""

    def zeros(*shape: int) -> Floats:
        return np.zeros(shape, dtype=np.float32)

    def exceptions(units: int) -> Exceptions:
        # a minority is at most half of the samples
        most = units * TILE // 2 + 1
        return Exceptions(
            pattern=np.zeros(units, np.int64),
            order=np.zeros(units, np.int64),
            used=np.zeros(PATTERNS, np.bool_),
            start=np.zeros(units + 1, np.int64),
            sample=np.zeros(most, np.int64),
            sign=zeros(most),
            value=zeros(most),
        )

    second, third = structure.second, structure.third
    return FoldWork(
        start=np.zeros(structure.classes + 1, np.int64),
        inputs=zeros(2, TILE),
        preactivation=zeros(TILE),
        first=exceptions(structure.varying),
        third=exceptions(third),
        found=np.zeros(third * TILE // 2 + 1, np.int64),
        mostly_on=np.zeros((structure.classes, third), np.int64),
        by_pattern=zeros(PATTERNS, TERMS, second),
        by_class=zeros(structure.classes, TERMS, second),
        back=zeros(PATTERNS, TERMS, second),
        activated=zeros(TILE, second),
        delta=zeros(TILE, second),
        third_hidden=zeros(TILE, third),
        third_row=zeros(third),
        output=zeros(TILE, TERMS),
        row=zeros(second),
        base=zeros(second),
        gradient=zeros(structure.second_at),
    )


@inlined
def add_scaled(out, factor, row):
    """Out += factor * row."""
    for j in range(row.size):
        out[j] += factor * row[j]


@inlined
def spread(outs, a, b, c, d, row):
    """outs[i] += (a, b, c, d)[i] * row."""
    for j in range(row.size):
        r = row[j]
        outs[0, j] += a * r
        outs[1, j] += b * r
        outs[2, j] += c * r
        outs[3, j] += d * r


@inlined
def combine(out, a, b, c, d, rows):
    """Out = sum of (a, b, c, d)[i] * rows[i]."""
    for j in range(out.size):
        out[j] = (a * rows[0, j] + b * rows[1, j]) + (c * rows[2, j] + d * rows[3, j])


@inlined
def add_combined(out, a, b, c, d, rows):
    """Out += sum of (a, b, c, d)[i] * rows[i]."""
    for j in range(out.size):
        out[j] += (a * rows[0, j] + b * rows[1, j]) + (c * rows[2, j] + d * rows[3, j])


@inlined
def product(one, other):
    """The scalar product of two rows."""
    total = np.float32(0.0)
    for j in range(one.size):
        total += one[j] * other[j]
    return total


@kernel
def sort_by_pattern(exceptions):
    """Fill `exceptions.order` and `exceptions.used` from the patterns of the units."""
    place = np.zeros(PATTERNS + 1, np.int64)
    for u in range(exceptions.pattern.size):
        place[exceptions.pattern[u] + 1] += 1
    for pattern in range(PATTERNS):
        exceptions.used[pattern] = place[pattern + 1] > 0
        place[pattern + 1] += place[pattern]
    for u in range(exceptions.pattern.size):
        pattern = exceptions.pattern[u]
        exceptions.order[place[pattern]] = u
        place[pattern] += 1


@kernel
def clear(by_pattern, used):
    """Set the sums of the used patterns to zero."""
    for pattern in range(PATTERNS):
        if used[pattern]:
            by_pattern[pattern] = np.float32(0.0)


@kernel
def gather_classes(by_class, by_pattern, used, terms):
    """by_class[c] = sum of by_pattern over the used patterns that hold class c."""
    for c in range(by_class.shape[0]):
        by_class[c, :terms] = np.float32(0.0)
        for pattern in range(used.size):
            if used[pattern] and (pattern >> c) & 1:
                for i in range(terms):
                    for j in range(by_class.shape[2]):
                        by_class[c, i, j] += by_pattern[pattern, i, j]


@kernel
def gather_patterns(by_pattern, by_class, used, terms):
    """by_pattern[p] = sum of by_class over the classes of each used pattern."""
    for pattern in range(used.size):
        if used[pattern]:
            by_pattern[pattern, :terms] = np.float32(0.0)
            for c in range(by_class.shape[0]):
                if (pattern >> c) & 1:
                    for i in range(terms):
                        for j in range(by_class.shape[2]):
                            by_pattern[pattern, i, j] += by_class[c, i, j]
