"""Networks with time: gradients by hand equal finite differences, noise has an address in every step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks import ARCHITECTURES, Architecture, Gru, Noise, Rnn, Window
from resynapse.networks.base import Network
from resynapse.randomness import Key
from resynapse.task import DelayedMatch, RepeatedPoint, ResampledPoints, Task
from resynapse.task.losses import loss, part_of, slopes

KEY = Key(5, 2)
POINTS = ResampledPoints(train=24, test=8, clean=4, steps=5)
MATCH = DelayedMatch(repeats=2, test_repeats=1, delay=4)
CASES: list[tuple[Architecture, Task]] = [
    (Gru(hidden=(6,)), POINTS),
    (Gru(hidden=(5, 4), embedding=3), POINTS),
    (Gru(hidden=(4,), readout="every"), MATCH),
    (Rnn(hidden=(7,)), MATCH),
    (Rnn(hidden=(6,), activation="relu", readout="last", recurrent_sd=0.4), POINTS),
    (Window(hidden=(6, 5)), POINTS),
    (Window(hidden=(7,), readout="every"), MATCH),
]
WITH_STATE = [case for case in CASES if case[0].noise_in_time]
MODULATIONS = [
    NEUTRAL,
    Modulation(gain=1.3, noise_sd=0.4),
    Modulation(gain=0.85, inhibition=0.7, activation="tanh", protection=0.6, noise_mean=0.5, noise_sd=1.0, noise_on="hidden"),
]  # fmt: skip


def _network(architecture: Architecture, task: Task) -> Network:
    return architecture.initialise(KEY.of("initialisation"), task)


@pytest.mark.parametrize(("architecture", "task"), CASES, ids=lambda one: getattr(one, "kind", type(one).__name__))
@pytest.mark.parametrize("modulation", MODULATIONS, ids=["neutral", "gain and noise", "inhibition and probe"])
def test_back_propagation_through_time_equals_finite_differences(
    architecture: Architecture, task: Task, modulation: Modulation
) -> None:
    network, batch = _network(architecture, task), task.draw(KEY.of("data")).train
    noise = Noise(KEY.of("noise"), draw=3)

    def loss_of(values: Network) -> float:
        return loss(architecture.forward(values, batch.inputs, modulation, noise).scores, batch)

    seen = architecture.forward(network, batch.inputs, modulation, noise)
    ours = architecture.backward(network, seen, slopes(seen.scores, batch), modulation)
    assert ours.keys() == network.values.keys()
    step, rng = 1e-6, np.random.default_rng(0)
    for name, value in network.values.items():
        for place in rng.permutation(value.size)[:6]:
            moved = []
            for change in (step, -step):
                other = value.copy()
                other.flat[place] += change
                moved.append(loss_of(network.with_values({name: other})))
            # central differences err by step**2 and by rounding / step, about 1e-10 of the loss (some units)
            assert (moved[0] - moved[1]) / (2 * step) == pytest.approx(ours[name].flat[place], abs=2e-7), name


@pytest.mark.parametrize("kind", ["gru", "rnn", "window"])
def test_a_kind_has_its_name_in_the_registry(kind: str) -> None:
    assert ARCHITECTURES[kind].kind == kind


def test_every_step_draws_its_own_noise_and_a_longer_sequence_begins_alike() -> None:
    network = _network(Rnn(), MATCH)
    inputs = task_inputs = MATCH.draw(KEY).test.inputs
    noisy = replace(NEUTRAL, noise_sd=0.5)
    long = Rnn().forward(network, inputs, noisy, Noise(KEY)).scores
    short = Rnn().forward(network, task_inputs[:5], noisy, Noise(KEY)).scores
    np.testing.assert_array_equal(long[:5], short)
    drawn = Noise(KEY).sequence(0, 6, 3, 40)
    assert len({step.tobytes() for step in drawn}) == 6


def test_internal_noise_of_gated_units_acts_on_the_input_and_the_probe_on_the_state() -> None:
    """Without input connections, noise on the input changes nothing; a probe of the hidden units does."""
    gru = Gru(hidden=(6,))
    network = _network(gru, POINTS)
    deaf = network.with_values({"input.1": np.zeros_like(network.values["input.1"])})
    inputs = POINTS.draw(KEY).test.inputs
    quiet = gru.forward(deaf, inputs, NEUTRAL).scores
    usual = gru.forward(deaf, inputs, replace(NEUTRAL, noise_sd=2.0), Noise(KEY)).scores
    probe = gru.forward(deaf, inputs, replace(NEUTRAL, noise_sd=2.0, noise_on="hidden"), Noise(KEY)).scores
    np.testing.assert_array_equal(usual, quiet)
    assert np.abs(probe - quiet).min() > 0


@pytest.mark.parametrize(("architecture", "task"), WITH_STATE, ids=lambda one: getattr(one, "kind", type(one).__name__))
def test_noise_in_one_step_is_that_of_the_step_and_leaves_what_was_before(
    architecture: Architecture, task: Task
) -> None:
    network, inputs = _network(architecture, task), task.draw(KEY).test.inputs

    def states(**noise: object) -> list[np.ndarray]:
        state = Modulation(noise_mean=0.4, noise_sd=0.7, noise_on="hidden", **noise)  # type: ignore[arg-type]
        return list(architecture.forward(network, inputs, state, Noise(KEY)).activity.values())

    first, second, every = states(noise_at=(0,)), states(noise_at=(2,)), states()
    quiet = list(architecture.forward(network, inputs, NEUTRAL).activity.values())
    np.testing.assert_array_equal(first[0][0], every[0][0])
    np.testing.assert_array_equal(second[0][:2], quiet[0][:2])
    for before, after in ((first, quiet), (second, quiet), (every, first)):
        assert np.abs(before[-1][2:] - after[-1][2:]).max() > 0


@pytest.mark.parametrize(("architecture", "task"), CASES, ids=lambda one: getattr(one, "kind", type(one).__name__))
def test_noise_on_hidden_units_is_multiplied_unit_by_unit(architecture: Architecture, task: Task) -> None:
    network, inputs = _network(architecture, task), task.draw(KEY).test.inputs

    def scores(factor: float, **noise: float) -> np.ndarray:
        scales = {site: np.full(units, factor) for site, units in architecture.sites.items()}
        state = Modulation(noise_on="hidden", **noise)  # type: ignore[arg-type]
        return architecture.forward(network, inputs, state, Noise(KEY, scales=scales)).scores

    twice = scores(2.0, noise_mean=0.25, noise_sd=0.5)
    np.testing.assert_allclose(twice, scores(1.0, noise_mean=0.5, noise_sd=1.0), rtol=1e-12)
    quiet = architecture.forward(network, inputs, NEUTRAL).scores
    np.testing.assert_array_equal(scores(0.0, noise_mean=0.5, noise_sd=1.0), quiet)


def test_gated_units_without_recurrence_forget_at_once() -> None:
    """With the update gate shut and no recurrent connections, the last step alone decides."""
    gru = Gru(hidden=(6,))
    network = _network(gru, POINTS)
    units = 6
    bias = np.zeros(3 * units)
    bias[units : 2 * units] = -1e4
    cut = network.with_values(
        {
            "recurrent.1": np.zeros_like(network.values["recurrent.1"]),
            "recurrent_bias.1": np.zeros(3 * units),
            "input_bias.1": bias,
        }
    )
    inputs = POINTS.draw(KEY).test.inputs
    np.testing.assert_allclose(
        gru.forward(cut, inputs, NEUTRAL).scores, gru.forward(cut, inputs[-1:], NEUTRAL).scores, rtol=1e-12
    )


def test_a_repeated_point_is_the_point_of_the_plain_task_in_every_step() -> None:
    task = RepeatedPoint(train=8, test=4, clean=4, steps=3)
    data = task.draw(KEY)
    assert data.train.inputs.shape == (3, 2, 8)
    assert all(np.array_equal(step, data.train.inputs[0]) for step in data.train.inputs)
    resampled = ResampledPoints(train=8, test=4, clean=4, steps=3).draw(KEY)
    np.testing.assert_array_equal(resampled.train.inputs[0], data.train.inputs[0])
    assert not np.array_equal(resampled.train.inputs[1], data.train.inputs[0])


def test_a_part_of_a_set_keeps_inputs_labels_and_targets_together() -> None:
    train = MATCH.draw(KEY).train
    part = part_of(train, np.array([3, 0]))
    assert part.targets is not None
    assert train.targets is not None
    np.testing.assert_array_equal(part.targets[:, :, 0], train.targets[:, :, 3])
    np.testing.assert_array_equal(part.inputs[:, :, 1], train.inputs[:, :, 0])
