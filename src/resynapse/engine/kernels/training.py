"""Compiled training: one epoch of Adam steps over a compacted network."""

from __future__ import annotations

import numpy as np

from resynapse.engine.base import BETA1, BETA2, EPSILON
from resynapse.engine.kernels.options import kernel
from resynapse.engine.kernels.passes import backward, forward, output_delta

_BETA1, _BETA2 = np.float32(BETA1), np.float32(BETA2)
_REST1, _REST2 = np.float32(1.0 - BETA1), np.float32(1.0 - BETA2)
_EPSILON = np.float32(EPSILON)
NEGLIGIBLE = np.float32(1e-15)
"""Gradients and first moments below this count as zero: Adam would move the weight by less than 1e-7 of the
learning rate, and their squares would be subnormal numbers, which processors handle slowly."""


@kernel
def adam_step(parameters, gradient, first, second, mask, rate, second_correction):  # type: ignore[no-untyped-def]
    """One masked Adam update; `rate` and `second_correction` carry the bias corrections."""
    for p in range(parameters.size):
        g = gradient[p]
        g = np.float32(0.0) if abs(g) < NEGLIGIBLE else g
        m = _BETA1 * first[p] + _REST1 * g
        m = np.float32(0.0) if abs(m) < NEGLIGIBLE else m
        v = _BETA2 * second[p] + _REST2 * g * g
        first[p] = m
        second[p] = np.float32(0.0) if v < np.float32(1e-36) else v
        parameters[p] = (parameters[p] - rate * m / (np.sqrt(v) * second_correction + _EPSILON)) * mask[p]


@kernel
def train_epoch(  # type: ignore[no-untyped-def]
    structure,
    parameters,
    first,
    second,
    gradient,
    inputs,
    labels,
    order,
    batch_size,
    modulations,
    learning_rate,
    steps_done,
    key0,
    key1,
    work,
):
    """Train one epoch in place and return the number of steps of the phase so far.

    Parameters
    ----------
    inputs, labels : the whole training set, (features, samples) and (samples,).
    order : the samples in the order of this epoch.
    steps_done : steps before this epoch; it is also the draw number of the training noise.
    """
    features = inputs.shape[0]
    buffer = np.empty(features * batch_size, np.float32)
    batch_labels = np.empty(batch_size, np.int64)
    step = steps_done
    begin = 0
    while begin < order.size:
        samples = min(batch_size, order.size - begin)
        batch = buffer[: features * samples].reshape(features, samples)
        for s in range(samples):
            n = order[begin + s]
            batch_labels[s] = labels[n]
            for f in range(features):
                batch[f, s] = inputs[f, n]
        forward(structure, parameters, batch, modulations, key0, key1, 0, step, work)
        classes = structure.rows[structure.rows.size - 1]
        output_delta(work.delta[: classes * samples].reshape(classes, samples), batch_labels)
        backward(structure, parameters, gradient, batch, modulations, work)
        step += 1
        correction1 = 1.0 - BETA1**step
        correction2 = 1.0 - BETA2**step
        adam_step(
            parameters,
            gradient,
            first,
            second,
            structure.mask,
            np.float32(learning_rate / correction1),
            np.float32(1.0 / np.sqrt(correction2)),
        )
        begin += samples
    return step
