"""The forward pass of a folded network over a batch sorted by class: both lower layers; `fold_upper` has the rest."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.fold_work import (
    PATTERNS,
    TERMS,
    add_scaled,
    gather_classes,
    sort_by_pattern,
    sum_by_pattern,
)
from resynapse.engine.compiled.kernels.jit import part
from resynapse.engine.compiled.kernels.lanes import LANES, fused, load, plus, splat, store, where_on
from resynapse.engine.compiled.kernels.rows import copy_row


@part
def sort_by_class(work, inputs, labels, order, begin, samples):
    """Fill the batch from `samples` entries of `order`, class after class."""
    features, classes = inputs.shape[0], work.start.size - 1
    work.start[:] = 0
    for s in range(samples):
        work.start[labels[order[begin + s]] + 1] += 1
    for c in range(classes):
        work.start[c + 1] += work.start[c]
        work.extent[c, 0] = work.extent[c, 2] = np.float32(np.inf)
        work.extent[c, 1] = work.extent[c, 3] = np.float32(-np.inf)
    place = work.start[:classes].copy()
    for s in range(samples):
        n = order[begin + s]
        c = labels[n]
        at = place[c]
        place[c] += 1
        work.label[at] = c
        for f in range(features):
            value = inputs[f, n]
            work.inputs[f, at] = value
            work.extent[c, 2 * f] = min(work.extent[c, 2 * f], value)
            work.extent[c, 2 * f + 1] = max(work.extent[c, 2 * f + 1], value)


@part
def first_layer(structure, parameters, modulations, work):
    """Which units are mostly on in which class, and the pairs that differ.

    Where the extent of a class in the features already says that a unit is on for all of its samples, or off for all,
    no sample is looked at.
    """
    two = structure.features > 1
    scale = modulations.scale[0]
    shift = modulations.shift[0] - modulations.offset[0] * scale
    zero = np.float32(0.0)
    z, start, extent, inputs = work.preactivation, work.start, work.extent, work.inputs
    exceptions, many = work.first, 0
    for u in range(structure.varying):
        bias = parameters[structure.first_bias_at + u]
        v = parameters[u * structure.features]
        w = parameters[u * structure.features + 1] if two else zero
        work.factors[u, 0], work.factors[u, 1] = v * scale, w * scale
        work.factors[u, 2], work.factors[u, 3] = bias * scale, -shift
        exceptions.start[u] = many
        pattern = 0
        for c in range(structure.classes):
            begin, end = start[c], start[c + 1]
            if begin == end:
                continue
            low, high = bias, bias
            one, other = v * extent[c, 0], v * extent[c, 1]
            low += min(one, other)
            high += max(one, other)
            if two:
                one, other = w * extent[c, 2], w * extent[c, 3]
                low += min(one, other)
                high += max(one, other)
            if high <= zero:
                continue
            if low > zero:
                pattern |= 1 << c
                continue
            on = 0
            for s in range(begin, end):
                z[s] = (bias + v * inputs[0, s]) + w * inputs[1, s]
                on += not z[s] <= zero
            mostly = 2 * on > end - begin
            pattern |= mostly << c
            if on == 0 or on == end - begin:
                continue
            for s in range(begin, end):
                if (not z[s] <= zero) != mostly:
                    exceptions.sample[many] = s
                    exceptions.value[many] = -z[s] if mostly else z[s]
                    many += 1
        exceptions.pattern[u] = pattern
    exceptions.start[structure.varying] = many
    sort_by_pattern(exceptions)


@part
def sort_by_sample(structure, modulations, samples, work):
    """List the first layer's exceptions sample by sample, with the place of their weights."""
    exceptions, start, scale = work.first, work.sample_start, modulations.scale[0]
    start[:] = 0
    for e in range(exceptions.start[structure.varying]):
        start[exceptions.sample[e] + 1] += 1
    for s in range(samples):
        start[s + 1] += start[s]
    place = start[:samples].copy()
    for u in range(structure.varying):
        for e in range(exceptions.start[u], exceptions.start[u + 1]):
            at = place[exceptions.sample[e]]
            place[exceptions.sample[e]] += 1
            work.sample_at[at] = structure.second_at + u * structure.second
            work.sample_value[at] = exceptions.value[e] * scale


