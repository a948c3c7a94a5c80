"""The published classes of points as sequences: one point in every step, or a new point of the class in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resynapse.randomness import Key, normals
from resynapse.task.base import Split, TaskData
from resynapse.task.blobs import GaussianBlobs

MOST_STEPS = 10_000
"""Most steps of a sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedPoint(GaussianBlobs):
    """A point of `gaussian-blobs` that is the input of every step.

    Parameters
    ----------
    steps : length of the sequence, 1 to 10 000.

    A step has no noise of its own in the sets; the input noise of a test is drawn anew in every step.

    Source: docs/recurrent.md.
    """

    steps: int = 20

    def __post_init__(self) -> None:
        GaussianBlobs.__post_init__(self)
        if not 1 <= self.steps <= MOST_STEPS:
            raise ValueError(f"steps is {self.steps}; a sequence has 1 to {MOST_STEPS}")

    def draw(self, key: Key) -> TaskData:
        """The sets of the subject of `key`: those of `gaussian-blobs`, in every step."""
        data = GaussianBlobs.draw(self, key)
        return TaskData(
            train=self._in_time(data.train, key.of("train"), self.sd),
            test=self._in_time(data.test, key.of("test"), self.sd),
            clean=self._in_time(data.clean, key.of("clean"), 0.0),
        )

    def _in_time(self, split: Split, key: Key, sd: float) -> Split:
        # a view: no step costs memory
        return Split(np.broadcast_to(split.inputs, (self.steps, *split.inputs.shape)), split.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResampledPoints(RepeatedPoint):
    """Each step has a new point of the same class: evidence that can be averaged over time.

    The first step is the point of `gaussian-blobs`; the others are drawn alike.
    """

    def _in_time(self, split: Split, key: Key, sd: float) -> Split:
        centres = np.asarray(self.centres).T[:, split.labels]
        steps = [split.inputs]
        for time in range(1, self.steps):
            steps.append(centres + sd * normals(key.of("inputs"), *centres.shape, time=time))
        return Split(np.stack(steps), split.labels)
