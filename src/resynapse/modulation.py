"""Modulation: the drug state and the noise that act on hidden activity, and the rule by which they do.

The rule is written once, as arithmetic on the activity of one site; architectures and engines follow it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

Activation = Literal["relu", "tanh"]

GAIN_CAP = 1.05
"""Gain that full stabiliser protection allows (article, Methods, mood stabiliser)."""
PROTECTION_SHIFT = 0.15
"""Downward shift of hidden activity under full protection, in activity units."""
PROTECTION_BIAS_RELIEF = 0.3
"""Share of the biased noise's mean that full protection removes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modulation:
    """The drug state, noise and stabiliser that act on hidden activity; the default is the neutral drug state.

    Parameters
    ----------
    gain : multiplier of hidden activity, above 0 (SSRI-like and ketamine-like raise it).
    inhibition : tonic inhibition as a multiplier in (0, 1]; 1 is none (neurosteroid-like).
    activation : ``relu`` or ``tanh``.
    noise_mean, noise_sd : internal Gaussian noise added to every hidden unit and sample, fresh each pass.
    noise_on : where it acts: ``architecture`` is where the architecture has its internal noise (hidden units of the
        perceptron, input of gated recurrent units), ``hidden`` is on hidden units in every architecture.
    noise_at : steps of a sequence, from 0, in which it acts; empty means all. Only for architectures with
        `Architecture.noise_in_time`.
    protection : of the mood stabiliser, in [0, 1]; 1 is full.
    sites : names of the hidden activities (`Architecture.sites`) that the drug (gain, inhibition, activation) acts on;
        empty means all. Noise and stabiliser act on every site.

    Source: article, Methods, treatments and mood stabiliser.
    """

    gain: float = 1.0
    inhibition: float = 1.0
    activation: Activation = "relu"
    noise_mean: float = 0.0
    noise_sd: float = 0.0
    protection: float = 0.0
    sites: tuple[str, ...] = ()
    noise_on: Literal["architecture", "hidden"] = "architecture"
    noise_at: tuple[int, ...] = ()

    @property
    def noisy(self) -> bool:
        """Whether internal noise has to be drawn."""
        return self.noise_sd > 0.0

    def at(self, site: str) -> Modulation:
        """The modulation of one site; neutral gain, inhibition and activation if the drug does not act there."""
        if not self.sites:
            return self
        if site in self.sites:
            return replace(self, sites=())
        return replace(self, gain=NEUTRAL.gain, inhibition=NEUTRAL.inhibition, activation=NEUTRAL.activation, sites=())

    def in_step(self, time: int) -> Modulation:
        """What acts in one step of a sequence, from 0: without noise where `noise_at` leaves the step out."""
        if not self.noise_at or time in self.noise_at:
            return self
        return replace(self, noise_mean=0.0, noise_sd=0.0)

    @property
    def effective_gain(self) -> float:
        """Gain after the stabiliser's cap, where the drug acts: full protection caps it at 1.05, none leaves it."""
        if self.protection == 0.0:
            return self.gain
        cap = GAIN_CAP + (1.0 - self.protection) * (self.gain - GAIN_CAP)
        return min(self.gain, max(GAIN_CAP, cap))

    @property
    def scale(self) -> float:
        """Factor of hidden activity: inhibition times effective gain."""
        return self.inhibition * self.effective_gain

    @property
    def noise_offset(self) -> float:
        """Mean of the internal noise after the stabiliser's reduction."""
        return self.noise_mean * (1.0 - PROTECTION_BIAS_RELIEF * self.protection)

    @property
    def shift(self) -> float:
        """Amount that the stabiliser subtracts from hidden activity."""
        return PROTECTION_SHIFT * self.protection


NEUTRAL = Modulation()
"""The neutral drug state: gain 1, no inhibition, ReLU, no noise, no stabiliser."""


def transmitted(
    activated: FloatArray,
    modulation: Modulation,
    noise: FloatArray | None = None,
    noise_scale: FloatArray | None = None,
) -> FloatArray:
    """Output of the units of one site: ``(h + sd*N + mean') * inhibition * gain' - 0.15*protection``.

    Parameters
    ----------
    activated : output of the activation function, shape (units, samples).
    modulation : of this site (`Modulation.at`).
    noise : standard normal numbers of the same shape, or None where ``noise_sd`` is 0.
    noise_scale : factor of the noise's mean and sd in each unit, shape (units,); None means 1 in all.

    The result is not rectified again. Source: article, Methods, network and mood stabiliser.
    """
    activity = activated
    if noise_scale is None:
        activity = activity + modulation.noise_offset
        if noise is not None:
            activity = activity + modulation.noise_sd * noise
    else:
        added = modulation.noise_offset + (0.0 if noise is None else modulation.noise_sd * noise)
        activity = activity + noise_scale[:, None] * added
    return activity * modulation.scale - modulation.shift


def hidden_activity(
    preactivation: FloatArray,
    modulation: Modulation,
    noise: FloatArray | None = None,
    noise_scale: FloatArray | None = None,
) -> FloatArray:
    """Activity of one site from its preactivation, shape (units, samples): `transmitted` after `activate`."""
    return transmitted(activate(preactivation, modulation.activation), modulation, noise, noise_scale)


def activate(preactivation: FloatArray, activation: Activation) -> FloatArray:
    """ReLU or tanh, in the array library of its argument."""
    library = library_of(preactivation)
    found: FloatArray = library.tanh(preactivation) if activation == "tanh" else library.maximum(preactivation, 0)
    return found


def slope(activated: FloatArray, activation: Activation) -> FloatArray:
    """Derivative of the activation, from its value: 1 - h**2 for tanh; 1 where h > 0 for ReLU."""
    return 1 - activated**2 if activation == "tanh" else (activated > 0).astype(activated.dtype)


def library_of(array: Any) -> Any:
    """The array library whose functions take `array`."""
    return np if isinstance(array, np.ndarray) else array.__array_namespace__()
