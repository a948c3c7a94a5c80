"""Outcomes of change and structure against plain arithmetic on the networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.outcomes import Examination, catalogue, outcome
from resynapse.plasticity import prune, regrow, scar, severity
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs

KEY = Key(5, 2)
DATA = GaussianBlobs(train=64, test=64, clean=8).draw(KEY.of("data"))
WHOLE = initialise(KEY.of("initialisation"), (2, 12, 10, 8, 4))
PRUNED = prune(WHOLE, 0.8)


def measured(name: str, network: Network, marked: Network | None = PRUNED, state: Modulation = NEUTRAL) -> float:
    seen = Examination(network, state, DATA, KEY.of("assess/x"), engine("reference"), marked=marked)
    return outcome(name).measure(seen)


@given(st.floats(1e-3, 2.0), st.integers(0, 1000))
def test_doses_are_the_norms_of_the_change_over_the_number_of_all_weights(size: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    after = PRUNED.with_weights(
        [w + size * rng.normal(size=w.shape) * m for w, m in zip(PRUNED.weights, PRUNED.masks.values(), strict=True)]
    )
    change = np.concatenate([(a - b).ravel() for a, b in zip(after.weights, PRUNED.weights, strict=True)])
    # sums of a few hundred terms in float64
    assert measured("dose_l1", after) == pytest.approx(np.linalg.norm(change, 1) / change.size, rel=1e-12)
    assert measured("dose_l2", after) == pytest.approx(np.linalg.norm(change) / change.size, rel=1e-12)
    rms = measured("weight_change_rms", after)
    assert measured("dose_l2", after) == pytest.approx(rms / np.sqrt(change.size), rel=1e-12)
    assert measured("weight_change_mean", after) == measured("dose_l1", after)


@given(st.floats(0.0, 1.0))
def test_what_is_kept_and_what_is_regrown_make_up_every_layer(share: float) -> None:
    after = regrow(prune(WHOLE, 0.9), share, None, KEY.of("regrow"), init_sd=0.1)
    for layer, (mask, before) in enumerate(zip(after.masks.values(), PRUNED.masks.values(), strict=True), 1):
        kept, regrown = (measured(f"{family}_layer_{layer}", after) for family in ("kept", "regrown"))
        assert kept == np.count_nonzero(mask & before)
        assert kept + regrown == np.count_nonzero(mask)


@pytest.mark.parametrize("name", ["kept_layer_1", "regrown_layer_4", "dose_l1", "dose_l2"])
def test_change_needs_a_mark(name: str) -> None:
    with pytest.raises(ProtocolError, match=r"put `mark: \{\}` before the treatment"):
        measured(name, PRUNED, None)
    text = f"name: x\narms: {{a: []}}\nfollow_up: [{{assess: {{condition: c, outcomes: [{name}]}}}}]\n"
    with pytest.raises(ProtocolError, match="is measured from a mark"):
        rs.loads(text)


@pytest.mark.parametrize(("name", "why"), [
    ("kept_layer_5", "the network has 4 layers of weights"),
    ("kept_layer_0", "kept_layer_0 names no layer of weights; they are counted from 1"),
    ("regrown_layer_1.5", "regrown_layer_1.5 names no layer of weights"),
])  # fmt: skip
def test_a_layer_that_is_none_is_refused_before_anything_runs(name: str, why: str) -> None:
    text = f"name: x\narms: {{a: [mark: {{}}]}}\nfollow_up: [{{assess: {{condition: c, outcomes: [{name}]}}}}]\n"
    with pytest.raises(ProtocolError, match=why):
        rs.loads(text)


@given(st.floats(0.0, 1.0), st.integers(0, 100))
def test_the_scar_fraction_is_that_of_all_positions(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scars = {name: rng.random(m.shape) < share for name, m in PRUNED.masks.items()}
    found = measured("scar_fraction", scar(PRUNED, scars))
    assert found == pytest.approx(
        100 * sum(int(s.sum()) for s in scars.values()) / sum(s.size for s in scars.values()), rel=1e-12
    )
    assert measured("scar_fraction", PRUNED) == 0.0


@given(st.floats(0.5, 3.0), st.floats(0.0, 3.0))
def test_severity_is_bounded_and_rises_with_gain_and_activity(gain: float, activity: float) -> None:
    found = severity(gain, activity)
    assert 0.5 <= found <= 2.0
    assert severity(gain + 0.1, activity) >= found <= severity(gain, activity + 0.1)
    assert severity(1.0, 0.1) == 1.0


@pytest.mark.parametrize("gain", [0.85, 1.0, 1.25, 1.6])
def test_the_severity_of_a_state_is_that_of_its_gain_and_activation(gain: float) -> None:
    state = replace(NEUTRAL, gain=gain, protection=1.0, noise_sd=0.5)
    activity = measured("activation_magnitude", PRUNED, state=state)
    assert measured("severity", PRUNED, state=state) == severity(gain, activity)


def test_the_catalogue_tells_a_layer_as_a_number_to_choose() -> None:
    meanings = {one.name: one.meaning for one in catalogue()}
    assert "layer X" in meanings["kept_layer_X"]
    assert "layer X" in meanings["regrown_layer_X"]
