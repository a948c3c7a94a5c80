"""What acts on every site as numbers that compiled code takes as arguments, so that a ramp compiles once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from resynapse.modulation import Activation, Modulation

NUMBERS = ("effective_gain", "inhibition", "scale", "shift", "noise_offset", "noise_sd")
"""What the rule of one site computes with, in this order."""


class Form(NamedTuple):
    """What of one site decides which code is compiled."""

    activation: Activation
    noisy: bool
    noise_on: str
    noise_at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TracedSite:
    """`Modulation` of one site for compiled code: its numbers may be traced arrays."""

    effective_gain: float
    inhibition: float
    scale: float
    shift: float
    noise_offset: float
    noise_sd: float
    activation: Activation
    noisy: bool
    noise_on: str
    noise_at: tuple[int, ...]

    def in_step(self, time: int) -> TracedSite:
        """What acts in one step of a sequence, from 0."""
        if not self.noise_at or time in self.noise_at:
            return self
        return replace(self, noise_offset=0.0, noise_sd=0.0, noisy=False)


class TracedModulation:
    """`Modulation` for compiled code: `at` gives what acts on a site."""

    def __init__(self, forms: dict[str, Form], numbers: dict[str, tuple[float, ...]]) -> None:
        self.forms, self.numbers = forms, numbers

    def at(self, site: str) -> TracedSite:
        """What acts on one site."""
        form, (gain, inhibition, scale, shift, offset, sd) = self.forms[site], self.numbers[site]
        return TracedSite(gain, inhibition, scale, shift, offset, sd, *form)


def resolved(
    modulation: Modulation, sites: Iterable[str]
) -> tuple[tuple[tuple[str, Form], ...], dict[str, tuple[float, ...]]]:
    """By site, the form of a modulation (hashable), and its numbers."""
    here = {site: modulation.at(site) for site in sites}
    forms = tuple((site, Form(m.activation, m.noisy, m.noise_on, m.noise_at)) for site, m in here.items())
    return forms, {site: tuple(float(getattr(m, name)) for name in NUMBERS) for site, m in here.items()}
