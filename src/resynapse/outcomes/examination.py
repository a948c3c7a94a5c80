"""One subject at one condition, as outcomes see it, and what they need of an engine."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from resynapse.errors import ProtocolError
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import FloatArray, Network
from resynapse.randomness import Key
from resynapse.task import TaskData

T = TypeVar("T")


class Responder(Protocol):
    """The part of an engine that an outcome needs."""

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        """Class scores, shape (classes, samples)."""

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> Mapping[str, FloatArray]:
        """By site, the SD over `inputs` of each unit's activation, where internal noise is added."""

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> Mapping[str, float]:
        """By site, the mean absolute activity."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What noise is calibrated to.

    Parameters
    ----------
    intact : the subject's network before it lost anything.
    data : the sets with the task's own mapping.
    key : stream of the noise of the calibration.
    found : by family of tests, the strength that was found; filled as it is asked for.
    """

    intact: Network
    data: TaskData
    key: Key
    found: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Examination:
    """One subject at one condition, as an outcome sees it.

    Parameters
    ----------
    network, modulation : the subject's state; the drug state is on unless it was discontinued.
    data : the subject's task sets.
    key : the stream of this condition, shared by all arms.
    responder : the engine.
    marked : the network that change is measured from, or None.
    draws : independent noise draws that an accuracy under noise is the mean of.
    first_draw : number of the first of them, 1 or more.
    noise_scale : what mean and sd of internal noise are multiplied by; see `noise_scale`.
    own_noise : mean and sd of internal noise are in units of each unit's own SD; see `spread`.
    calibration : all noise is in units of what the intact network stands; None where it is not.
    known : what was found of this network on these sets, by what else decides it; filled as it is asked for.
        Conditions that differ in how their noise is scaled ask many of the same questions.
    """

    network: Network
    modulation: Modulation
    data: TaskData
    key: Key
    responder: Responder
    marked: Network | None = None
    draws: int = 1
    first_draw: int = 1
    noise_scale: float = 1.0
    own_noise: bool = False
    calibration: Calibration | None = None
    known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def spread(self) -> Mapping[str, FloatArray]:
        """By site, the SD of each unit over the test set, noise off, in the drug state of this condition.

        It is taken where internal noise is added: after the activation function, before inhibition and gain.
        """
        quiet = replace(self.modulation, noise_mean=0.0, noise_sd=0.0)
        return self.once(("spread", quiet), lambda: self.responder.spread(self.network, self.data.test.inputs, quiet))

    def once(self, what: Hashable, find: Callable[[], T]) -> T:
        """What `find` gives, found once for each network and `what`."""
        if what not in self.known:
            self.known[what] = find()
        found: T = self.known[what]
        return found


def mean_activity(by_site: Mapping[str, float]) -> float:
    """Mean over all sites alike, whatever their number of units."""
    return float(np.mean([*by_site.values()]))


def noise_scale(
    responder: Responder,
    inputs: NDArray[np.float64],
    network: Network,
    modulation: Modulation,
    reference: Network,
) -> float:
    """What internal noise is multiplied by to keep the ratio of noise to activity of `reference`.

    It is ``A / (inhibition * gain * A0)``. A is the mean absolute hidden activity of the state on `inputs`, noise off,
    at the gain in effect; A0 is that of `reference` in the neutral drug state. Noise enters a layer before inhibition
    and gain, so the noise that a layer passes on is that of a neutral layer times A / A0.

    Raises
    ------
    ProtocolError : A0 is 0.
    """
    acting = replace(modulation, gain=modulation.effective_gain, noise_mean=0.0, noise_sd=0.0, protection=0.0)
    own = mean_activity(responder.activity(network, inputs, acting))
    of_reference = mean_activity(responder.activity(reference, inputs, NEUTRAL))
    if not of_reference > 0:
        raise ProtocolError("noise cannot be scaled: the network at the end of the induction has no activity")
    return own / (acting.scale * of_reference)
