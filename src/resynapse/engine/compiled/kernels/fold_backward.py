"""The backward pass of a folded network, with the Adam update of every weight while its row is in the cache."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.fold_work import (
    PATTERNS,
    TERMS,
    add_combined,
    add_scaled,
    clear,
    combine,
    gather_classes,
    gather_patterns,
    product,
    spread,
)
from resynapse.engine.compiled.kernels.forward_backward import NEGLIGIBLE
from resynapse.engine.compiled.kernels.jit import inlined, kernel
from resynapse.engine.compiled.kernels.optimiser import adam_masked


@kernel
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


@kernel
def output_layer_back(structure, samples, work):
    """Gradients of the output weights and biases."""
    third, at = structure.third, structure.output_at
    gradient = work.gradient[at : at + third * TERMS].reshape(third, TERMS)
    np.dot(work.third_hidden[:samples].T, work.output[:samples], gradient)
    bias = work.gradient[structure.output_bias_at : structure.output_bias_at + TERMS]
    bias[:] = np.float32(0.0)
    for s in range(samples):
        for k in range(TERMS):
            bias[k] += work.output[s, k]


@kernel
def third_layer_back(structure, parameters, modulations, samples, work, step):
    """Update the third layer's weights; deltas of the second layer are left in `work.delta`."""
    second, third, classes = structure.second, structure.third, structure.classes
    output = parameters[structure.output_at : structure.output_at + third * TERMS].reshape(third, TERMS)
    bias_gradient = work.gradient[structure.third_bias_at : structure.third_bias_at + third]
    scale, scale_after = modulations.scale[1], modulations.scale[2]
    shift = modulations.shift[1] - modulations.offset[1] * scale
    exceptions, deltas, activated, row = work.third, work.output, work.activated, work.row
    # class by class: sums of the outputs' deltas, times the activation of the second layer and alone
    sums = np.zeros((classes, TERMS), np.float32)
    for c in range(classes):
        work.by_class[c] = np.float32(0.0)
        for s in range(work.start[c], work.start[c + 1]):
            spread(work.by_class[c], deltas[s, 0], deltas[s, 1], deltas[s, 2], deltas[s, 3], activated[s])
            for i in range(TERMS):
                sums[c, i] += deltas[s, i]
    gather_patterns(work.by_pattern, work.by_class, exceptions.used, TERMS)
    clear(work.back, exceptions.used)
    work.delta[:samples] = np.float32(0.0)
    for k in exceptions.order:
        pattern = exceptions.pattern[k]
        begin = structure.third_at + k * second
        weights = parameters[begin : begin + second]
        a, b, c, d = output[k, 0], output[k, 1], output[k, 2], output[k, 3]
        total = np.float32(0.0)
        for i in range(classes):
            if (pattern >> i) & 1:
                total += (a * sums[i, 0] + b * sums[i, 1]) + (c * sums[i, 2] + d * sums[i, 3])
        combine(row, a, b, c, d, work.by_pattern[pattern])
        spread(work.back[pattern], a, b, c, d, weights)
        for e in range(exceptions.start[k], exceptions.start[k + 1]):
            s = exceptions.sample[e]
            value = (a * deltas[s, 0] + b * deltas[s, 1]) + (c * deltas[s, 2] + d * deltas[s, 3])
            value *= exceptions.sign[e]
            total += value
            add_scaled(row, value, activated[s])
            add_scaled(work.delta[s], value, weights)
        total *= scale_after
        for j in range(second):
            row[j] = row[j] * (scale * scale_after) - shift * total
        bias_gradient[k] = total
        adam_masked(parameters, row, step, begin, begin + second)
    gather_classes(work.by_class, work.back, exceptions.used, TERMS)
    for c in range(classes):
        for s in range(work.start[c], work.start[c + 1]):
            delta = work.delta[s]
            add_combined(delta, deltas[s, 0], deltas[s, 1], deltas[s, 2], deltas[s, 3], work.by_class[c])
            for j in range(second):
                off = activated[s, j] <= np.float32(0.0)
                delta[j] = np.float32(0.0) if off else delta[j] * (scale * scale_after)


