"""Modulation: the drug state and the noise that act on every hidden layer, and the forward rule.

The rule stands here once, as arithmetic on one layer; the engines follow it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from resynapse.networks.base import FloatArray

Activation = Literal["relu", "tanh"]

GAIN_CAP = 1.05
"""Gain that full stabiliser protection allows (article, Methods, mood stabiliser)."""
PROTECTION_SHIFT = 0.15
"""Downward shift of hidden activity under full protection, in activity units."""
PROTECTION_BIAS_RELIEF = 0.3
"""Share of the biased noise's mean that full protection removes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modulation:
    """What acts on the hidden layers; the default is the neutral drug state.

    Parameters
    ----------
    gain : multiplier of hidden activity, above 0 (SSRI-like and ketamine-like raise it).
    inhibition : tonic inhibition as a multiplier in (0, 1]; 1 is none (neurosteroid-like).
    activation : ``relu`` or ``tanh``.
    noise_mean, noise_sd : internal Gaussian noise added to every hidden unit and sample, fresh each pass.
    protection : of the mood stabiliser, in [0, 1]; 1 is full.
    layers : hidden layers, counted from 1, that the drug (gain, inhibition, activation) acts on; empty means all. Noise
        and stabiliser act on every layer.

    Source: article, Methods, treatments and mood stabiliser.
    """

    gain: float = 1.0
    inhibition: float = 1.0
    activation: Activation = "relu"
    noise_mean: float = 0.0
    noise_sd: float = 0.0
    protection: float = 0.0
    layers: tuple[int, ...] = ()

    def of_layer(self, layer: int) -> Modulation:
        """What acts on one hidden layer, counted from 1: where the drug does not act, it is neutral."""
        if not self.layers:
            return self
        if layer in self.layers:
            return replace(self, layers=())
        return replace(self, gain=NEUTRAL.gain, inhibition=NEUTRAL.inhibition, activation=NEUTRAL.activation, layers=())

    @property
    def effective_gain(self) -> float:
        """Gain after the stabiliser's cap, where the drug acts: full protection caps it at 1.05, none leaves it."""
        if self.protection == 0.0:
            return self.gain
        cap = GAIN_CAP + (1.0 - self.protection) * (self.gain - GAIN_CAP)
        return min(self.gain, max(GAIN_CAP, cap))

    @property
    def scale(self) -> float:
        """What hidden activity is multiplied by: inhibition times effective gain."""
        return self.inhibition * self.effective_gain

    @property
    def noise_offset(self) -> float:
        """Mean of the internal noise that the stabiliser lets through."""
        return self.noise_mean * (1.0 - PROTECTION_BIAS_RELIEF * self.protection)

    @property
    def shift(self) -> float:
        """What the stabiliser subtracts from hidden activity."""
        return PROTECTION_SHIFT * self.protection


NEUTRAL = Modulation()
"""The neutral drug state: gain 1, no inhibition, ReLU, no noise, no stabiliser."""


def hidden_activity(
    preactivation: FloatArray,
    modulation: Modulation,
    noise: FloatArray | None = None,
    noise_scale: FloatArray | None = None,
) -> FloatArray:
    """Activity of one hidden layer: ``(act(z) + sd*N + mean') * inhibition * gain' - 0.15*protection``.

    Parameters
    ----------
    preactivation : W h + bias, shape (units, samples).
    modulation : what acts on this layer (`Modulation.of_layer`).
    noise : standard normal numbers of the same shape, or None where ``noise_sd`` is 0.
    noise_scale : what mean and sd of the noise are multiplied by in each unit, shape (units,); None is 1 in all.

    The result is not rectified again. Source: article, Methods, network and mood stabiliser.
    """
    activity = activate(preactivation, modulation.activation)
    if noise_scale is None:
        activity = activity + modulation.noise_offset
        if noise is not None:
            activity = activity + modulation.noise_sd * noise
    else:
        added = modulation.noise_offset + (0.0 if noise is None else modulation.noise_sd * noise)
        activity = activity + noise_scale[:, None] * added
    return activity * modulation.scale - modulation.shift


def activate(preactivation: FloatArray, activation: Activation) -> FloatArray:
    """ReLU or tanh."""
    return np.tanh(preactivation) if activation == "tanh" else np.maximum(preactivation, 0)


def slope(activated: FloatArray, activation: Activation) -> FloatArray:
    """Derivative of the activation, from its value: 1 - h**2 for tanh; 1 where h > 0 for ReLU."""
    return 1 - activated**2 if activation == "tanh" else (activated > 0).astype(activated.dtype)
