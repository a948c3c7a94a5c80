"""What recurrent architectures share: layers with state, unrolled over the steps of a task's time axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from resynapse.modulation import FloatArray, Modulation
from resynapse.networks.base import Noise

MOST_UNITS = 100_000
"""Most units of a recurrent layer."""


class Drawn(NamedTuple):
    """What noise adds in one step at one site: to its input, to its hidden units; None for no noise."""

    on_input: FloatArray | None
    on_hidden: FloatArray | None


def drawn(
    noise: Noise,
    here: Modulation,
    site: int,
    arriving: Sequence[FloatArray],
    *,
    units: int,
    scale: FloatArray | None = None,
) -> list[Drawn]:
    """The noise of every step: on the input of the site, or on its hidden units where `Modulation.noise_on` says so.

    Parameters
    ----------
    here : what acts on the site.
    site : address of the numbers, from 0; a step is their time.
    arriving : what reaches the site in every step, shape (features, samples).
    units : of the hidden state.
    scale : factor of the noise on each hidden unit, shape (units,); None is 1 in all. Noise on the input has none.
    """
    if not here.noisy:
        return [Drawn(None, None)] * len(arriving)
    features, samples = arriving[0].shape
    on_input = here.noise_on == "architecture"
    found = []
    for time, standard in enumerate(noise.sequence(site, len(arriving), features if on_input else units, samples)):
        if not here.in_step(time).noisy:
            found.append(Drawn(None, None))
            continue
        added = here.noise_offset + here.noise_sd * standard
        if on_input:
            found.append(Drawn(added, None))
        else:
            found.append(Drawn(None, added if scale is None else scale[:, None] * added))
    return found


def each_step(inputs: FloatArray) -> Iterator[FloatArray]:
    """The inputs of every step, shape (features, samples) each; inputs without a time axis are one step."""
    return iter(inputs if inputs.ndim == 3 else inputs[None])
