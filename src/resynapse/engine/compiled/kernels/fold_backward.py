"""The backward pass of a folded network, with the Adam update of every weight while its row is in the cache."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.fold_work import (
    PATTERNS,
    TERMS,
    add_scaled,
    combine,
    four,
    gather_classes,
    gather_patterns,
    product,
    sum_by_pattern,
)
from resynapse.engine.compiled.kernels.forward_backward import NEGLIGIBLE
from resynapse.engine.compiled.kernels.jit import NOUGHT, part
from resynapse.engine.compiled.kernels.lanes import (
    LANES,
    fused,
    load,
    plus,
    splat,
    spread,
    store,
    times,
    total,
    where_on,
)
from resynapse.engine.compiled.kernels.optimiser import adam_lanes, adam_masked
from resynapse.engine.compiled.kernels.rows import copy_row
from resynapse.randomness import TILE


@part
def class_deltas(structure, samples, work):
    """Turn class scores into dL/dscores of the mean cross-entropy."""
    scores, classes = work.output, structure.classes
    share = np.float32(1.0) / np.float32(samples)
    for label in range(classes):
        for s in range(work.start[label], work.start[label + 1]):
            highest = scores[s, 0]
            for k in range(1, classes):
                highest = max(highest, scores[s, k])
            total = np.float32(0.0)
            for k in range(classes):
                e = np.exp(scores[s, k] - highest)
                scores[s, k] = e
                total += e
            for k in range(classes):
                p = scores[s, k] / total
                if k == label:
                    p -= np.float32(1.0)
                scores[s, k] = np.float32(0.0) if abs(p) < NEGLIGIBLE else p * share
    scores[:samples, classes:] = np.float32(0.0)


@part
def output_layer_back(structure, samples, work):
    """Gradients of the output weights and biases."""
    third, at, turned = structure.third, structure.output_at, work.output_turned
    _sums_of_products(turned, NOUGHT, third, work.third_hidden, third, work.output, NOUGHT, samples)
    for k in range(third):
        for i in range(TERMS):
            work.gradient[at + k * TERMS + i] = turned[0, i, k]
    bias = work.gradient[structure.output_bias_at : structure.output_bias_at + TERMS]
    bias[:] = np.float32(0.0)
    for s in range(samples):
        for k in range(TERMS):
            bias[k] += work.output[s, k]


@part
def _sums_of_products(out, at, units, activity, width, deltas, begin, end):
    """Four rows of `units` from flat place `at` of `out` on: sums over samples of each output's delta times activity.

    Parameters
    ----------
    activity : rows of samples, `width` apart.
    deltas : (samples, 4).
    """
    zero = splat(np.float32(0.0))
    for j in range(0, units, LANES):
        p, q, r, t = zero, zero, zero, zero
        for s in range(begin, end):
            h = load(activity, s * width + j)
            p, q = fused(spread(deltas, s * TERMS), h, p), fused(spread(deltas, s * TERMS + 1), h, q)
            r, t = fused(spread(deltas, s * TERMS + 2), h, r), fused(spread(deltas, s * TERMS + 3), h, t)
        store(out, at + j, p)
        store(out, at + units + j, q)
        store(out, at + 2 * units + j, r)
        store(out, at + 3 * units + j, t)


@part
def third_layer_back(structure, parameters, modulations, samples, work, step):
    """Update the third layer's weights; sums of the second layer's deltas are left in `work.by_class`."""
    second, third, classes = structure.second, structure.third, structure.classes
    output = parameters[structure.output_at : structure.output_at + third * TERMS].reshape(third, TERMS)
    scale, scale_after = modulations.scale[1], modulations.scale[2]
    shift = modulations.shift[1] - modulations.offset[1] * scale
    exceptions, deltas, activated, delta, row = work.third, work.output, work.activated, work.delta, work.row
    width = activated.shape[1]
    sums = np.zeros((classes, TERMS), np.float32)
    for s in range(samples):
        for i in range(TERMS):
            sums[work.label[s], i] += deltas[s, i]
    for c in range(classes):
        begin, end = work.start[c], work.start[c + 1]
        _sums_of_products(work.by_class, c * TERMS * second, second, activated, width, deltas, begin, end)
    gather_patterns(work.by_pattern, work.by_class, exceptions.used, np.int64(TERMS))
    sum_by_pattern(work.back, parameters, structure.third_at, exceptions, output)
    delta[:samples] = np.float32(0.0)
    slope = splat(scale * scale_after)
    for k in exceptions.order:
        pattern = exceptions.pattern[k]
        begin, sums_at = structure.third_at + k * second, pattern * TERMS * second
        a, b, c, d = output[k, 0], output[k, 1], output[k, 2], output[k, 3]
        whole = np.float32(0.0)
        for i in range(classes):
            if (pattern >> i) & 1:
                whole += (a * sums[i, 0] + b * sums[i, 1]) + (c * sums[i, 2] + d * sums[i, 3])
        va, vb, vc, vd = splat(a), splat(b), splat(c), splat(d)
        for j in range(0, second, LANES):
            store(row, j, combine(work.by_pattern, sums_at + j, second, va, vb, vc, vd))
        for e in range(exceptions.start[k], exceptions.start[k + 1]):
            s = exceptions.sample[e]
            value = (a * deltas[s, 0] + b * deltas[s, 1]) + (c * deltas[s, 2] + d * deltas[s, 3])
            value *= exceptions.value[e]
            whole += value
            label, at, v = work.label[s], s * width, splat(value)
            for j in work.block[label, : work.block_count[label]]:
                store(row, j, fused(v, load(activated, at + j), load(row, j)))
                store(delta, at + j, fused(v, load(parameters, begin + j), load(delta, at + j)))
        whole *= scale_after
        less = splat(-shift * whole)
        work.gradient[structure.third_bias_at + k] = whole
        for j in range(0, second, LANES):
            adam_lanes(parameters, begin + j, fused(load(row, j), slope, less), step)
    gather_classes(work.by_class, work.back, exceptions.used, np.int64(TERMS))
    _deltas_of_second(structure, scale * scale_after, work)


@part
def _deltas_of_second(structure, scale, work):
    """Finish the second layer's deltas; their sums over each class, times the features and alone, go to `by_class`."""
    second, deltas, inputs, delta = structure.second, work.output, work.inputs, work.delta
    by_class, zero, slope, width = work.by_class, splat(np.float32(0.0)), splat(scale), delta.shape[1]
    for c in range(structure.classes):
        at, next_live = c * TERMS * second, 0
        for j in range(0, second, LANES):
            one, two, three = at + second + j, at + 2 * second + j, at + 3 * second + j
            x, y, z = zero, zero, zero
            if next_live < work.block_count[c] and work.block[c, next_live] == j:
                next_live += 1
                p, q, r, t = load(by_class, at + j), load(by_class, one), load(by_class, two), load(by_class, three)
                for s in range(work.start[c], work.start[c + 1]):
                    v, w = spread(deltas, s * TERMS), spread(deltas, s * TERMS + 1)
                    g, h = spread(deltas, s * TERMS + 2), spread(deltas, s * TERMS + 3)
                    d = four(v, p, w, q, g, r, h, t, load(delta, s * width + j))
                    d = where_on(load(work.activated, s * width + j), times(d, slope))
                    store(delta, s * width + j, d)
                    x, y, z = fused(spread(inputs, s), d, x), fused(spread(inputs, TILE + s), d, y), plus(d, z)
            store(by_class, at + j, x)
            store(by_class, one, y)
            store(by_class, two, z)