@part
def second_layer(structure, parameters, modulations, samples, work):
    """Activation of the second layer: for each class an affine map of the inputs, plus what the exceptions add."""
    varying, constants, second = structure.varying, structure.constants, structure.second
    scale = modulations.scale[0]
    shift = modulations.shift[0] - modulations.offset[0] * scale
    exceptions, base = work.first, work.base
    sum_by_pattern(work.by_pattern, parameters, structure.second_at, exceptions, work.factors)
    copy_row(base, parameters[structure.second_bias_at : structure.second_bias_at + second])
    at = structure.second_at + varying * second
    for n in range(constants):
        b = parameters[structure.constant_bias_at + n]
        a = np.float32(0.0) if b <= np.float32(0.0) else b
        add_scaled(base, a * scale - shift, parameters[at : at + second])
        at += second
    if shift != np.float32(0.0):
        for j in range(second):
            base[j] -= shift * (structure.silent_weights[j] + structure.silent_count[j] * parameters[at + j])
    for pattern in range(PATTERNS):
        if exceptions.used[pattern]:
            add_scaled(base, np.float32(1.0), work.by_pattern[pattern, 3])
    gather_classes(work.by_class, work.by_pattern, exceptions.used, np.int64(3))
    for c in range(structure.classes):
        add_scaled(work.by_class[c, 2], np.float32(1.0), base)
    sort_by_sample(structure, modulations, samples, work)
    _activate(structure, parameters, samples, work)
    _find_living(structure, work)


@part
def _activate(structure, parameters, samples, work):
    """ReLU of the affine maps and the exceptions, 64 units of one sample in registers at a time."""
    second, rows, activated = structure.second, work.by_class, work.activated
    width = activated.shape[1]
    for s in range(samples):
        x, y = splat(work.inputs[0, s]), splat(work.inputs[1, s])
        first, last = work.sample_start[s], work.sample_start[s + 1]
        at = work.label[s] * TERMS * second
        for j in range(0, second, 4 * LANES):
            of_x, of_y, of_one = at + j, at + second + j, at + 2 * second + j
            a = fused(x, load(rows, of_x), fused(y, load(rows, of_y), load(rows, of_one)))
            b = fused(x, load(rows, of_x + 16), fused(y, load(rows, of_y + 16), load(rows, of_one + 16)))
            c = fused(x, load(rows, of_x + 32), fused(y, load(rows, of_y + 32), load(rows, of_one + 32)))
            d = fused(x, load(rows, of_x + 48), fused(y, load(rows, of_y + 48), load(rows, of_one + 48)))
            for e in range(first, last):
                value, weights = splat(work.sample_value[e]), work.sample_at[e] + j
                a = fused(value, load(parameters, weights), a)
                b = fused(value, load(parameters, weights + 16), b)
                c = fused(value, load(parameters, weights + 32), c)
                d = fused(value, load(parameters, weights + 48), d)
            to = s * width + j
            store(activated, to, where_on(a, a))
            store(activated, to + 16, where_on(b, b))
            store(activated, to + 32, where_on(c, c))
            store(activated, to + 48, where_on(d, d))


@part
def _find_living(structure, work):
    """For each class, the units that are on for any of its samples, and the blocks of 16 that hold one."""
    second, activated, sums = structure.second, work.activated, work.row
    width = activated.shape[1]
    for c in range(structure.classes):
        begin, end = work.start[c], work.start[c + 1]
        for j in range(0, second, 2 * LANES):
            a, b = splat(np.float32(0.0)), splat(np.float32(0.0))
            for s in range(begin, end):
                a = plus(a, load(activated, s * width + j))
                b = plus(b, load(activated, s * width + j + LANES))
            store(sums, j, a)
            store(sums, j + LANES, b)
        units, blocks = 0, 0
        for j in range(0, second, LANES):
            before = units
            for i in range(j, j + LANES):
                work.live[c, units] = i
                units += sums[i] != np.float32(0.0)  # what is not a number is alive
            work.block[c, blocks] = j
            blocks += units > before
        work.live_count[c] = units
        work.block_count[c] = blocks
