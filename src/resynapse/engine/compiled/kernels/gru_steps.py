"""One layer of gated recurrent units through all steps, forward and back, as `resynapse.networks.gru_layer` states it.

A unit whose activity ReLU silences for a group of 16 samples adds nothing to the next step and has no gradient in that
group: both are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.kernels.jit import inlined, kernel
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
    total,
    where_on,
    without_small,
)
from resynapse.engine.compiled.kernels.matrices import (
    add_gradient,
    add_transposed,
    all_of,
    not_silent,
    product,
    whole_gradient,
)
from resynapse.engine.compiled.kernels.sequences import NEGLIGIBLE, draw_noise, step_gradients, sum_samples, tanh_lanes

_HALF, _ONE, _ZERO = np.float32(0.5), np.float32(1.0), np.float32(0.0)
KEPT = 4
"""Numbers that are kept of each unit, sample and step."""


class GruWork(NamedTuple):
    """Scratch of one layer: what each step computed, in groups of 16 samples."""

    units: int
    from_input: NDArray[np.float32]
    """Input products, (steps or 1, groups, rows, 16): 1 where each step has the same."""
    states: NDArray[np.float32]
    """Activity, (steps + 1, groups, units or more, 16); the first is zero."""
    gates: NDArray[np.float32]
    """Reset, update, new, recurrent part of new, side by side for each unit: (steps, groups, units, 4, 16)."""
    product: NDArray[np.float32]
    chosen: NDArray[np.int32]
    """Units that are not silent, by step as `states`, (steps + 1, groups, units)."""
    counts: NDArray[np.int64]
    on: NDArray[np.int64]
    """The same for each unit, the groups as bits, (steps + 1, units)."""
    noise: NDArray[np.float32]
    delta: NDArray[np.float32]
    """Derivative by the recurrent products, (steps, groups, rows, 16); of one step alone where the matrix is sparse."""
    delta_input: NDArray[np.float32]
    """Likewise by the input products; their sum over steps where each step has the same."""
    later: NDArray[np.float32]
    """(2, groups, units or more, 16)."""
    rows: NDArray[np.int32]
    row_count: NDArray[np.int64]
    sums: NDArray[np.float32]
    """Of the biases' gradients: (4 units, 16)."""


class Acting(NamedTuple):
    """What acts on a layer in every step."""

    relu: bool
    inhibition: np.float32
    shift: np.float32
    on_hidden: bool
    """Whether noise is added to the state."""
    offset: NDArray[np.float32]
    noise_sd: NDArray[np.float32]
    """Of the noise in every step."""
    unit_scale: NDArray[np.float32]
    """What the noise of a state is multiplied by in each unit."""
    site: int


@inlined
def _sigmoid(z):
    return fused(splat(_HALF), tanh_lanes(times(splat(_HALF), z)), splat(_HALF))


@kernel
def _cell(work, t, b, input_bias, recurrent_bias, acting):
    """Gates and activity of one step for a group of samples."""
    units = work.units
    above = work.product.shape[1]
    below = work.states.shape[2]
    shared = work.from_input.shape[0] == 1
    given = ((0 if shared else t) * work.product.shape[0] + b) * above
    for u in range(units):
        reset, update, new = u, units + u, 2 * units + u
        r = plus(load(work.from_input, (given + reset) * LANES), load(work.product, (b * above + reset) * LANES))
        z = plus(load(work.from_input, (given + update) * LANES), load(work.product, (b * above + update) * LANES))
        r = _sigmoid(plus(r, plus(spread(input_bias, reset), spread(recurrent_bias, reset))))
        z = _sigmoid(plus(z, plus(spread(input_bias, update), spread(recurrent_bias, update))))
        recurrent = plus(load(work.product, (b * above + new) * LANES), spread(recurrent_bias, new))
        n = plus(load(work.from_input, (given + new) * LANES), spread(input_bias, new))
        n = tanh_lanes(fused(r, recurrent, n))
        at = (b * below + u) * LANES
        state = fused(z, minus(load(work.states[t], at), n), n)
        if acting.on_hidden:
            state = fused(spread(acting.unit_scale, u), load(work.noise, at), state)
        state = minus(times(state, splat(acting.inhibition)), splat(acting.shift))
        state = where_on(state, state) if acting.relu else tanh_lanes(state)
        store(work.states[t + 1], at, state)
        kept = ((t * work.gates.shape[1] + b) * units + u) * KEPT * LANES
        store(work.gates, kept, r)
        store(work.gates, kept + LANES, z)
        store(work.gates, kept + 2 * LANES, n)
        store(work.gates, kept + 3 * LANES, recurrent)


@kernel
def gru_forward(recurrent, input_bias, recurrent_bias, work, acting, place):
    """All steps of a layer, from what its inputs gave (`work.from_input`) to its activity (`work.states`)."""
    units = work.units
    steps, groups = work.gates.shape[0], work.gates.shape[1]
    work.product[:] = _ZERO
    for t in range(steps):
        if t > 0:
            product(recurrent, work.states[t], work.chosen[t], work.counts[t], work.product)
        if acting.on_hidden:
            draw_noise(work.noise, units, acting.site, t, place, acting.offset[t], acting.noise_sd[t])
        for b in range(groups):
            _cell(work, t, b, input_bias, recurrent_bias, acting)
        if acting.relu:
            not_silent(work.states[t + 1], units, work.chosen[t + 1], work.counts[t + 1], work.on[t + 1])
        else:
            all_of(work.chosen[t + 1], work.counts[t + 1], units)
            work.on[t + 1] = (np.int64(1) << groups) - 1