@part
def second_layer_back(structure, parameters, modulations, work, step):
    """Update the second layer's weights, unit of the first layer by unit; gradients of the first layer go with it."""
    features, second = structure.features, structure.second
    scale = modulations.scale[0]
    shift = modulations.shift[0] - modulations.offset[0] * scale
    gradient, factors = work.gradient, work.factors
    exceptions, deltas, inputs, row, sums = work.first, work.delta, work.inputs, work.row, work.by_pattern
    whole = work.base
    whole[:] = np.float32(0.0)
    for c in range(structure.classes):
        add_scaled(whole, np.float32(1.0), work.by_class[c, 2])
    gather_patterns(sums, work.by_class, exceptions.used, np.int64(3))
    for n in range(PATTERNS):
        if exceptions.used[n]:
            copy_row(sums[n, 3], whole)
    copy_row(gradient[structure.second_bias_at : structure.second_bias_at + second], whole)
    for u in exceptions.order:
        pattern = exceptions.pattern[u]
        begin, at = structure.second_at + u * second, pattern * TERMS * second
        a, b, c, d = splat(factors[u, 0]), splat(factors[u, 1]), splat(factors[u, 2]), splat(factors[u, 3])
        x, y, z = splat(np.float32(0.0)), splat(np.float32(0.0)), splat(np.float32(0.0))
        for j in range(0, second, LANES):
            w = load(parameters, begin + j)
            p, q, r = load(sums, at + j), load(sums, at + second + j), load(sums, at + 2 * second + j)
            store(row, j, four(a, p, b, q, c, r, d, load(sums, at + 3 * second + j), splat(np.float32(0.0))))
            x, y, z = fused(p, w, x), fused(q, w, y), fused(r, w, z)
        of_x, of_y, of_one = total(x), total(y), total(z)
        for e in range(exceptions.start[u], exceptions.start[u + 1]):
            s = exceptions.sample[e]
            factor, place = splat(exceptions.value[e] * scale), s * deltas.shape[1]
            label, back = work.label[s], splat(np.float32(0.0))
            for j in work.block[label, : work.block_count[label]]:
                delta = load(deltas, place + j)
                store(row, j, fused(factor, delta, load(row, j)))
                back = fused(delta, load(parameters, begin + j), back)
            value = total(back)
            value = -value if (pattern >> label) & 1 else value
            of_x += value * inputs[0, s]
            of_y += value * inputs[1, s]
            of_one += value
        gradient[u * features] = of_x * scale
        if features > 1:
            gradient[u * features + 1] = of_y * scale
        gradient[structure.first_bias_at + u] = of_one * scale
        for j in range(0, second, LANES):
            adam_lanes(parameters, begin + j, load(row, j), step)
    _constants_back(structure, parameters, scale, shift, work, step)


@part
def _constants_back(structure, parameters, scale, shift, work, step):
    """Update the weights from constant units and what the silent ones share."""
    second, row, whole, zero = structure.second, work.row, work.base, np.float32(0.0)
    begin = structure.second_at + structure.varying * second
    for n in range(structure.constants + 1):
        activity = -shift
        if n < structure.constants:
            b = parameters[structure.constant_bias_at + n]
            off = b <= zero
            activity = (zero if off else b) * scale - shift
            slope = zero if off else scale * product(parameters[begin : begin + second], whole)
            work.gradient[structure.constant_bias_at + n] = slope
        elif shift == zero:
            return
        for j in range(second):
            row[j] = activity * whole[j]
        adam_masked(parameters, row, step, begin, begin + second)
        begin += second
