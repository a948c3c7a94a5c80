"""What every classification task gives: three sets for each subject, features, classes."""

from __future__ import annotations

from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from resynapse.randomness import Key

MOST_SAMPLES = 100_000_000
"""Most samples of one set."""


@dataclass(frozen=True, slots=True)
class Split:
    """Inputs, float64 of shape (features, samples), and labels, int64 of shape (samples,)."""

    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TaskData:
    """The three sets of one subject: training, test and clean test."""

    train: Split
    test: Split
    clean: Split


class Sizes(NamedTuple):
    """Samples of each set."""

    train: int
    test: int
    clean: int


class Task(Protocol):
    """A classification task of a simulated network.

    A kind of task is a frozen, keyword-only dataclass whose fields are the keys of `task` in a protocol file. A field
    that gives only the location of data, not its content, has ``metadata={"decides": False}``.
    """

    @property
    def features(self) -> int:
        """Number of input features."""

    @property
    def classes(self) -> int:
        """Number of classes, 2 or more."""

    @property
    def sizes(self) -> Sizes:
        """Samples of each set, known before anything is drawn."""

    def draw(self, key: Key) -> TaskData:
        """The sets of the subject of `key`: a pure function of the task and the key."""


def location_fields(kind: type[Task]) -> tuple[str, ...]:
    """The fields of a kind of task that give only the location of data."""
    named: tuple[Field[Any], ...] = fields(kind) if is_dataclass(kind) else ()
    return tuple(one.name for one in named if not one.metadata.get("decides", True))


def check_sizes(sizes: Sizes) -> None:
    """Refuse empty sets, and sets too large for any machine.

    Raises
    ------
    ValueError : names the set.
    """
    for name, samples in sizes._asdict().items():
        if samples < 1:
            raise ValueError(f"{name} is {samples}; at least 1 sample is needed")
        if samples > MOST_SAMPLES:
            raise ValueError(f"{name} is {samples}; at most {MOST_SAMPLES} samples are possible")
