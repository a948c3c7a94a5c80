"""Folded training: one epoch of Adam steps."""

from __future__ import annotations

import numpy as np

from resynapse.engine.base import BETA1, BETA2
from resynapse.engine.compiled.kernels.fold_backward import (
    class_deltas,
    output_layer_back,
    second_layer_back,
    third_layer_back,
)
from resynapse.engine.compiled.kernels.fold_forward import first_layer, second_layer, sort_by_class
from resynapse.engine.compiled.kernels.fold_upper import output_layer, third_layer
from resynapse.engine.compiled.kernels.jit import NOUGHT, kernel
from resynapse.engine.compiled.kernels.optimiser import Step, adam_masked


@kernel
def fold_epoch(
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
    _key0,
    _key1,
    work,
):
    """Train one epoch in place and return the number of steps of the phase so far; arguments as of `train_epoch`.

    The key of the noise is there for the same form alone: a folded phase has none.
    """
    done = steps_done
    begin = NOUGHT
    while begin < order.size:
        samples = min(batch_size, order.size - begin)
        sort_by_class(work, inputs, labels, order, begin, samples)
        first_layer(structure, parameters, modulations, work)
        second_layer(structure, parameters, modulations, samples, work)
        third_layer(structure, parameters, modulations, samples, work)
        output_layer(structure, parameters, samples, work)
        class_deltas(structure, samples, work)
        done += 1
        step = Step(
            first,
            second,
            structure.mask,
            np.float32(learning_rate / (1.0 - BETA1**done)),
            np.float32(1.0 / np.sqrt(1.0 - BETA2**done)),
        )
        output_layer_back(structure, samples, work)
        third_layer_back(structure, parameters, modulations, samples, work, step)
        second_layer_back(structure, parameters, modulations, work, step)
        adam_masked(parameters, work.gradient, step, NOUGHT, structure.second_at)
        begin += samples
    return done
