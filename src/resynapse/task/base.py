"""What every classification task gives: three sets for each subject, features, classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from resynapse.randomness import Key

MOST_SAMPLES = 100_000_000
"""Most samples of one set."""


@dataclass(frozen=True, slots=True)
class Split:
    """One set of samples.

    Parameters
    ----------
    inputs : float64 of shape (features, samples), or (steps, features, samples) of a task with time.
    labels : int64 of shape (samples,).
    targets : float64 of shape (outputs, samples), or (steps, outputs, samples), where outputs are to have values
        (squared error); None where classes are to be told apart (cross-entropy).
    """

    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]
    targets: NDArray[np.float64] | None = None


def likeliest(scores: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the class with the highest score is the right one, shape (samples,); of sequences, at the last step."""
    last = scores[-1] if scores.ndim == 3 else scores
    return np.asarray(np.argmax(last, axis=0) == labels)


@dataclass(frozen=True, slots=True)
class TaskData:
    """The three sets of one subject: training, test and clean test."""

    train: Split
    test: Split
    clean: Split
    correct: Callable[[NDArray[np.floating], NDArray[np.int64]], NDArray[np.bool_]] = likeliest
    """Which samples are right, from scores and labels."""
    distracted: Callable[[Split, float], Iterator[Split]] | None = None
    """The same trials with a distractor of a strength, one set for each place in the delay; None without a delay."""


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


def outputs_of(task: Task) -> int:
    """Outputs of a network that learns the task: one for each class, unless the task says otherwise."""
    return int(getattr(task, "outputs", task.classes))


def steps_of(task: Task) -> int:
    """Steps of the task's sequences; 1 for a task without time."""
    return int(getattr(task, "steps", 1))


def has_time(task: Task) -> bool:
    """Whether the inputs of a task have steps of time."""
    return hasattr(task, "steps")


def wants_every_step(task: Task) -> bool:
    """Whether outputs are to have values in every step of the task's sequences, not in the last one alone."""
    return bool(getattr(task, "wants_every_step", False))


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
