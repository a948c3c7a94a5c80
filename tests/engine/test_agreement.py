"""Both engines agree: values to float32 tolerance, chosen connections exactly, long training statistically."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resynapse.engine import Engine, EngineAliasWarning, TrainingPhase, check_engine, conformance, engine, engines
from resynapse.engine.compiled.compaction import DENSE_FROM, compact
from resynapse.errors import ResynapseError
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import Network
from resynapse.networks.perceptron import Perceptron, initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import Digits, GaussianBlobs, TaskData

CASES = {case.name: case for case in conformance.cases()}
CHECKS = {**conformance.CHECKS, **conformance.GRADIENT_CHECKS}
# float32 carries 2**-24 a rounding; a score sums some tens of products through four layers
SCORE = {"rtol": 2e-5, "atol": 2e-5}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_compiled_engine_conforms(compiled: Engine, case: conformance.Case, check: conformance.Check) -> None:
    check(compiled, case, conformance.DEFAULT_TOLERANCE)


@pytest.mark.parametrize("hidden", [(9,), (9, 8, 7, 6)], ids=str)
@pytest.mark.parametrize("name", ["compiled", "unfolded", "reference"])
def test_every_engine_conforms_on_one_layer_and_on_many(name: str, hidden: tuple[int, ...]) -> None:
    conformance.conform(engine(name), Perceptron(hidden=hidden))


@settings(max_examples=25)
@given(
    hidden=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    sparsity=st.sampled_from([0.0, 0.4, 0.7, 0.85, 0.95]),
    batch_size=st.integers(1, 128),
    seed=st.integers(0, 99),
)
def test_any_shape_agrees(
    compiled: Engine, reference: Engine, hidden: list[int], sparsity: float, batch_size: int, seed: int
) -> None:
    key = Key(seed, 1)
    network = prune(initialise(key, (2, *hidden, 4)).astype(np.float32), sparsity)
    data = GaussianBlobs(train=150, test=131, clean=4).draw(key)
    phase = TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-6, batch_size=batch_size, key=key)
    ((_, ours),) = compiled.train(network, data.train, phase, [1])
    ((_, theirs),) = reference.train(network.astype(np.float64), data.train, phase, [1])
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        # at most 150 steps of lr each, whose direction may be rounding alone; float32 carries 6e-8
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2 * 150 * 1e-6)
    noisy = Modulation(noise_sd=1.0)
    for modulation, stream in ((NEUTRAL, None), (noisy, key.of("noise"))):
        np.testing.assert_allclose(
            compiled.respond(network, data.test.inputs, modulation, stream),
            reference.respond(network, data.test.inputs, modulation, stream),
            **SCORE,
        )


@pytest.mark.parametrize("hidden", [(1,), (2000,), (1, 1, 1, 1, 1), (40, 3, 60, 5, 20), (1, 700, 1)], ids=str)
@pytest.mark.parametrize("sparsity", [0.0, 0.9])
def test_any_depth_and_width_agrees_on_digits(
    compiled: Engine, reference: Engine, key: Key, hidden: tuple[int, ...], sparsity: float
) -> None:
    data = Digits(train=256, test=140, clean=1).draw(key.of("data"))
    network = prune(initialise(key, (64, *hidden, 10)).astype(np.float32), sparsity)
    drug = Modulation(gain=1.2, activation="tanh", noise_sd=0.5, sites=("hidden.1",))
    phase = TrainingPhase(schedule=[NEUTRAL, drug], learning_rate=1e-5, batch_size=100, key=key)
    ((_, ours),) = compiled.train(network, data.train, phase, [2])
    ((_, theirs),) = reference.train(network.astype(np.float64), data.train, phase, [2])
    for a, b in zip((*ours.weights, *ours.biases), (*theirs.weights, *theirs.biases), strict=True):
        # six steps of at most lr each, whose direction may be rounding alone; float32 carries 6e-8
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2 * 6 * 1e-5)
    for modulation, stream in ((NEUTRAL, None), (drug, key.of("noise"))):
        # sums of up to 2000 products of order 1 with float32 roundings, 2000 * 2**-24
        np.testing.assert_allclose(
            compiled.respond(network, data.test.inputs, modulation, stream),
            reference.respond(network, data.test.inputs, modulation, stream),
            rtol=1.2e-4,
            atol=1.2e-4,
        )
        quiet = replace(modulation, noise_sd=0.0)
        assert compiled.activity(network, data.test.inputs, quiet) == pytest.approx(
            reference.activity(network, data.test.inputs, quiet), rel=1.2e-4
        )


def test_both_engines_prune_the_same_connections(fresh: Network) -> None:
    for a, b in zip(
        prune(fresh, 0.95).masks.values(), prune(fresh.astype(np.float64), 0.95).masks.values(), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_dense_and_sparse_kernels_give_the_same_training(
    compiled: Engine, fresh: Network, data: TaskData, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    phase = TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-4, batch_size=128, key=key)
    results = []
    for limit in (0.0, 1.0):
        network = prune(fresh, 1 - 2 * DENSE_FROM)
        monkeypatch.setattr("resynapse.engine.compiled.compaction.DENSE_FROM", limit)
        assert compact(network, noisy=False).structure.dense.any() == (limit == 0.0)
        results.append(next(compiled.train(network, data.train, phase, [1]))[1])
    for a, b in zip(results[0].weights, results[1].weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-5)


def test_long_training_reaches_the_same_accuracy(compiled: Engine, reference: Engine, key: Key) -> None:
    differences = []
    for subject in range(6):
        own = Key(21, subject)
        data = GaussianBlobs(train=640, test=2000, clean=4).draw(own.of("data"))
        network = prune(initialise(own.of("initialisation"), (2, 24, 20, 12, 4)).astype(np.float32), 0.7)
        phase = TrainingPhase(schedule=[Modulation(noise_sd=0.5)] * 12, learning_rate=3e-3, batch_size=128, key=own)
        accuracy = []
        for one in (compiled, reference):
            ((_, after),) = one.train(network.astype(one.dtype), data.train, phase, [12])
            scores = one.respond(after, data.test.inputs, Modulation(noise_sd=1.0), own.of("noise"))
            accuracy.append(100 * float(np.mean(scores.argmax(axis=0) == data.test.labels)))
        differences.append(accuracy[0] - accuracy[1])
    spread = max(float(np.std(differences, ddof=1)), 0.05)
    # a t-test of six paired differences at 1 in 1000, with at least one sample in 2000 as their spread
    assert abs(np.mean(differences)) < 6.9 * spread / np.sqrt(6)


def test_a_batch_larger_than_a_tile_is_refused_with_the_engines_that_can() -> None:
    with pytest.raises(
        ResynapseError, match=r"batch_size 200 is above the compiled engine's 128; use --engine .*reference"
    ):
        engine("compiled", batch_size=200)
    assert engine("reference", batch_size=200).name == "reference"


def test_an_architecture_without_kernels_is_refused_with_the_engines_that_can() -> None:
    class Other(Perceptron):
        pass

    with pytest.raises(ResynapseError, match=r"no kernels for network perceptron; use --engine .*reference"):
        engine("compiled", architecture=Other())
    assert engine("reference", architecture=Other()).name == "reference"


def test_the_alias_of_the_flag_warns_once_a_run_is_admitted_and_reads_old_manifests() -> None:
    with pytest.warns(EngineAliasWarning, match="use --engine compiled"):
        check_engine("unfolded", 128)
    assert "unfolded" not in engines()
    assert engine("unfolded").name == "unfolded"
