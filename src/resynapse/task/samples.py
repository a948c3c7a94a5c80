"""Training, test and clean sets from an existing table; each subject gets its own random split of the rows.

Inputs are centred and scaled with statistics of the training set alone. The scale is the root mean square of the
features' sd, by default that of the published task, so that input noise of sd 1 weighs as much beside a feature as it
does there. The same is true of the noise levels inside: a fresh hidden unit's weights have variance 1 / (3 fan_in), so
its input has a mean square of scale**2 / 3, whatever the number of features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resynapse.randomness import Key, permutation
from resynapse.task.base import Sizes, Split, TaskData

PUBLISHED_SCALE = 3.1
"""Sd of a feature of the published task: the root of 3**2 between centres and 0.8**2 within classes."""

SMALLEST_SPREAD = 1e-100
"""An sd below this counts as none, so that no input overflows."""


def divided(
    inputs: NDArray[np.float64], labels: NDArray[np.int64], sizes: Sizes, key: Key, *, scale: float, each: bool
) -> TaskData:
    """The sets of one subject: disjoint, in sum at most the whole table.

    Parameters
    ----------
    inputs, labels : the table, shapes (rows, features) and (rows,).
    sizes : samples of each set; the size of the training set does not change the other sets.
    scale : root mean square, over the features, of their sd in the training set.
    each : every feature gets this sd, where it varies at all; else one factor serves all features.
    """
    order = permutation(key.of("split"), labels.size)
    test, clean, train = np.split(order, np.cumsum([sizes.test, sizes.clean]))
    train = train[: sizes.train]
    centre, spread = inputs[train].mean(axis=0), inputs[train].std(axis=0)
    # a feature that is constant in the training set can teach nothing; its sd may be a rounding, not zero
    spread[np.ptp(inputs[train], axis=0) == 0] = 0.0
    if not each:
        spread = np.full_like(spread, np.sqrt(np.mean(spread**2)))
    factor = np.divide(scale, spread, out=np.zeros_like(spread), where=spread > SMALLEST_SPREAD)

    def part(rows: NDArray[np.int64]) -> Split:
        return Split(inputs=np.ascontiguousarray(((inputs[rows] - centre) * factor).T), labels=labels[rows])

    return TaskData(train=part(train), test=part(test), clean=part(clean))


def check_scale(scale: float) -> None:
    """Refuse a scale that is not a positive number.

    Raises
    ------
    ValueError : it is not above 0.
    """
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"scale is {scale}; it must be above 0")
