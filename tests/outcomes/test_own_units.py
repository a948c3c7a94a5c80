"""What probes in units of each unit's own spread, tolerances and the training loss ask of an engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import log_softmax
from tests.outcomes.test_accuracy import ACCURACIES, CONDITION, DATA, NETWORK, SPREAD, Recorder, quick, states

from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import FloatArray, Network
from resynapse.outcomes import Examination, outcome


def asked_of(name: str, state: Modulation = NEUTRAL, **how: Any) -> Recorder:
    """What a measurement asked of an engine that is always right."""
    recorder = Recorder(np.eye(4)[:, (DATA.clean if name == "acc_clean" else DATA.test).labels])
    outcome(name).measure(Examination(NETWORK, state, DATA, CONDITION, recorder, **how))
    return recorder


@quick
@given(states, st.sampled_from(["acc_snr_0.5", "tolerance_snr"]))
def test_noise_in_units_of_each_units_sd_takes_it_noise_free_in_the_drug_state_on_the_test_set(
    state: Modulation, name: str
) -> None:
    recorder = asked_of(name, state)
    (asked,) = recorder.spread_of
    assert asked.network is NETWORK
    assert asked.modulation == replace(state, noise_mean=0.0, noise_sd=0.0)
    np.testing.assert_array_equal(asked.inputs, DATA.test.inputs)
    assert all((a.noise_scale is SPREAD) == (a.noise is not None) for a in recorder.responded)
    assert any(a.noise_scale is SPREAD for a in recorder.responded)


@pytest.mark.parametrize("name", [n for n in ACCURACIES if "snr" not in n])
def test_a_published_probe_asks_for_no_scale_unless_its_assessment_does(name: str) -> None:
    (asked,) = asked_of(name).responded
    assert asked.noise_scale is None
    (own,) = asked_of(name, own_noise=True).responded
    assert (own.noise_scale is SPREAD) == (own.noise is not None)
    # the same noise at the same strength: only its scale is another
    assert (own.noise, own.modulation) == (asked.noise, asked.modulation)
    np.testing.assert_array_equal(own.inputs, asked.inputs)


def test_one_examination_takes_the_spread_once() -> None:
    recorder = Recorder()
    seen = Examination(NETWORK, NEUTRAL, DATA, CONDITION, recorder, draws=3)
    for name in ("acc_snr_0.5", "acc_snr_1.0", "tolerance_snr"):
        outcome(name).measure(seen)
    assert len(recorder.spread_of) == 1


def test_noise_scaled_to_the_pruned_network_leaves_what_is_in_units_of_own_sd() -> None:
    (asked,) = asked_of("acc_snr_0.5", noise_scale=3.0).responded
    assert asked.modulation.noise_sd == 0.5


@pytest.mark.parametrize(
    ("name", "inputs", "mean", "sd"),
    [
        ("tolerance_input", 1, 0, 0),
        ("tolerance_internal", 0, 0, 1),
        ("tolerance_biased", 0, 1, 1),
        ("tolerance_snr", 0, 0, 1),
    ],
)
def test_a_tolerance_scales_one_draw_of_its_kind_of_noise(name: str, inputs: int, mean: int, sd: int) -> None:
    recorder = asked_of(name)
    undisturbed, *noisy = recorder.responded
    assert undisturbed.noise is None
    np.testing.assert_array_equal(undisturbed.inputs, DATA.test.inputs)
    strengths = [float(np.std(a.inputs - DATA.test.inputs)) if inputs else a.modulation.noise_sd for a in noisy]
    assert strengths == sorted(strengths)
    first = noisy[0]
    for asked, strength in zip(noisy, strengths, strict=True):
        assert asked.noise == first.noise
        assert (asked.modulation.noise_mean, asked.modulation.noise_sd) == (
            (0.0, 0.0) if inputs else (mean * strength, sd * strength)
        )
        # the same normals, so that the ratio of what is added is that of the strengths
        np.testing.assert_allclose(
            (asked.inputs - DATA.test.inputs) * strengths[0], (first.inputs - DATA.test.inputs) * strength, atol=1e-9
        )
    # always right: above the midpoint at every strength of the grid
    assert outcome(name).ceiling == strengths[-1] if not inputs else len(strengths) == 9


def test_a_network_at_chance_has_no_tolerance() -> None:
    seen = Examination(NETWORK, NEUTRAL, DATA, CONDITION, Recorder())
    # always the same class: the frequency of that class, about 25 %
    assert outcome("tolerance_internal").measure(seen) is None


@quick
@given(states, st.integers(0, 2**32 - 1))
def test_training_loss_is_the_mean_cross_entropy_on_the_training_set_without_noise_in_the_drug_state(
    state: Modulation, seed: int
) -> None:
    labels = DATA.train.labels
    recorder = Recorder(scores=np.random.default_rng(seed).normal(0, 20, (4, labels.size)))
    value = outcome("train_loss").measure(Examination(NETWORK, state, DATA, CONDITION, recorder))
    (asked,) = recorder.responded
    assert asked.inputs is DATA.train.inputs
    assert asked.noise is None
    assert asked.modulation == replace(state, noise_mean=0.0, noise_sd=0.0)
    assert recorder.scores is not None
    assert value == pytest.approx(_cross_entropy(recorder.scores, labels), rel=1e-9, abs=1e-12)


def _cross_entropy(scores: FloatArray, labels: NDArray[np.int64]) -> float:
    """The mean of -log softmax of the right class, by the library."""
    return float(-log_softmax(scores, axis=0)[labels, np.arange(labels.size)].mean())


@quick
@given(st.floats(0.0, 1.0))
def test_surviving_change_is_that_of_connections_live_before_and_after(by: float) -> None:
    def change(before: Network, after: Network) -> float:
        seen = Examination(after, NEUTRAL, DATA, CONDITION, Recorder(), marked=before)
        return outcome("surviving_change").measure(seen)

    pairs = list(zip(NETWORK.weights, NETWORK.masks.values(), strict=True))
    moved = NETWORK.with_weights([np.where(m, w + by, w) for w, m in pairs])
    # a sum of a weight below 1 and a shift below 1 is rounded once
    assert change(NETWORK, moved) == pytest.approx(by, abs=2 * np.finfo(float).eps)
    opened = replace(NETWORK, masks={name: np.ones_like(m) for name, m in NETWORK.masks.items()})
    grown = opened.with_weights([np.where(m, w, 7.0) for w, m in pairs])
    assert change(NETWORK, grown) == 0.0
    assert change(grown, NETWORK) == 0.0
