"""The training of one arm, as controls see it: which steps, on which paths, and which of them is maintenance.

Training between the stabiliser and its washout is maintenance, also where an arm's treatment holds its own
tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from resynapse.protocol.routes import Route, RouteStep, stops
from resynapse.protocol.steps import Decay, Discontinue, Stabilise, Train


@dataclass(frozen=True, slots=True)
class Training:
    """One training step.

    Parameters
    ----------
    number : among the training steps of its section, as `Change.which` counts them.
    step : what is trained.
    maintains : it is between a stabiliser and its washout.
    stopped : the drug was discontinued before it, in its section.
    """

    number: int
    step: Train
    maintains: bool
    stopped: bool

    @property
    def exposure(self) -> float:
        """Learning rate times epochs; maintenance is no part of it."""
        return 0.0 if self.maintains else self.step.lr * self.step.epochs


@dataclass(frozen=True, slots=True)
class Course:
    """The training steps along one path, and beside each the side paths that start before the next one.

    Parameters
    ----------
    first : side paths that start before any training.
    steps : each training step with the side paths after it.
    """

    first: tuple[Course, ...]
    steps: tuple[tuple[Training, tuple[Course, ...]], ...]

    def every(self) -> Iterator[Training]:
        """Every training step, side paths included, in the order of the numbers."""
        for course in self.first:
            yield from course.every()
        for training, aside in self.steps:
            yield training
            for course in aside:
                yield from course.every()

    @property
    def most(self) -> float:
        """The largest exposure on a way to an end."""
        return max((self._left[0], *(course.most for course in self.first)))

    @property
    def _left(self) -> list[float]:
        """The largest exposure from each training step to an end."""
        left = [0.0]
        for training, aside in reversed(self.steps):
            left.append(training.exposure + max(left[-1], *(course.most for course in aside), 0.0))
        return left[::-1]

    def rates(self, target: float) -> Iterator[tuple[int, float]]:
        """The learning rate of each step, by its number, with which every way to an end has the exposure `target`.

        Steps along one way keep their proportions where no side path asks for others.
        """
        for course in self.first:
            yield from course.rates(target)
        for (training, aside), left in zip(self.steps, self._left[:-1], strict=True):
            if training.exposure > 0:
                rate = training.step.lr * target / left
                yield training.number, rate
                target -= rate * training.step.epochs
            for course in aside:
                yield from course.rates(target)


def course(route: Route, section: str) -> Course:
    """The training of one section of an arm."""
    numbers = count(1)

    def of(path: Route, stopped: bool) -> Course:
        washout = max((i for i, stop in enumerate(path) if isinstance(stop.step, Decay)), default=-1)
        given = False
        first: list[Course] = []
        steps: list[tuple[Training, list[Course]]] = []
        for index, stop in enumerate(path):
            if isinstance(stop.step, Train):
                steps.append((Training(next(numbers), stop.step, given and index < washout, stopped), []))
            given = given or isinstance(stop.step, Stabilise)
            stopped = stopped or isinstance(stop.step, Discontinue)
            inside = of(stop.fork, stopped) if stop.fork else Course((), ())
            if inside != Course((), ()):
                (steps[-1][1] if steps else first).append(inside)
        return Course(tuple(first), tuple((training, tuple(aside)) for training, aside in steps))

    return of(tuple(stop for stop in route if within(stop) == section), False)


def within(stop: RouteStep) -> str:
    """The section that a stop of the main path belongs to; that of its side path where it is one alone."""
    return next((s.section for s in stops((stop,)) if s.stream), "")
