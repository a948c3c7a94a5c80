"""What training minimises: cross-entropy of class scores, or squared error where a set has targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resynapse.networks.base import FloatArray
from resynapse.task import Split


def batch_of(data: Split, chosen: NDArray[np.int64]) -> Split:
    """Some samples of a set, in this order."""
    targets = None if data.targets is None else data.targets[..., chosen]
    return Split(data.inputs[..., chosen], data.labels[chosen], targets)


def loss(scores: FloatArray, batch: Split) -> float:
    """Mean over samples of the cross-entropy in nats; or of the squared error, summed over outputs and steps."""
    if batch.targets is not None:
        return float(np.sum((scores - batch.targets) ** 2) / batch.labels.size)
    shifted = scores - scores.max(axis=0)
    log_sum = np.log(np.exp(shifted).sum(axis=0))
    return float(np.mean(log_sum - shifted[batch.labels, np.arange(batch.labels.size)]))


def slopes(scores: FloatArray, batch: Split) -> FloatArray:
    """Derivative of the loss by each score, the shape of the scores."""
    if batch.targets is not None:
        return np.asarray(2.0 * (scores - batch.targets) / batch.labels.size)
    shifted = np.exp(scores - scores.max(axis=0))
    found = shifted / shifted.sum(axis=0)
    found[batch.labels, np.arange(batch.labels.size)] -= 1.0
    return np.asarray(found / batch.labels.size)
