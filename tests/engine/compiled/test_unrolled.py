"""Networks with state in the compiled engine: they conform, whatever is dense or sparse, and are the same in every run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from resynapse.engine import Engine, TrainingPhase, conformance, engine, supporting
from resynapse.engine.compiled.kernels import jit
from resynapse.engine.compiled.passes import Sequences
from resynapse.engine.compiled.trained_arrays import Arrays
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks import Architecture, Gru, Network, Rnn
from resynapse.networks.base import FloatArray
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import DelayedMatch, GaussianBlobs, RepeatedPoint, ResampledPoints, Task

KEY = Key(17, 4)
SIZES = {"train": 256, "test": 140, "clean": 16, "steps": 4}
SAME, OTHER = RepeatedPoint(**SIZES), ResampledPoints(**SIZES)
CASES: dict[str, tuple[Architecture, Task]] = {
    "gru": (Gru(hidden=(20,)), SAME),
    "gru of two layers and an embedding, every step read": (Gru(hidden=(20, 18), embedding=5, readout="every"), OTHER),
    "gru whose embedding is the same in every step": (Gru(hidden=(33, 6), embedding=3), SAME),
    "gru without time": (Gru(hidden=(9,)), GaussianBlobs(train=256, test=140, clean=16)),
    "rnn": (Rnn(hidden=(20,), readout="last", weight_sd=0.6), SAME),
    "rnn with relu, every step read": (Rnn(hidden=(17,), activation="relu", weight_sd=0.4), OTHER),
}
MODULATIONS = {
    "neutral": NEUTRAL,
    "probe": Modulation(noise_mean=0.5, noise_sd=1.0, noise_on="hidden", inhibition=0.8),
}


@pytest.fixture(scope="module")
def recurrent() -> Engine:
    return engine("compiled", architecture=Gru())


@pytest.mark.parametrize(("architecture", "task"), CASES.values(), ids=CASES.keys())
def test_it_conforms(recurrent: Engine, architecture: Architecture, task: Task) -> None:
    assert supporting(architecture, 128)[0] == "compiled"
    conformance.conform(recurrent, architecture, task=task)


@pytest.mark.parametrize("modulation", MODULATIONS.values(), ids=MODULATIONS.keys())
@pytest.mark.parametrize("limit", [0.0, 1.1], ids=["dense", "sparse"])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_dense_and_sparse_kernels_agree_with_the_reference(
    recurrent: Engine, monkeypatch: pytest.MonkeyPatch, number: int, limit: float, modulation: Modulation
) -> None:
    monkeypatch.setattr("resynapse.engine.compiled.trained_arrays.DENSE_FROM", limit)
    architecture, task = list(CASES.values())[number]
    network = prune(architecture.initialise(KEY, task).astype(np.float32), 0.6)
    assert all(matrix.dense == (limit == 0.0) for matrix in Arrays(network, {}).matrices.values())
    case = conformance.Case(
        name="either", network=network, data=task.draw(KEY), modulation=modulation, key=KEY, batch_size=100
    )
    conformance.scores_agree(recurrent, case)
    conformance.training_agrees(recurrent, case)


def test_squared_error_over_a_delay_agrees_with_the_reference(recurrent: Engine, reference: Engine) -> None:
    task = DelayedMatch(repeats=5, test_repeats=2)
    network, data = Rnn().initialise(KEY, task).astype(np.float32), task.draw(KEY)
    phase = TrainingPhase(schedule=[NEUTRAL] * 4, learning_rate=1e-3, batch_size=20, key=KEY)
    ((_, ours),) = recurrent.train(network, data.train, phase, [4])
    ((_, theirs),) = reference.train(network.astype(np.float64), data.train, phase, [4])
    for name, wanted in theirs.values.items():
        # a first step of Adam is the sign of the gradient; after it float32 roundings (6e-8) of sums of 58 steps
        np.testing.assert_allclose(ours.values[name], wanted, atol=4 * 58 * 6e-8, rtol=1e-5)
    np.testing.assert_allclose(
        recurrent.respond(ours, data.test.inputs, NEUTRAL),
        reference.respond(theirs, data.test.inputs, NEUTRAL),
        atol=1e-4,
    )


def _trained(engine: Engine, subject: int) -> Network:
    architecture, task = CASES["gru"]
    key = Key(17, subject)
    network = prune(architecture.initialise(key, task).astype(np.float32), 0.9)
    phase = TrainingPhase(schedule=[Modulation(noise_sd=0.3)] * 3, learning_rate=1e-3, batch_size=128, key=key)
    ((_, after),) = engine.train(network, task.draw(key).train, phase, [3])
    return after


def _digest(network: Network) -> bytes:
    return b"".join(np.asarray(value).tobytes() for value in network.values.values())


def test_subjects_side_by_side_are_those_alone(recurrent: Engine) -> None:
    alone = [_digest(_trained(recurrent, subject)) for subject in range(6)]
    with ThreadPoolExecutor(3) as pool:
        beside = [_digest(one) for one in pool.map(lambda subject: _trained(recurrent, subject), range(6))]
    assert beside == alone


def test_all_kernels_that_a_protocol_calls_are_loaded_beforehand(recurrent: Engine) -> None:
    def loaded() -> int:
        return sum(len(kernel.signatures) for kernel in jit.kernels())

    before = loaded()
    for number in (1, 2):
        architecture, task = list(CASES.values())[number]
        network = architecture.initialise(KEY, task).astype(np.float32)
        data = task.draw(KEY)
        phase = TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-3, batch_size=128, key=KEY)
        for _ in recurrent.train(network, data.train, phase, [1]):
            pass
        recurrent.spread(network, data.test.inputs, NEUTRAL)
        scale: dict[str, FloatArray] = {site: np.ones(units) for site, units in architecture.sites.items()}
        recurrent.respond(network, data.test.inputs, replace(NEUTRAL, noise_sd=1.0), KEY, scale)
    assert loaded() == before


def test_an_input_that_repeats_is_kept_once() -> None:
    repeated, changing = (Sequences.of(task.draw(KEY).train.inputs) for task in (SAME, OTHER))
    assert len(repeated.values) == 1
    assert len(changing.values) == SAME.steps
    assert repeated.steps == changing.steps == SAME.steps
