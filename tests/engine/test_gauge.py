"""A network can be rewritten without changing what it computes; a probe of what it computes must not see it.

With ReLU, a unit's incoming weights and bias may be multiplied by c > 0 and its outgoing weights divided by c: every class
score stays. A power of two does so without rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resynapse.engine import Engine, TrainingPhase
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import FloatArray, Network
from resynapse.networks.perceptron import initialise
from resynapse.outcomes import Examination, outcome
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs, TaskData

WIDTHS = (2, 24, 20, 12, 4)
HIDDEN = WIDTHS[1:-1]
KEY = Key(4, 0)
DATA = GaussianBlobs(train=640, test=600, clean=8).draw(KEY.of("data"))
INVARIANT = ("acc_snr_0.5", "acc_snr_1.0", "acc_snr_2.5", "tolerance_snr", "acc_standard", "tolerance_input")
OF_SCALE = ("acc_internal_1.0", "acc_biased_1.0", "tolerance_internal", "tolerance_biased")
STATES = {
    "neutral": NEUTRAL,
    "gain": Modulation(gain=1.6),
    "inhibition": Modulation(gain=0.85, inhibition=0.7),
    "gain on one layer": Modulation(gain=1.6, sites=("hidden.2",)),
}
few = settings(max_examples=15)


@pytest.fixture(scope="module")
def learnt(compiled: Engine) -> Network:
    """A network that has learnt the task and lost two thirds of its connections."""
    phase = TrainingPhase(schedule=[NEUTRAL] * 20, learning_rate=5e-3, batch_size=64, key=KEY.of("train"))
    ((_, network),) = compiled.train(initialise(KEY, WIDTHS).astype(np.float32), DATA.train, phase, [20])
    return prune(network, 0.66)


def rescaled(network: Network, factors: Sequence[NDArray[np.float64]]) -> Network:
    """The same function of its inputs, each hidden unit's activity multiplied by a factor of its own."""
    weights, biases = list(network.weights), list(network.biases)
    for layer, factor in enumerate(factors):
        c = factor.astype(weights[layer].dtype)
        weights[layer] = weights[layer] * c[:, None]
        biases[layer] = biases[layer] * c
        weights[layer + 1] = weights[layer + 1] / c
    return network.with_weights(weights, biases)


def measured(engine: Engine, network: Network, names: Sequence[str], state: Modulation = NEUTRAL) -> list[float | None]:
    seen = Examination(network, state, DATA, KEY.of("assess/acute"), engine)
    return [outcome(name).measure(seen) for name in names]


def factors_of(values: st.SearchStrategy[float]) -> st.SearchStrategy[list[NDArray[np.float64]]]:
    return st.tuples(*(st.lists(values, min_size=n, max_size=n).map(np.array) for n in HIDDEN)).map(list)


powers = factors_of(st.integers(-6, 6).map(lambda power: 2.0**power))
any_factors = factors_of(st.floats(0.02, 50.0))


@pytest.mark.parametrize("name", ["reference", "compiled"])
@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
@few
@given(powers)
def test_powers_of_two_change_no_probe_in_units_of_own_sd_by_a_bit(
    request: pytest.FixtureRequest, learnt: Network, name: str, state: Modulation, factors: list[NDArray[np.float64]]
) -> None:
    engine: Engine = request.getfixturevalue(name)
    network = learnt.astype(engine.dtype)
    other = rescaled(network, factors)
    assert measured(engine, other, INVARIANT, state) == measured(engine, network, INVARIANT, state)
    # not the accuracies alone: every score under noise
    noisy = Modulation(noise_mean=0.5, noise_sd=1.5, gain=state.gain, inhibition=state.inhibition, sites=state.sites)

    def scores(one: Network) -> FloatArray:
        spread = engine.spread(one, DATA.test.inputs, state)
        return engine.respond(one, DATA.test.inputs, noisy, KEY.of("noise"), spread)

    np.testing.assert_array_equal(scores(other), scores(network))


@few
@given(any_factors)
def test_other_factors_change_no_probe_in_units_of_own_sd_in_the_reference(
    reference: Engine, learnt: Network, factors: list[NDArray[np.float64]]
) -> None:
    network = learnt.astype(np.float64)
    assert measured(reference, rescaled(network, factors), INVARIANT) == measured(reference, network, INVARIANT)


@few
@given(any_factors)
def test_other_factors_move_scores_of_the_compiled_engine_by_rounding_alone(
    compiled: Engine, learnt: Network, factors: list[NDArray[np.float64]]
) -> None:
    def scores(network: Network) -> FloatArray:
        spread = compiled.spread(network, DATA.test.inputs, NEUTRAL)
        return compiled.respond(network, DATA.test.inputs, Modulation(noise_sd=1.0), KEY.of("noise"), spread)

    one, other = scores(learnt), scores(rescaled(learnt, factors))
    np.testing.assert_allclose(other, one, rtol=0, atol=2e-5 * float(np.abs(one).max()))


