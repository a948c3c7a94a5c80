"""Folded training: one epoch of Adam steps."""

from __future__ import annotations

import numpy as np

from resynapse.engine.base import BETA1, BETA2
from resynapse.engine.kernels.fold_backward import class_deltas, fold_backward
from resynapse.engine.kernels.fold_forward import fold_forward, sort_by_class
from resynapse.engine.kernels.optimiser import Step
from resynapse.engine.kernels.options import kernel


@kernel
def fold_epoch(  # type: ignore[no-untyped-def]
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
    begin = 0
    while begin < order.size:
        samples = min(batch_size, order.size - begin)
        sort_by_class(work, inputs, labels, order, begin, samples)
        fold_forward(structure, parameters, modulations, samples, work)
        class_deltas(structure, samples, work)
        done += 1
        step = Step(
            first,
            second,
            structure.mask,
            np.float32(learning_rate / (1.0 - BETA1**done)),
            np.float32(1.0 / np.sqrt(1.0 - BETA2**done)),
        )
        fold_backward(structure, parameters, modulations, samples, work, step)
        begin += samples
    return done
