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
from resynapse.engine.compiled.kernels.jit import inlined, part
from resynapse.engine.compiled.kernels.lanes import LANES, fused, load, splat, store, times, zeros
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
    value: Floats
    """What the exception adds to the activation (first layer), or 1 where the unit is on against a majority that is
    off and -1 in the reverse case (third layer)."""


class FoldWork(NamedTuple):
    """Scratch of one thread; samples of a batch are sorted by class."""

    start: Ints
    """Where each class begins in the batch; one entry more than classes."""
    label: Ints
    """Class of each sample."""
    inputs: Floats
    """(2, 128); a missing feature is zero."""
    extent: Floats
    """(classes, 4): least and greatest value of both features in the batch."""
    preactivation: Floats
    """(128,), of one unit."""
    first: Exceptions
    third: Exceptions
    factors: Floats
    """(first units, 4): what a unit of the first layer passes on in terms of the features, a one and the shift."""
    sample_start: Ints
    """Range of each sample's exceptions of the first layer in the two that follow; one entry more than samples."""
    sample_at: Ints
    """Place of the exception's weights among the parameters."""
    sample_value: Floats
    found: Ints
    """Exceptions of the third layer in the order of samples: unit * 256 + sample."""
    mostly_on: Ints
    """(classes, third units / 16): a bit is set where a unit of the third layer is mostly on."""
    by_pattern: Floats
    """(patterns, 4, second units): sums over units, or over classes."""
    by_class: Floats
    """(classes, 4, second units)."""
    back: Floats
    """(patterns, 4, second units): sums over the third layer's units."""
    activated: Floats
    """(128, second units + 16): activation of the second layer; the last 16 columns mean nothing."""
    live: Ints
    """(classes, second units): the units that are on for any sample of the class."""
    live_count: Ints
    block: Ints
    """(classes, second units / 16): first units of the blocks of 16 that hold a live one."""
    block_count: Ints
    turned: Floats
    """(second units, third units): the third layer's weights by input unit."""
    delta: Floats
    """(128, second units + 16), as `activated`; only blocks that are live in the sample's class are meant."""
    third_hidden: Floats
    """(128, third units): preactivation, then activity."""
    third_row: Floats
    output_turned: Floats
    """(1, 4, third units): weights of the output layer by class, then their gradients."""
    output: Floats
    """(128, 4): scores, then deltas; a missing class is zero."""
    row: Floats
    base: Floats
    gradient: Floats
    """Of all parameters but the two large blocks."""