@kernel
def _cell_back(work, t, b, above, read, later, earlier, acting):
    """Derivatives by the gates of one step for a group of samples, and what is known of those by the state before."""
    units = work.units
    below = work.states.shape[2]
    shared = work.delta_input.shape[0] == 1
    delta = work.delta[min(t, work.delta.shape[0] - 1), b]
    to_input = work.delta_input[0, b] if shared else work.delta_input[t, b]
    for n in range(work.counts[t + 1, b]):
        u = work.chosen[t + 1, b, n]
        reset, update, new = u * LANES, (units + u) * LANES, (2 * units + u) * LANES
        at = (b * below + u) * LANES
        d = load(later, at)
        if read:
            d = plus(d, load(above, at))
        d = times(d, splat(acting.inhibition))
        if not acting.relu:
            activity = load(work.states[t + 1], at)
            d = times(d, minus(splat(_ONE), times(activity, activity)))
        else:
            d = where_on(load(work.states[t + 1], at), d)
        d = without_small(d, NEGLIGIBLE)
        kept = ((t * work.gates.shape[1] + b) * units + u) * KEPT * LANES
        r, z, value = load(work.gates, kept), load(work.gates, kept + LANES), load(work.gates, kept + 2 * LANES)
        recurrent = load(work.gates, kept + 3 * LANES)
        one = splat(_ONE)
        at_new = times(times(d, minus(one, z)), minus(one, times(value, value)))
        at_update = times(times(d, minus(load(work.states[t], at), value)), times(z, minus(one, z)))
        at_reset = times(times(at_new, recurrent), times(r, minus(one, r)))
        through = times(at_new, r)
        store(delta, reset, at_reset)
        store(delta, update, at_update)
        store(delta, new, through)
        if shared:
            store(to_input, reset, plus(load(to_input, reset), at_reset))
            store(to_input, update, plus(load(to_input, update), at_update))
            store(to_input, new, plus(load(to_input, new), at_new))
        else:
            store(to_input, reset, at_reset)
            store(to_input, update, at_update)
            store(to_input, new, at_new)
            store(work.sums, reset, plus(load(work.sums, reset), at_reset))
            store(work.sums, update, plus(load(work.sums, update), at_update))
            store(work.sums, new, plus(load(work.sums, new), at_new))
        last = (3 * units + u) * LANES
        store(work.sums, last, plus(load(work.sums, last), through))
        store(earlier, at, times(d, z))
    for n in range(work.counts[t + 1, b]):
        for gate in range(3):
            work.rows[b, 3 * n + gate] = gate * units + work.chosen[t + 1, b, n]
    work.row_count[b] = 3 * work.counts[t + 1, b]


@kernel
def gru_backward(
    inputs,
    recurrent,
    input_bias_gradient,
    recurrent_bias_gradient,
    arriving,
    above,
    work,
    acting,
    to_below,
    gradients,
):
    """Gradients of a layer, back through time.

    Parameters
    ----------
    inputs, recurrent : its matrices, whose gradients are written.
    arriving : what `inputs` was multiplied with, (steps or 1, groups, inputs or more, 16).
    above : derivative by the activity of the last steps, (steps or 1, groups, units or more, 16).
    to_below : receives the derivative by `arriving`; of size 0 if nobody asks.
    """
    units = work.units
    steps, groups = work.gates.shape[0], work.gates.shape[1]
    shared = work.delta_input.shape[0] == 1
    work.sums[:] = _ZERO
    if shared:
        work.delta_input[:] = _ZERO
    if to_below.size > 0:
        to_below[:] = _ZERO
    if not recurrent.dense:
        recurrent.gradient[:] = _ZERO
    if not inputs.dense:
        inputs.gradient[:] = _ZERO
    work.later[:] = _ZERO
    first_read = steps - above.shape[0]
    for back in range(steps):
        t = steps - 1 - back
        later, earlier = work.later[back % 2], work.later[(back + 1) % 2]
        earlier[:] = _ZERO
        read = t >= first_read
        for b in range(groups):
            _cell_back(work, t, b, above[t - first_read if read else 0], read, later, earlier, acting)
        if t > 0:
            delta = work.delta[min(t, work.delta.shape[0] - 1)]
            add_transposed(recurrent, delta, work.rows, work.row_count, earlier)
            if not recurrent.dense:
                add_gradient(recurrent, delta, work.on[t + 1], work.states[t])
        if not shared:
            if not inputs.dense:
                add_gradient(inputs, work.delta_input[t], work.on[t + 1], arriving[t])
            if to_below.size > 0:
                add_transposed(inputs, work.delta_input[t], work.rows, work.row_count, to_below[t])
    if shared:
        step_gradients(inputs, work.delta_input, work.on[0], arriving, gradients)
        if to_below.size > 0:
            all_of(work.rows, work.row_count, 3 * units)
            add_transposed(inputs, work.delta_input[0], work.rows, work.row_count, to_below[0])
        sum_samples(work.delta_input, input_bias_gradient)
    else:
        for j in range(3 * units):
            input_bias_gradient[j] = total(load(work.sums, j * LANES))
    recurrent_bias_gradient[: 2 * units] = input_bias_gradient[: 2 * units]
    for u in range(units):
        recurrent_bias_gradient[2 * units + u] = total(load(work.sums, (3 * units + u) * LANES))
    if recurrent.dense:
        # the first step begins with zeros, which give no gradient
        whole_gradient(recurrent, work.delta[1:], work.states[2:], acting.relu, work.states[1:steps], gradients)
    if inputs.dense and not shared:
        whole_gradient(inputs, work.delta_input, work.states[1:], acting.relu, arriving, gradients)
