"""The published task: four Gaussian classes in the plane (Cheung 2026, Methods, task)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from resynapse.randomness import Key, normals, uniforms
from resynapse.task.base import Sizes, Split, TaskData, check_sizes

PUBLISHED_CENTRES = ((-3.0, -3.0), (3.0, 3.0), (-3.0, 3.0), (3.0, -3.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianBlobs:
    """Isotropic Gaussian classes around fixed centres, labels drawn uniformly (not balanced).

    Parameters
    ----------
    centres : one point per class.
    sd : standard deviation of the training and test clouds, in units of the plane; the clean set has 0.
    train, test, clean : number of samples of each set.

    Source: article, Methods, task. Every subject draws its own sets.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    centres: tuple[tuple[float, ...], ...] = PUBLISHED_CENTRES
    sd: float = 0.8
    train: int = 12_000
    test: int = 4_000
    clean: int = 2_000

    def __post_init__(self) -> None:
        if len(self.centres) < 2 or len({len(c) for c in self.centres}) != 1 or not self.centres[0]:
            raise ValueError("centres must be two or more points with the same number of coordinates")
        if not np.isfinite(self.centres).all():
            raise ValueError("every coordinate of centres must be a finite number")
        if not (np.isfinite(self.sd) and self.sd >= 0):
            raise ValueError(f"sd is {self.sd}; it must be 0 or more")
        check_sizes(self.sizes)

    @property
    def features(self) -> int:
        """Number of input features."""
        return len(self.centres[0])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.centres)

    @property
    def sizes(self) -> Sizes:
        """Samples of each set."""
        return Sizes(self.train, self.test, self.clean)

    def draw(self, key: Key) -> TaskData:
        """The sets of the subject of `key`."""
        return TaskData(
            train=self._split(key.of("train"), self.train, self.sd),
            test=self._split(key.of("test"), self.test, self.sd),
            clean=self._split(key.of("clean"), self.clean, 0.0),
        )

    def _split(self, key: Key, samples: int, sd: float) -> Split:
        chosen = uniforms(key.of("labels"), 1, samples)[0] * self.classes
        labels = chosen.astype(np.int64)
        inputs = np.asarray(self.centres).T[:, labels]
        if sd > 0:
            inputs = inputs + sd * normals(key.of("inputs"), self.features, samples)
        return Split(inputs=np.ascontiguousarray(inputs), labels=labels)
