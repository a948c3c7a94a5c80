"""The engine by automatic differentiation keeps what every engine has to keep, for every architecture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resynapse.engine import TrainingPhase, engine, engine_kind
from resynapse.engine.conformance import conform
from resynapse.errors import ResynapseError
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks import Architecture, Gru, Network, Perceptron, Rnn
from resynapse.plasticity import prune
from resynapse.randomness import Key, normals
from resynapse.task import GaussianBlobs, RepeatedPoint, Split, Task

SEQUENCES = RepeatedPoint(train=256, test=128, clean=16, steps=4)
POINTS = GaussianBlobs(train=256, test=128, clean=16)


def test_without_jax_the_refusal_is_one_line_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resynapse.engine.kinds.find_spec", lambda name: None)
    with pytest.raises(ResynapseError, match=r"^the jax engine needs jax and optax: pip install 'resynapse\[jax\]'"):
        engine("jax")


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        (Perceptron(hidden=(12, 10)), POINTS),
        (Gru(hidden=(8,)), SEQUENCES),
        (Rnn(hidden=(9,), readout="last", weight_sd=0.6, recurrent_sd=0.3), SEQUENCES),
    ],
    ids=["perceptron", "gru", "rnn"],
)
def test_it_conforms_for_every_architecture(architecture: Architecture, task: Task) -> None:
    pytest.importorskip("jax")
    assert engine_kind("jax").supports(architecture, 4096) == ""
    conform(engine("jax", architecture=architecture), architecture, task=task)


def test_its_normal_numbers_are_those_of_the_address() -> None:
    pytest.importorskip("jax")
    import jax.numpy as jnp

    from resynapse.engine.jax import noise

    key = Key(3, 1, "a")
    found = np.asarray(noise.normals(jnp.asarray(noise.key_words(key)), jnp.uint32(5), 2, 4, 7, 300))
    wanted = np.stack([normals(key, 7, 300, layer=2, draw=5, time=time) for time in range(4)])
    # the words are the same; the inverse distribution function in single precision is off by a few units in the last place
    np.testing.assert_allclose(found, wanted, rtol=3e-6, atol=3e-7)


@pytest.mark.parametrize(
    ("architecture", "task", "noise"),
    [
        (Gru(hidden=(8,)), replace(SEQUENCES, train=64), 0.5),
        (Perceptron(hidden=(12, 10)), replace(POINTS, train=64), 0.0),
    ],
    ids=["gru", "perceptron"],
)
def test_a_subject_alone_is_the_same_subject_in_a_batch(architecture: Architecture, task: Task, noise: float) -> None:
    pytest.importorskip("jax")
    from resynapse.engine.jax.engine import JaxEngine

    rate, epochs, jax_engine = 1e-4, 2, JaxEngine()

    def of(subject: int) -> tuple[Network, Split, TrainingPhase]:
        key = Key(4, subject)
        network = prune(architecture.initialise(key.of("initialisation"), task).astype(np.float32), 0.3 + 0.1 * subject)
        schedule = [Modulation(gain=1.2, noise_sd=noise)] * epochs
        phase = TrainingPhase(schedule=schedule, learning_rate=rate, batch_size=16, key=key.of("phase"))
        return network, task.draw(key.of("data")).train, phase

    def together(*subjects: int) -> dict[int, Network]:
        networks, sets, phases = zip(*(of(subject) for subject in subjects), strict=True)
        found = dict(jax_engine.train_many(networks, sets, phases, [0, 1, epochs]))
        assert list(found) == [0, 1, epochs]
        assert found[0] == list(networks)
        return dict(zip(subjects, found[epochs], strict=True))

    first, second = together(0, 1, 2), together(3, 2, 0)
    steps = epochs * -(-task.sizes.train // 16)
    for subject in (0, 2):
        ((_, alone),) = jax_engine.train(*of(subject), [epochs])
        for name, value in alone.values.items():
            # who else is in a batch changes nothing
            np.testing.assert_array_equal(first[subject].values[name], second[subject].values[name])
            # a batch is summed in another order; where a gradient is rounding alone, so is the direction of Adam's
            # step, which is never longer than the learning rate by much: two such paths are apart by twice that a step
            apart = np.abs(first[subject].values[name] - value)
            assert apart.max() <= 2 * steps * rate
            assert np.mean(apart > 1e-5 * np.abs(value) + 0.2 * rate) <= 0.01
            assert np.abs(value - of(subject)[0].values[name]).max() > steps * rate / 4


def test_what_cannot_be_trained_together_is_refused() -> None:
    pytest.importorskip("jax")
    from resynapse.engine.jax.engine import JaxEngine

    network = Perceptron(hidden=(4,)).initialise(Key(0, 0), POINTS)
    phases = [TrainingPhase(schedule=[NEUTRAL], learning_rate=rate, batch_size=8, key=Key(0, 0)) for rate in (0.1, 0.2)]
    with pytest.raises(ValueError, match="subjects that are trained together, got 2 kinds"):
        next(JaxEngine().train_many([network] * 2, [POINTS.draw(Key(0, 0)).train] * 2, phases, [1]))
