"""Compiled training: one epoch of Adam steps over a compacted network."""

from __future__ import annotations

import numpy as np

from resynapse.engine.base import BETA1, BETA2
from resynapse.engine.compiled.kernels.forward_backward import backward, forward, output_delta
from resynapse.engine.compiled.kernels.jit import NOUGHT, kernel
from resynapse.engine.compiled.kernels.lanes import LANES
from resynapse.engine.compiled.kernels.optimiser import Step
from resynapse.randomness import TILE


@kernel
def train_epoch(
    structure,
    parameters,
    first,
    second,
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
    batch_size : at most 128.
    steps_done : steps before this epoch; it is also the draw number of the training noise.
    """
    features = inputs.shape[0]
    classes = structure.rows[structure.rows.size - 1]
    # kernels read whole vectors, also of the last rows
    batch = np.zeros((features + LANES, TILE), np.float32)
    batch_labels = np.empty(TILE, np.int64)
    done = steps_done
    begin = NOUGHT
    while begin < order.size:
        samples = min(batch_size, order.size - begin)
        for s in range(samples):
            n = order[begin + s]
            batch_labels[s] = labels[n]
            for f in range(features):
                batch[f, s] = inputs[f, n]
        batch[:, samples:] = np.float32(0.0)
        forward(structure, parameters, batch, modulations, key0, key1, NOUGHT, done, work)
        output_delta(work.delta[:classes], batch_labels, samples)
        done += 1
        step = Step(
            first,
            second,
            structure.mask,
            np.float32(learning_rate / (1.0 - BETA1**done)),
            np.float32(1.0 / np.sqrt(1.0 - BETA2**done)),
        )
        backward(structure, parameters, work.gradient, batch, modulations, work, step)
        begin += samples
    return done
