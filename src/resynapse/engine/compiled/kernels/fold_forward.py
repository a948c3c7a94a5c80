"""The forward pass of a folded network over a batch sorted by class."""

from __future__ import annotations

import numpy as np

from resynapse.engine.compiled.kernels.fold_work import (
    PATTERNS,
    TERMS,
    add_scaled,
    clear,
    gather_classes,
    sort_by_pattern,
    spread,
)
from resynapse.engine.compiled.kernels.jit import inlined, kernel


@inlined
def relu_affine(out, x, y, rows):
    """Out = relu(out + x * rows[0] + y * rows[1] + rows[2])."""
    for j in range(out.size):
        z = (out[j] + x * rows[0, j]) + (y * rows[1, j] + rows[2, j])
        out[j] = np.float32(0.0) if z <= np.float32(0.0) else z


@kernel
def sort_by_class(work, inputs, labels, order, begin, samples):
    """Fill the batch from `samples` entries of `order`, class after class."""
    features, classes = inputs.shape[0], work.start.size - 1
    work.start[:] = 0
    for s in range(samples):
        work.start[labels[order[begin + s]] + 1] += 1
    for c in range(classes):
        work.start[c + 1] += work.start[c]
    place = work.start[:classes].copy()
    for s in range(samples):
        n = order[begin + s]
        at = place[labels[n]]
        place[labels[n]] += 1
        for f in range(features):
            work.inputs[f, at] = inputs[f, n]


@kernel
def first_layer(structure, parameters, samples, work):
    """Which units are mostly on in which class, and the pairs that differ."""
    features, classes = structure.features, structure.classes
    weights = parameters[: structure.varying * features].reshape(structure.varying, features)
    bias = parameters[structure.first_bias_at : structure.first_bias_at + structure.varying]
    z, start = work.preactivation, work.start
    exceptions, many = work.first, 0
    for u in range(structure.varying):
        for s in range(samples):
            z[s] = bias[u]
        for f in range(features):
            w = weights[u, f]
            for s in range(samples):
                z[s] += w * work.inputs[f, s]
        exceptions.start[u] = many
        pattern = 0
        for c in range(classes):
            begin, end = start[c], start[c + 1]
            on = 0
            for s in range(begin, end):
                on += not z[s] <= np.float32(0.0)
            mostly = 2 * on > end - begin
            pattern |= mostly << c
            if on == 0 or on == end - begin:
                continue
            for s in range(begin, end):
                if (not z[s] <= np.float32(0.0)) != mostly:
                    exceptions.sample[many] = s
                    exceptions.sign[many] = np.float32(-1.0) if mostly else np.float32(1.0)
                    exceptions.value[many] = -z[s] if mostly else z[s]
                    many += 1
        exceptions.pattern[u] = pattern
    exceptions.start[structure.varying] = many
    sort_by_pattern(exceptions)


@kernel
def second_layer(structure, parameters, modulations, samples, work):
    """Activation of the second layer: for each class an affine map of the inputs, plus what the exceptions add."""
    features, varying, constants, second = structure.features, structure.varying, structure.constants, structure.second
    scale = modulations.scale[0]
    shift = modulations.shift[0] - modulations.offset[0] * scale
    at = structure.second_at
    weights = parameters[at : at + (varying + constants) * second].reshape(varying + constants, second)
    own = parameters[: varying * features].reshape(varying, features)
    bias = parameters[structure.first_bias_at : structure.first_bias_at + varying]
    exceptions, activated, base = work.first, work.activated, work.base
    clear(work.by_pattern, exceptions.used)
    activated[:samples] = np.float32(0.0)
    base[:] = parameters[structure.second_bias_at : structure.second_bias_at + second]
    for u in exceptions.order:
        row = weights[u]
        a = own[u, 0] * scale
        b = own[u, 1] * scale if features > 1 else np.float32(0.0)
        spread(work.by_pattern[exceptions.pattern[u]], a, b, bias[u] * scale, -shift, row)
        for e in range(exceptions.start[u], exceptions.start[u + 1]):
            add_scaled(activated[exceptions.sample[e]], exceptions.value[e] * scale, row)
    constant = parameters[structure.constant_bias_at : structure.constant_bias_at + constants]
    for n in range(constants):
        b = constant[n]
        a = np.float32(0.0) if b <= np.float32(0.0) else b
        add_scaled(base, a * scale - shift, weights[varying + n])
    for pattern in range(PATTERNS):
        if exceptions.used[pattern]:
            add_scaled(base, np.float32(1.0), work.by_pattern[pattern, 3])
    gather_classes(work.by_class, work.by_pattern, exceptions.used, 3)
    for c in range(structure.classes):
        by_class = work.by_class[c]
        add_scaled(by_class[2], np.float32(1.0), base)
        for s in range(work.start[c], work.start[c + 1]):
            relu_affine(activated[s], work.inputs[0, s], work.inputs[1, s], by_class)


