"""What recurrent architectures share: layers with state, unrolled over the steps of a task's time axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from resynapse.modulation import FloatArray, Modulation
from resynapse.networks.base import Noise

MOST_UNITS = 100_000
"""Most units of a recurrent layer."""


class Drawn(NamedTuple):
    """Standard normal numbers of one step at one site: on its input, on its hidden units; None for no noise."""

    on_input: FloatArray | None
    on_hidden: FloatArray | None


def drawn(
    noise: Noise, here: Modulation, site: int, steps: int, *, features: int, units: int, samples: int
) -> list[Drawn]:
    """The noise of every step: on the input of the site, or on its hidden units where `Modulation.noise_on` says so.

    Parameters
    ----------
    here : what acts on the site.
    site : address of the numbers, from 0; a step is their time.
    features, units, samples : sizes of what arrives and of the hidden state.
    """
    if not here.noisy:
        return [Drawn(None, None)] * steps
    if here.noise_on == "architecture":
        return [Drawn(one, None) for one in noise.sequence(site, steps, features, samples)]
    return [Drawn(None, one) for one in noise.sequence(site, steps, units, samples)]


def steps_of(inputs: FloatArray) -> Iterator[FloatArray]:
    """The inputs of every step, shape (features, samples) each; inputs without a time axis are one step."""
    return iter(inputs if inputs.ndim == 3 else inputs[None])
