"""What training minimises: cross-entropy of class scores, or squared error where a set has targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resynapse.task.base import Split

Scores = NDArray[np.floating]
"""Shape (classes, samples), or (steps, classes, samples) where every step is read out."""


def part_of(data: Split, chosen: NDArray[np.int64] | slice) -> Split:
    """Some samples of a set, in this order."""
    targets = None if data.targets is None else data.targets[..., chosen]
    return Split(data.inputs[..., chosen], data.labels[chosen], targets)


def loss(scores: Scores, batch: Split) -> float:
    """Mean over samples (and steps) of the cross-entropy in nats, or of the summed squared error of a sample."""
    if batch.targets is not None:
        return float(np.sum((scores - batch.targets) ** 2) / batch.labels.size)
    shifted = scores - scores.max(axis=-2, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-2))
    return float(np.mean(log_sum - shifted[..., batch.labels, np.arange(batch.labels.size)]))


def slopes(scores: Scores, batch: Split) -> Scores:
    """Derivative of the loss by each score, the shape of the scores."""
    if batch.targets is not None:
        return np.asarray(2.0 * (scores - batch.targets) / batch.labels.size)
    shifted = np.exp(scores - scores.max(axis=-2, keepdims=True))
    found = shifted / shifted.sum(axis=-2, keepdims=True)
    found[..., batch.labels, np.arange(batch.labels.size)] -= 1.0
    return np.asarray(found / (found.size // found.shape[-2]))
