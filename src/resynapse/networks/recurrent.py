"""What recurrent architectures share: layers with state, unrolled over the steps of a task's time axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from resynapse.modulation import FloatArray, Modulation
from resynapse.networks.base import Noise

MOST_UNITS, MOST_STEPS = 100_000, 10_000
"""Most units of a recurrent layer, and most steps of a sequence."""


class Drawn(NamedTuple):
    """Standard normal numbers of one step at one site: on its input, on its hidden units; None for no noise."""

    on_input: FloatArray | None
    on_hidden: FloatArray | None


def drawn(
    noise: Noise, here: Modulation, site: int, steps: int, *, features: int, units: int, samples: int, usual: str
) -> list[Drawn]:
    """The noise of every step, each drawn once, where the modulation says that it acts.

    Parameters
    ----------
    here : what acts on the site.
    site : address of the numbers, from 0; a step is their time.
    features, units, samples : sizes of what arrives and of the hidden state.
    usual : where internal noise acts in this architecture, ``input`` or ``hidden``; a probe of the hidden units
        (`Modulation.noise_on`) acts there in every architecture.
    """
    if not here.noisy:
        return [Drawn(None, None)] * steps
    if usual == "input" and here.noise_on == "architecture":
        return [Drawn(one, None) for one in noise.sequence(site, steps, features, samples)]
    return [Drawn(None, one) for one in noise.sequence(site, steps, units, samples)]


def steps_of(inputs: FloatArray) -> Iterator[FloatArray]:
    """The inputs of every step, shape (features, samples) each; inputs without a time axis are one step."""
    return iter(inputs if inputs.ndim == 3 else inputs[None])


def library_of(array: Any) -> Any:
    """The array library whose functions take `array`."""
    return np if isinstance(array, np.ndarray) else array.__array_namespace__()


def of_layer(values: Mapping[str, FloatArray], layer: int) -> dict[str, FloatArray]:
    """The arrays of one layer, counted from 1, by their name without its number."""
    suffix = f".{layer}"
    return {name.removesuffix(suffix): value for name, value in values.items() if name.endswith(suffix)}
