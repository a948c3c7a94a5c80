"""Simple recurrent units through all steps, forward and back, as `resynapse.networks.rnn` states it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.kernels.jit import kernel
from resynapse.engine.compiled.kernels.lanes import (
    LANES,
    fused,
    load,
    minus,
    plus,
    splat,
    spread,
    store,
    times,
    where_on,
    without_small,
)
from resynapse.engine.compiled.kernels.matrices import add_transposed, all_of, product
from resynapse.engine.compiled.kernels.sequences import NEGLIGIBLE, draw_noise, step_gradients, tanh_lanes

_ONE, _ZERO = np.float32(1.0), np.float32(0.0)


class RnnWork(NamedTuple):
    """Scratch: what each step computed, in groups of 16 samples; arrays as of `gru_steps.GruWork`."""

    units: int
    from_input: NDArray[np.float32]
    states: NDArray[np.float32]
    activated: NDArray[np.float32]
    """Output of the activation, before noise, (steps, groups, units or more, 16)."""
    product: NDArray[np.float32]
    chosen: NDArray[np.int32]
    counts: NDArray[np.int64]
    on: NDArray[np.int64]
    noise: NDArray[np.float32]
    delta: NDArray[np.float32]
    delta_input: NDArray[np.float32]
    later: NDArray[np.float32]


class Transmitting(NamedTuple):
    """What acts on the units in every step."""

    relu: bool
    scale: np.float32
    shift: np.float32
    noisy: bool
    offset: NDArray[np.float32]
    noise_sd: NDArray[np.float32]
    """Of the noise in every step."""
    unit_scale: NDArray[np.float32]
    """What mean and SD of the noise are multiplied by in each unit."""


@kernel
def rnn_forward(recurrent, work, acting, place):
    """All steps, from what the inputs gave (`work.from_input`) to activity (`work.states`)."""
    units = work.units
    steps, groups, above = work.activated.shape[0], work.activated.shape[1], work.product.shape[1]
    shared = work.from_input.shape[0] == 1
    all_of(work.chosen, work.counts, units)
    work.product[:] = _ZERO
    for t in range(steps):
        if t > 0:
            product(recurrent, work.states[t], work.chosen, work.counts, work.product)
        if acting.noisy:
            draw_noise(work.noise, units, 0, t, place, acting.offset[t], acting.noise_sd[t])
        given = work.from_input[0] if shared else work.from_input[t]
        for b in range(groups):
            for u in range(units):
                at = (b * above + u) * LANES
                value = plus(load(given, at), load(work.product, at))
                value = where_on(value, value) if acting.relu else tanh_lanes(value)
                store(work.activated[t], at, value)
                if acting.noisy:
                    value = fused(spread(acting.unit_scale, u), load(work.noise, at), value)
                else:
                    value = fused(spread(acting.unit_scale, u), splat(acting.offset[t]), value)
                store(work.states[t + 1], at, minus(times(value, splat(acting.scale)), splat(acting.shift)))


@kernel
def rnn_backward(inputs, recurrent, arriving, above, work, acting, gradients):
    """Gradients of input and recurrent matrix, back through time; arguments as of `gru_steps.gru_backward`."""
    units = work.units
    steps, groups, wide = work.activated.shape[0], work.activated.shape[1], work.product.shape[1]
    shared = work.delta_input.shape[0] == 1
    first_read = steps - above.shape[0]
    if shared:
        work.delta_input[:] = _ZERO
    work.later[:] = _ZERO
    for back in range(steps):
        t = steps - 1 - back
        later, earlier = work.later[back % 2], work.later[(back + 1) % 2]
        earlier[:] = _ZERO
        read = t >= first_read
        given = above[t - first_read if read else 0]
        delta = work.delta[t]
        for b in range(groups):
            for u in range(units):
                at = (b * wide + u) * LANES
                d = load(later, at)
                if read:
                    d = plus(d, load(given, at))
                d = times(d, splat(acting.scale))
                value = load(work.activated[t], at)
                d = where_on(value, d) if acting.relu else times(d, minus(splat(_ONE), times(value, value)))
                d = without_small(d, NEGLIGIBLE)
                store(delta, at, d)
                if shared:
                    store(work.delta_input, at, plus(load(work.delta_input, at), d))
        if t > 0:
            add_transposed(recurrent, delta, work.chosen, work.counts, earlier)
    step_gradients(inputs, work.delta_input if shared else work.delta, work.on, arriving, gradients)
    # the first step begins with zeros, which give no gradient
    step_gradients(recurrent, work.delta[1:], work.on, work.states[1:steps], gradients)