def fold_workspace(structure: Folded) -> FoldWork:
    """Scratch that fits `structure`."""

    def whole(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    def exceptions(units: int) -> Exceptions:
        # a minority is at most half of the samples
        most = units * TILE // 2 + 1
        return Exceptions(
            pattern=whole(units),
            order=whole(units),
            used=np.zeros(PATTERNS, np.bool_),
            start=whole(units + 1),
            sample=whole(most),
            value=zeros(most),
        )

    second, third, classes = structure.second, structure.third, structure.classes
    return FoldWork(
        start=whole(classes + 1),
        label=whole(TILE),
        inputs=zeros(2, TILE),
        extent=zeros(classes, 4),
        preactivation=zeros(TILE),
        first=exceptions(structure.varying),
        third=exceptions(third),
        factors=zeros(structure.varying, TERMS),
        sample_start=whole(TILE + 1),
        sample_at=whole(structure.varying * TILE // 2 + 1),
        sample_value=zeros(structure.varying * TILE // 2 + 1),
        found=whole(third * TILE // 2 + 1),
        mostly_on=whole(classes, third // LANES),
        by_pattern=zeros(PATTERNS, TERMS, second),
        by_class=zeros(classes, TERMS, second),
        back=zeros(PATTERNS, TERMS, second),
        # rows one after the other in memory would all fall into the same few sets of the cache
        activated=zeros(TILE, second + LANES),
        live=whole(classes, second),
        live_count=whole(classes),
        block=whole(classes, second // LANES),
        block_count=whole(classes),
        turned=zeros(second, third),
        delta=zeros(TILE, second + LANES),
        third_hidden=zeros(TILE, third),
        third_row=zeros(third),
        output_turned=zeros(1, TERMS, third),
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
def product(one, other):
    """The scalar product of two rows."""
    total = np.float32(0.0)
    for j in range(one.size):
        total += one[j] * other[j]
    return total


@inlined
def four(a, x, b, y, c, z, d, w, out):
    """Out + a*x + b*y + c*z + d*w, of lanes."""
    return fused(a, x, fused(b, y, fused(c, z, fused(d, w, out))))


@part
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


@inlined
def same_pattern(exceptions, n, pattern):
    """Whether the n-th unit in order has this pattern."""
    return n < exceptions.order.size and exceptions.pattern[exceptions.order[n]] == pattern


@part
def sum_by_pattern(out, parameters, first_at, exceptions, factors):
    """out[pattern, i] = sum of factors[u, i] times the parameters of row u, over the units u of the pattern.

    Four units are added at a time; where a pattern has no more, the factor is zero.
    """
    second, zero = out.shape[2], np.float32(0.0)
    for pattern in range(PATTERNS):
        if exceptions.used[pattern]:
            out[pattern] = zero
    n = 0
    while n < exceptions.order.size:
        u = exceptions.order[n]
        pattern = exceptions.pattern[u]
        v, w, x = u, u, u
        of_v, of_w, of_x = zero, zero, zero
        if same_pattern(exceptions, n + 1, pattern):
            v, of_v = exceptions.order[n + 1], np.float32(1.0)
        if same_pattern(exceptions, n + 2, pattern):
            w, of_w = exceptions.order[n + 2], np.float32(1.0)
        if same_pattern(exceptions, n + 3, pattern):
            x, of_x = exceptions.order[n + 3], np.float32(1.0)
        n += 1 + int(of_v + of_w + of_x)
        to = pattern * TERMS * second
        at_u, at_v, at_w, at_x = (
            first_at + u * second,
            first_at + v * second,
            first_at + w * second,
            first_at + x * second,
        )
        u0, u1, u2, u3 = splat(factors[u, 0]), splat(factors[u, 1]), splat(factors[u, 2]), splat(factors[u, 3])
        v0, v1 = splat(of_v * factors[v, 0]), splat(of_v * factors[v, 1])
        v2, v3 = splat(of_v * factors[v, 2]), splat(of_v * factors[v, 3])
        w0, w1 = splat(of_w * factors[w, 0]), splat(of_w * factors[w, 1])
        w2, w3 = splat(of_w * factors[w, 2]), splat(of_w * factors[w, 3])
        x0, x1 = splat(of_x * factors[x, 0]), splat(of_x * factors[x, 1])
        x2, x3 = splat(of_x * factors[x, 2]), splat(of_x * factors[x, 3])
        for j in range(0, second, LANES):
            a, b = load(parameters, at_u + j), load(parameters, at_v + j)
            c, d = load(parameters, at_w + j), load(parameters, at_x + j)
            store(out, to + j, four(u0, a, v0, b, w0, c, x0, d, load(out, to + j)))
            one, two, three = to + second + j, to + 2 * second + j, to + 3 * second + j
            store(out, one, four(u1, a, v1, b, w1, c, x1, d, load(out, one)))
            store(out, two, four(u2, a, v2, b, w2, c, x2, d, load(out, two)))
            store(out, three, four(u3, a, v3, b, w3, c, x3, d, load(out, three)))


@inlined
def combine(rows, at, second, a, b, c, d):
    """The sum of (a, b, c, d)[i] * rows[i] at one place, of lanes; `at` is the flat place in the first row."""
    third, fourth = load(rows, at + 2 * second), load(rows, at + 3 * second)
    return fused(a, load(rows, at), fused(b, load(rows, at + second), fused(c, third, times(d, fourth))))


@part
def gather_classes(by_class, by_pattern, used, terms):
    """by_class[c] = sum of by_pattern over the used patterns that hold class c."""
    for c in range(by_class.shape[0]):
        by_class[c, :terms] = np.float32(0.0)
        for pattern in range(used.size):
            if used[pattern] and (pattern >> c) & 1:
                for i in range(terms):
                    for j in range(by_class.shape[2]):
                        by_class[c, i, j] += by_pattern[pattern, i, j]


@part
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