def test_the_published_probes_see_the_scale_of_weights(reference: Engine, learnt: Network) -> None:
    network = learnt.astype(np.float64)
    by_scale = []
    for factor in (0.25, 0.5, 1.0, 2.0, 4.0):
        same = rescaled(network, [np.full(n, factor) for n in HIDDEN])
        np.testing.assert_allclose(
            reference.respond(same, DATA.test.inputs, NEUTRAL), reference.respond(network, DATA.test.inputs, NEUTRAL)
        )
        by_scale.append(measured(reference, same, OF_SCALE))
    for course in zip(*by_scale, strict=True):
        found = [value for value in course if value is not None]
        assert found == sorted(found)
        assert found[-1] > 1.5 * found[0]


def test_gain_alone_protects_a_network_from_noise_of_fixed_size(reference: Engine, learnt: Network) -> None:
    network = learnt.astype(np.float64)
    courses = [measured(reference, network, OF_SCALE, Modulation(gain=g)) for g in (1.0, 1.6, 3.0)]
    assert all(list(course) == sorted(course, key=lambda value: value or 0.0) for course in zip(*courses, strict=True))
    # nothing was learnt between: with biases scaled along, gain is a rescaling, and the probe in own SDs stays
    grown = network.with_weights(network.weights, [b * 3.0**layer for layer, b in enumerate(network.biases)])
    assert measured(reference, grown, INVARIANT, Modulation(gain=3.0)) == measured(reference, network, INVARIANT)


@pytest.mark.parametrize("state", [*STATES.values(), Modulation(activation="tanh", gain=0.85, protection=0.5)])
@pytest.mark.parametrize("sparsity", [0.0, 0.66, 0.97])
def test_the_engines_agree_on_spread_and_on_scores_under_noise_of_each_unit(
    compiled: Engine, reference: Engine, learnt: Network, data: TaskData, state: Modulation, sparsity: float
) -> None:
    network = prune(learnt, sparsity) if sparsity else learnt
    spreads = [e.spread(network.astype(e.dtype), data.test.inputs, state) for e in (compiled, reference)]
    for ours, theirs in zip(*(one.values() for one in spreads), strict=True):
        # a float32 activation carries 2**-24 of its size a rounding; a spread is about as large
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)
    noisy = Modulation(
        gain=state.gain, activation=state.activation, protection=state.protection, noise_mean=1.0, noise_sd=1.0
    )
    ours, theirs = (
        e.respond(network.astype(e.dtype), data.test.inputs, noisy, KEY.of("noise"), spreads[1])
        for e in (compiled, reference)
    )
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-5 * float(np.abs(theirs).max()))


@pytest.mark.parametrize("name", ["reference", "compiled"])
def test_a_unit_without_spread_has_none_and_gets_no_noise(
    request: pytest.FixtureRequest, learnt: Network, name: str
) -> None:
    engine: Engine = request.getfixturevalue(name)
    # units that lost all their inputs are constants
    lonely = prune(learnt.astype(engine.dtype), 0.97)
    spread = engine.spread(lonely, DATA.test.inputs, NEUTRAL)
    for of, mask in zip(spread.values(), lonely.masks.values(), strict=False):
        assert not of[~mask.any(axis=1)].any()
    assert spread["hidden.1"].any()
    silent = {site: np.zeros_like(s) for site, s in spread.items()}
    noisy = Modulation(noise_mean=1.0, noise_sd=2.0)
    np.testing.assert_array_equal(
        engine.respond(lonely, DATA.test.inputs, noisy, KEY.of("noise"), silent),
        engine.respond(lonely, DATA.test.inputs, NEUTRAL),
    )


@pytest.mark.parametrize("name", ["reference", "compiled"])
def test_a_scale_of_one_in_every_unit_is_the_noise_of_the_outcome(
    request: pytest.FixtureRequest, learnt: Network, name: str
) -> None:
    engine: Engine = request.getfixturevalue(name)
    network = learnt.astype(engine.dtype)
    noisy, stream = Modulation(noise_mean=0.5, noise_sd=1.0, gain=1.25), KEY.of("noise")
    ones = {site: np.ones(units) for site, units in network.architecture.sites.items()}
    plain = engine.respond(network, DATA.test.inputs, noisy, stream)
    scaled = engine.respond(network, DATA.test.inputs, noisy, stream, ones)
    np.testing.assert_allclose(scaled, plain, rtol=1e-4, atol=1e-5 * float(np.abs(plain).max()))
