"""One layer of gated recurrent units, forward and back through time, as arithmetic on arrays.

Gates come in the order reset, update, new (Cho et al. 2014, arXiv 1406.1078; the reset gate acts on the recurrent
product). Modulation acts once in every step:

1. the input is multiplied by the effective gain; internal noise that acts on the input is added after that;
2. the gates update the hidden state;
3. noise that acts on the hidden units is added to the state;
4. the state is multiplied by tonic inhibition, the stabiliser's shift is subtracted, and the activation is applied.

The result of 4 is the activity of the step and the state with which the next step begins. Source: docs/recurrent.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from resynapse.modulation import FloatArray, Modulation, activate, library_of, slope
from resynapse.networks.recurrent import Drawn

ARRAYS = ("input", "recurrent", "input_bias", "recurrent_bias")
"""The arrays of one layer."""


class GruStep(NamedTuple):
    """One step: `arriving` has the shape (features, samples), all others (units, samples)."""

    arriving: FloatArray
    before: FloatArray
    reset: FloatArray
    update: FloatArray
    new: FloatArray
    recurrent_new: FloatArray
    state: FloatArray
    activity: FloatArray


def sigmoid(value: FloatArray) -> FloatArray:
    """The logistic function, by tanh, which does not overflow."""
    result: FloatArray = 0.5 * (1.0 + library_of(value).tanh(0.5 * value))
    return result


def gru_step(
    values: Mapping[str, FloatArray], inputs: FloatArray, before: FloatArray, here: Modulation, noise: Drawn
) -> GruStep:
    """One step of one layer.

    Parameters
    ----------
    values : `input` of shape (3 units, features), `recurrent` (3 units, units), `input_bias` and `recurrent_bias`
        (3 units,).
    inputs : shape (features, samples), before gain and noise.
    before : hidden state, shape (units, samples).
    here : what acts on this layer.
    """
    units = before.shape[0]
    arriving = inputs * here.effective_gain
    if noise.on_input is not None:
        arriving = arriving + noise.on_input
    from_input = values["input"] @ arriving + values["input_bias"][:, None]
    from_state = values["recurrent"] @ before + values["recurrent_bias"][:, None]
    both = sigmoid(from_input[: 2 * units] + from_state[: 2 * units])
    reset, update = both[:units], both[units:]
    recurrent_new = from_state[2 * units :]
    new = library_of(before).tanh(from_input[2 * units :] + reset * recurrent_new)
    state = (1.0 - update) * new + update * before
    moved = state
    if noise.on_hidden is not None:
        moved = moved + noise.on_hidden
    activity = activate(moved * here.inhibition - here.shift, here.activation)
    return GruStep(arriving, before, reset, update, new, recurrent_new, state, activity)


def gru_back(
    values: Mapping[str, FloatArray], steps: Sequence[GruStep], slopes: Sequence[FloatArray], here: Modulation
) -> tuple[dict[str, FloatArray], list[FloatArray]]:
    """Gradients of the four arrays of a layer, and of its input at every step (before gain).

    Parameters
    ----------
    slopes : derivative of the loss by the activity of every step through what follows the layer in that step, shape
        (units, samples) each; what goes through later steps is added here.
    """
    total = {name: np.zeros_like(values[name]) for name in ARRAYS}
    to_inputs: list[FloatArray] = []
    later = np.zeros_like(steps[-1].activity)
    for step, direct in zip(reversed(steps), reversed(slopes), strict=True):
        at_state = (direct + later) * slope(step.activity, here.activation) * here.inhibition
        at_new = at_state * (1.0 - step.update) * (1.0 - step.new**2)
        at_update = at_state * (step.before - step.new) * step.update * (1.0 - step.update)
        at_reset = at_new * step.recurrent_new * step.reset * (1.0 - step.reset)
        from_input = np.concatenate([at_reset, at_update, at_new])
        from_state = np.concatenate([at_reset, at_update, at_new * step.reset])
        total["input"] += from_input @ step.arriving.T
        total["recurrent"] += from_state @ step.before.T
        total["input_bias"] += from_input.sum(axis=1)
        total["recurrent_bias"] += from_state.sum(axis=1)
        later = at_state * step.update + values["recurrent"].T @ from_state
        to_inputs.append((values["input"].T @ from_input) * here.effective_gain)
    return total, to_inputs[::-1]
