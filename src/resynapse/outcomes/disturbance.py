"""What a test adds to a network: noise on the input, inside, or both, and the share that is right under it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resynapse.modulation import NEUTRAL, Modulation
from resynapse.outcomes.examination import Examination
from resynapse.randomness import Key, normals
from resynapse.task import Split
from resynapse.tolerance import tolerance

KEPT = 0.75
"""Share of its accuracy above chance that an intact network keeps under noise of calibrated strength 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """Noise of one test.

    Parameters
    ----------
    input_sd : SD of the noise on every input, drawn anew in every step of a sequence.
    internal_mean, internal_sd : of the internal noise.
    own : internal noise is in units of each unit's own SD over the test set.
    on_hidden : internal noise acts on hidden units in every architecture (`Modulation.noise_on`).
    pulse : internal noise acts in the middle step of a sequence alone.
    """

    input_sd: float = 0.0
    internal_mean: float = 0.0
    internal_sd: float = 0.0
    own: bool = False
    on_hidden: bool = False
    pulse: bool = False

    @property
    def random(self) -> bool:
        """Whether anything is drawn."""
        return self.input_sd > 0 or self.internal_sd > 0

    def times(self, factor: float, *, internal: float = 1.0) -> Disturbance:
        """The same noise, all of it times `factor`, and internal noise times `internal` besides."""
        return replace(
            self,
            input_sd=self.input_sd * factor,
            internal_mean=self.internal_mean * factor * internal,
            internal_sd=self.internal_sd * factor * internal,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Noise of strength 1 of a family of tests, and the name of the family."""

    family: str
    noise: Disturbance


def share_right(seen: Examination, name: str, noise: Disturbance, split: Literal["clean", "test"] = "test") -> float:
    """Accuracy in % under the noise, drawn from the stream `name`."""
    data = getattr(seen.data, split)
    acting = noise.times(1.0, internal=1.0 if noise.own else seen.noise_scale)
    noisy = replace(
        seen.modulation,
        noise_mean=acting.internal_mean,
        noise_sd=acting.internal_sd,
        noise_on="hidden" if noise.on_hidden else "architecture",
        noise_at=(len(data.inputs) // 2,) if noise.pulse else (),
    )
    own = (noise.own or seen.own_noise) and noise.internal_sd > 0
    first = seen.first_draw - 1
    keys = [_of_draw(seen.key.of(name), draw) for draw in range(first, first + (seen.draws if noise.random else 1))]
    right = [
        seen.once(
            (noisy, own, noise.input_sd, split, key if noise.random else None),
            partial(_right, seen, data, noisy, noise.input_sd, key, own=own),
        )
        for key in keys
    ]
    return 100.0 * (sum(right) / len(right))


def _right(seen: Examination, data: Split, noisy: Modulation, input_sd: float, key: Key, *, own: bool) -> float:
    """The share of right answers in one draw of the noise."""
    inputs = data.inputs
    if input_sd > 0:
        inputs = inputs + input_sd * _input_noise(key.of("input"), inputs.shape)
    internal = key.of("internal") if noisy.noise_sd > 0 else None
    # a responder of a plug-in's test may not accept noise_scale, so it is passed only if needed
    scaled = {"noise_scale": seen.spread} if own else {}
    scores = seen.responder.respond(seen.network, inputs, noisy, internal, **scaled)
    return float(np.mean(seen.data.correct(scores, data.labels)))


def _of_draw(key: Key, draw: int) -> Key:
    return key.of(f"draw={draw + 1}") if draw else key


def calibrated(seen: Examination, unit: Unit) -> float | None:
    """The strength at which the subject's intact network keeps `KEPT` of its accuracy above chance.

    It is found once for each subject and family, in the neutral drug state; None where the intact network has nothing
    to lose, and 1 where noise is not calibrated.
    """
    if seen.calibration is None:
        return 1.0
    intact, found = seen.calibration.intact, seen.calibration.found
    if unit.family not in found:
        alone = Examination(intact, NEUTRAL, seen.calibration.data, seen.calibration.key, seen.responder)
        found[unit.family] = tolerance(
            lambda strength: share_right(alone, unit.family, unit.noise.times(strength)), intact.classes, kept=KEPT
        )
    return found[unit.family]


def _input_noise(key: Key, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Standard normal numbers for inputs; of sequences, drawn anew in every step."""
    if len(shape) == 2:
        return normals(key, *shape)
    return np.stack([normals(key, *shape[1:], time=time) for time in range(shape[0])])