@kernel
def third_layer(structure, parameters, modulations, samples, work):
    """Activity of the third layer, the units' patterns and the pairs that differ (in `work.found`, by sample)."""
    second, third, classes = structure.second, structure.third, structure.classes
    scale = modulations.scale[1]
    shift = modulations.shift[1] - modulations.offset[1] * scale
    at = structure.third_at
    weights = parameters[at : at + third * second].reshape(third, second)
    hidden = work.third_hidden[:samples]
    np.dot(work.activated[:samples], weights.T, hidden)
    added = work.third_row
    added[:] = parameters[structure.third_bias_at : structure.third_bias_at + third]
    if shift != np.float32(0.0):
        for k in range(third):
            total = np.float32(0.0)
            for j in range(second):
                total += weights[k, j]
            added[k] -= shift * total
    mostly = work.mostly_on
    mostly[:] = 0
    for c in range(classes):
        for s in range(work.start[c], work.start[c + 1]):
            for k in range(third):
                z = hidden[s, k] * scale + added[k]
                hidden[s, k] = z
                mostly[c, k] += not z <= np.float32(0.0)
    pattern = work.third.pattern
    pattern[:] = 0
    for c in range(classes):
        size = work.start[c + 1] - work.start[c]
        for k in range(third):
            mostly[c, k] = 2 * mostly[c, k] > size
            pattern[k] |= mostly[c, k] << c
    _note_exceptions(structure, samples, work)
    scale, shift = modulations.scale[2], modulations.shift[2] - modulations.offset[2] * modulations.scale[2]
    for s in range(samples):
        for k in range(third):
            z = hidden[s, k]
            hidden[s, k] = (np.float32(0.0) if z <= np.float32(0.0) else z) * scale - shift


@kernel
def _note_exceptions(structure, samples, work):
    """List the third layer's exceptions, sorted by unit; their values are for the backward pass."""
    third = structure.third
    exceptions, hidden = work.third, work.third_hidden
    many = 0
    exceptions.start[:] = 0
    for c in range(structure.classes):
        mostly = work.mostly_on[c]
        for s in range(work.start[c], work.start[c + 1]):
            for k in range(third):
                if (not hidden[s, k] <= np.float32(0.0)) != (mostly[k] != 0):
                    work.found[many] = k * samples + s
                    many += 1
                    exceptions.start[k + 1] += 1
    for k in range(third):
        exceptions.start[k + 1] += exceptions.start[k]
    place = exceptions.start[:third].copy()
    for e in range(many):
        k, s = divmod(work.found[e], samples)
        at = place[k]
        place[k] += 1
        exceptions.sample[at] = s
        exceptions.sign[at] = np.float32(1.0) if hidden[s, k] > np.float32(0.0) else np.float32(-1.0)
    sort_by_pattern(exceptions)


@kernel
def output_layer(structure, parameters, samples, work):
    """Class scores, in `work.output`."""
    third, at = structure.third, structure.output_at
    weights = parameters[at : at + third * TERMS].reshape(third, TERMS)
    scores = work.output[:samples]
    np.dot(work.third_hidden[:samples], weights, scores)
    bias = parameters[structure.output_bias_at : structure.output_bias_at + TERMS]
    for s in range(samples):
        for k in range(TERMS):
            scores[s, k] += bias[k]
