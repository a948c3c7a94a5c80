"""Compaction is exact: the smaller network computes the same, and what was left out cannot matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.engine import Engine, TrainingPhase
from resynapse.engine.compiled.compaction import compact, parameters_of, reaching
from resynapse.engine.reference import ReferenceEngine, forward
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import TaskData

widths = st.lists(st.integers(1, 12), min_size=1, max_size=4).map(lambda hidden: (2, *hidden, 3))
sparsities = st.sampled_from([0.0, 0.3, 0.6, 0.8, 0.9, 0.97])


def _network(shape: tuple[int, ...], sparsity: float, seed: int) -> Network:
    return prune(initialise(Key(seed, 0), shape), sparsity)


@given(shape=widths, sparsity=sparsities, seed=st.integers(0, 99), noisy=st.booleans(), keep_all=st.booleans())
def test_gathering_and_scattering_is_lossless(
    shape: tuple[int, ...], sparsity: float, seed: int, noisy: bool, keep_all: bool
) -> None:
    network = _network(shape, sparsity, seed).astype(np.float32)
    small = compact(network, noisy=noisy, keep_all=keep_all)
    back = small.placement.scatter(small.placement.gather(network), network)
    for before, after in zip((*network.weights, *network.biases), (*back.weights, *back.biases), strict=True):
        np.testing.assert_array_equal(before, after)


@given(shape=widths, sparsity=sparsities, seed=st.integers(0, 99))
def test_no_connection_has_two_places(shape: tuple[int, ...], sparsity: float, seed: int) -> None:
    small = compact(_network(shape, sparsity, seed), noisy=False)
    weights = small.placement.weight_at[small.placement.weight_at >= 0]
    biases = small.placement.bias_at[small.placement.bias_at >= 0]
    assert np.unique(weights).size == weights.size
    assert np.unique(biases).size == biases.size
    assert weights.size + biases.size == small.structure.mask.size


@given(shape=widths, sparsity=sparsities, seed=st.integers(0, 99))
def test_the_units_that_are_dropped_have_no_gradient(shape: tuple[int, ...], sparsity: float, seed: int) -> None:
    network = _network(shape, sparsity, seed)
    inputs = np.random.default_rng(seed).normal(size=(2, 30))
    scores = ReferenceEngine().respond(network, inputs, NEUTRAL)
    changed = [b.copy() for b in network.biases]
    for layer, reach in enumerate(reaching(list(network.masks.values()))):
        changed[layer][~reach] += 10.0
    moved = network.with_weights(network.weights, changed)
    np.testing.assert_array_equal(scores, ReferenceEngine().respond(moved, inputs, NEUTRAL))


@given(shape=widths, sparsity=sparsities, seed=st.integers(0, 99))
def test_units_called_constant_are_constant(shape: tuple[int, ...], sparsity: float, seed: int) -> None:
    network = _network(shape, sparsity, seed)
    structure = compact(network, noisy=False).structure
    activated = forward(network, np.random.default_rng(seed).normal(size=(2, 30)), NEUTRAL).activated
    for layer, reach in enumerate(reaching(list(network.masks.values()))):
        fed = network.masks[f"weights.{layer + 1}"].any(axis=1)
        assert structure.constants[layer + 1] == np.count_nonzero(reach & ~fed)
        assert structure.rows[layer] == np.count_nonzero(reach & fed)
        assert (np.ptp(activated[f"hidden.{layer + 1}"][~fed], axis=1) == 0).all()


def test_with_noise_a_unit_without_inputs_is_no_constant(sparse: Network) -> None:
    assert compact(sparse, noisy=False).structure.constants.sum() > 0
    assert compact(sparse, noisy=True).structure.constants.sum() == 0


def test_published_pruning_leaves_a_few_per_cent_of_the_work() -> None:
    network = prune(initialise(Key(0, 0), (2, 512, 512, 256, 4)), 0.95)
    small = compact(network, noisy=False)
    # 52 + 13 108 + 6 554 + 52 live weights in all, and many of these reach no output
    assert small.structure.mask.size < 19_766 + 1_284
    assert small.structure.rows[0] <= 52
    assert small.structure.columns[3] <= 52


@pytest.mark.parametrize("sparsity", [0.5, 0.9, 0.97])
@pytest.mark.parametrize(
    "modulation", [NEUTRAL, Modulation(noise_sd=0.4), Modulation(activation="tanh", protection=0.5)]
)
def test_what_compaction_leaves_out_does_not_move_in_training(
    reference: Engine, fresh: Network, data: TaskData, key: Key, sparsity: float, modulation: Modulation
) -> None:
    network = prune(fresh.astype(np.float64), sparsity)
    phase = TrainingPhase(schedule=[modulation] * 2, learning_rate=1e-2, batch_size=128, key=key)
    ((_, after),) = reference.train(network, data.train, phase, [2])
    small = compact(network, noisy=modulation.noise_sd > 0)
    kept = small.placement.scatter(small.placement.gather(after), network)
    for a, b in zip((*after.weights, *after.biases), (*kept.weights, *kept.biases), strict=True):
        # scatter carries float32 values; what was left out is the old float64 value itself
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=0)


def test_a_network_that_reaches_no_output_is_its_output_biases(
    compiled: Engine, fresh: Network, data: TaskData
) -> None:
    empty = fresh.with_masks({name: np.zeros_like(m) for name, m in fresh.masks.items()})
    scores = compiled.respond(empty, data.test.inputs, NEUTRAL)
    np.testing.assert_array_equal(scores, np.repeat(empty.biases[-1][:, None], scores.shape[1], axis=1))


@given(
    shape=widths, sparsity=sparsities, seeds=st.lists(st.integers(0, 3), min_size=2, max_size=6), noisy=st.booleans()
)
def test_what_is_kept_of_a_state_is_never_another_states(
    shape: tuple[int, ...], sparsity: float, seeds: list[int], noisy: bool
) -> None:
    networks = [_network(shape, sparsity, seed).astype(np.float32) for seed in range(4)]
    trained = [network.with_weights([w * 2 for w in network.weights], network.biases) for network in networks]
    for seed in seeds:
        for network in (networks[seed], trained[seed], networks[seed]):
            for keep_all in (False, True):
                small = compact(network, noisy=noisy, keep_all=keep_all)
                np.testing.assert_array_equal(parameters_of(network, small), small.placement.gather(network))
                assert (
                    small.structure.mask.sum() == compact(network, noisy=noisy, keep_all=keep_all).structure.mask.sum()
                )