@inlined
def combine_and_multiply(out, a, b, c, d, rows, other):
    """Out = sum of (a, b, c, d)[i] * rows[i]; and the products of the first three rows with `other`."""
    x, y, z = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for j in range(out.size):
        p, q, r, w = rows[0, j], rows[1, j], rows[2, j], other[j]
        out[j] = (a * p + b * q) + (c * r + d * rows[3, j])
        x += p * w
        y += q * w
        z += r * w
    return x, y, z


@inlined
def add_and_multiply(out, factor, row, other):
    """Out += factor * row; and the product of row with `other`."""
    total = np.float32(0.0)
    for j in range(row.size):
        r = row[j]
        out[j] += factor * r
        total += r * other[j]
    return total


@kernel
def second_layer_back(structure, parameters, modulations, work, step):
    """Update the second layer's weights, unit of the first layer by unit; gradients of the first layer go with it."""
    features, varying, constants, second = structure.features, structure.varying, structure.constants, structure.second
    scale = modulations.scale[0]
    shift = modulations.shift[0] - modulations.offset[0] * scale
    own = parameters[: varying * features].reshape(varying, features)
    bias = parameters[structure.first_bias_at : structure.first_bias_at + varying]
    own_gradient = work.gradient[: varying * features].reshape(varying, features)
    bias_gradient = work.gradient[structure.first_bias_at : structure.first_bias_at + varying]
    exceptions, deltas, inputs, row, total = work.first, work.delta, work.inputs, work.row, work.base
    total[:] = np.float32(0.0)
    for c in range(structure.classes):
        sums = work.by_class[c]
        sums[:3] = np.float32(0.0)
        for s in range(work.start[c], work.start[c + 1]):
            x, y = inputs[0, s], inputs[1, s]
            for j in range(second):
                d = deltas[s, j]
                sums[0, j] += x * d
                sums[1, j] += y * d
                sums[2, j] += d
        add_scaled(total, np.float32(1.0), sums[2])
    gather_patterns(work.by_pattern, work.by_class, exceptions.used, 3)
    for pattern in range(PATTERNS):
        if exceptions.used[pattern]:
            work.by_pattern[pattern, 3] = total
    work.gradient[structure.second_bias_at : structure.second_bias_at + second] = total
    for u in exceptions.order:
        begin = structure.second_at + u * second
        weights = parameters[begin : begin + second]
        a = own[u, 0] * scale
        b = own[u, 1] * scale if features > 1 else np.float32(0.0)
        sums = work.by_pattern[exceptions.pattern[u]]
        of_x, of_y, of_one = combine_and_multiply(row, a, b, bias[u] * scale, -shift, sums, weights)
        for e in range(exceptions.start[u], exceptions.start[u + 1]):
            s = exceptions.sample[e]
            value = exceptions.sign[e] * add_and_multiply(row, exceptions.value[e] * scale, deltas[s], weights)
            of_x += value * inputs[0, s]
            of_y += value * inputs[1, s]
            of_one += value
        own_gradient[u, 0] = of_x * scale
        if features > 1:
            own_gradient[u, 1] = of_y * scale
        bias_gradient[u] = of_one * scale
        adam_masked(parameters, row, step, begin, begin + second)
    constant = parameters[structure.constant_bias_at : structure.constant_bias_at + constants]
    constant_gradient = work.gradient[structure.constant_bias_at : structure.constant_bias_at + constants]
    for n in range(constants):
        begin = structure.second_at + (varying + n) * second
        off = constant[n] <= np.float32(0.0)
        activity = (np.float32(0.0) if off else constant[n]) * scale - shift
        constant_gradient[n] = np.float32(0.0) if off else scale * product(parameters[begin : begin + second], total)
        for j in range(second):
            row[j] = activity * total[j]
        adam_masked(parameters, row, step, begin, begin + second)
