"""Delayed match to sample: remember a cue over a delay, and say whether the next one is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from resynapse.randomness import Key, normals
from resynapse.task.base import Sizes, Split, TaskData

FIXATION, BLANK, CUE, LATE_DELAY, RESPONSE, END = 10, 2, 2, 10, 2, 5
"""Steps of every part but the delay: fixation, blank, each cue, second delay, response, end."""
EVERY = 4
"""Steps from one place of a distractor to the next."""
CONDITIONS = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)])
"""First and second cue of the four conditions."""
FALSE_RESPONSE = 0.75
"""An output above this before the response is a false response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayedMatch:
    """Two cues of +1 or -1 with a delay between them; the output is +1 at the response if they are equal, -1 if not.

    Parameters
    ----------
    repeats : training trials of each of the four conditions.
    test_repeats : trials of each condition in the test set; the clean set has one of each, without noise.
    delay : steps between the cues, 4 or more.
    noise_sd : SD of the observation noise on every input line in every step.

    Input lines: constant 1, first cue, second cue, three trial-phase lines (lines 2 and 3 are on in the fixation, line
    3 at the response, all of them in the last step). The target is 0 outside the response. Source: docs/recurrent.md;
    the noise on all lines is a choice.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    mappings: ClassVar[tuple[str, ...]] = ("non-match", "first-cue", "second-cue")
    """Other mappings: +1 if the cues differ, or the first or the second cue as it was."""
    wants_every_step: ClassVar[bool] = True

    repeats: int = 4
    test_repeats: int = 16
    delay: int = 25
    noise_sd: float = 0.1

    def __post_init__(self) -> None:
        for name, least in (("repeats", 1), ("test_repeats", 1), ("delay", 4)):
            value = getattr(self, name)
            if not least <= value <= 10_000:
                raise ValueError(f"{name} is {value}; give {least} to 10000")
        if not (np.isfinite(self.noise_sd) and self.noise_sd >= 0):
            raise ValueError(f"noise_sd is {self.noise_sd}; it must be 0 or more")

    @property
    def features(self) -> int:
        """Input lines."""
        return 6

    @property
    def classes(self) -> int:
        """Match or no match."""
        return 2

    @property
    def outputs(self) -> int:
        """One output."""
        return 1

    @property
    def steps(self) -> int:
        """Steps of a trial."""
        return self.response[1] + END

    @property
    def cues(self) -> tuple[int, int]:
        """First steps of both cues, from 0."""
        first = FIXATION + BLANK
        return first, first + CUE + self.delay

    @property
    def response(self) -> tuple[int, int]:
        """First step of the response, from 0, and the step after its last."""
        start = self.cues[1] + CUE + LATE_DELAY
        return start, start + RESPONSE

    @property
    def sizes(self) -> Sizes:
        """Trials of each set."""
        return Sizes(4 * self.repeats, 4 * self.test_repeats, 4)

    def draw(self, key: Key) -> TaskData:
        """The trials of the subject of `key`; conditions follow one another."""
        return TaskData(
            train=self._trials(key.of("train"), self.repeats, self.noise_sd),
            test=self._trials(key.of("test"), self.test_repeats, self.noise_sd),
            clean=self._trials(key.of("clean"), 1, 0.0),
            correct=self.correct,
            distracted=self.distracted,
        )

    def correct(self, scores: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which trials are right: the mean output at the response is within 1 of the target, no false response before.

        Parameters
        ----------
        scores : shape (steps, 1, trials).
        """
        start, end = self.response
        target = 2.0 * labels - 1.0
        near = np.abs(scores[start:end, 0].mean(axis=0) - target) < 1.0
        return np.asarray(near & (scores[:start, 0].max(axis=0) <= FALSE_RESPONSE))

    def relabelled(self, split: Split, mapping: str) -> Split:
        """The trials of a whole set with the answers of another mapping."""
        first, second = CONDITIONS[np.arange(split.labels.size) % len(CONDITIONS)].T
        answers = {"non-match": -first * second, "first-cue": first, "second-cue": second}[mapping]
        return Split(split.inputs, (answers > 0).astype(np.int64), self._targets(answers))

    @property
    def distractors(self) -> range:
        """First steps of a distractor, from 0: every fourth of the delay, from its second."""
        return range(self.cues[0] + CUE + 1, self.cues[1] - CUE, EVERY)

    def distracted(self, split: Split, strength: float) -> Iterator[Split]:
        """The trials with the first-cue line overwritten for two steps by the wrong sign, at each place of the delay.

        Parameters
        ----------
        strength : of the distractor, 0 or more; the cue has 1.
        """
        cue = np.sign(split.inputs[self.cues[0] : self.cues[0] + CUE, 1].mean(axis=0))
        for start in self.distractors:
            inputs = np.array(split.inputs)
            inputs[start : start + CUE, 1] = -strength * cue
            yield Split(inputs, split.labels, split.targets)

    def _trials(self, key: Key, repeats: int, sd: float) -> Split:
        conditions = np.tile(CONDITIONS, (repeats, 1))
        trials = len(conditions)
        inputs = np.zeros((self.steps, self.features, trials))
        inputs[:, 0] = 1.0
        for line, start in enumerate(self.cues, 1):
            inputs[start : start + CUE, line] = conditions[:, line - 1]
        start, end = self.response
        inputs[:FIXATION, 4:6] = 1.0
        inputs[start:end, 5] = 1.0
        inputs[-1, 3:6] = 1.0
        if sd > 0:
            noise = [normals(key.of("inputs"), self.features, trials, time=time) for time in range(self.steps)]
            inputs += sd * np.stack(noise)
        match = conditions[:, 0] * conditions[:, 1]
        return Split(inputs, (match > 0).astype(np.int64), self._targets(match))

    def _targets(self, answers: NDArray[np.int64]) -> NDArray[np.float64]:
        """The output that is wanted in every step: 0, and +1 or -1 at the response."""
        targets = np.zeros((self.steps, 1, answers.size))
        start, end = self.response
        targets[start:end, 0] = answers
        return targets
