"""The drug state and the forward rule: what gain, inhibition, noise and the stabiliser do to hidden activity."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resynapse.modulation import NEUTRAL, Activation, Modulation, activate, hidden_activity, slope
from resynapse.randomness import Key, normals

quick = settings(max_examples=60)

EPS = float(np.finfo(np.float64).eps)

gains = st.floats(0.1, 3.0)
shares = st.floats(0.0, 1.0)
protections = shares
activations: st.SearchStrategy[Activation] = st.sampled_from(["relu", "tanh"])
seeds = st.integers(0, 1000)
modulations = st.builds(
    Modulation,
    gain=gains,
    inhibition=st.floats(0.1, 1.0),
    activation=activations,
    noise_mean=st.floats(-2.0, 2.0),
    noise_sd=st.floats(0.0, 3.0),
    protection=protections,
)


def drawn(seed: int, stream: str, units: int = 4, samples: int = 6) -> NDArray[np.float64]:
    """Numbers of both signs, shape (units, samples)."""
    return 2.0 * normals(Key(seed, 0, stream), units, samples)


@quick
@given(gains)
def test_without_protection_gain_is_left_as_it_is(gain: float) -> None:
    assert Modulation(gain=gain).effective_gain == gain


@quick
@given(gains)
@example(1.6)
@example(1.25)
@example(0.85)
def test_full_protection_caps_gain_at_1_05(gain: float) -> None:
    assert Modulation(gain=gain, protection=1.0).effective_gain == min(gain, 1.05)


@quick
@given(st.floats(0.1, 1.05), protections)
def test_a_gain_of_1_05_or_less_is_never_touched(gain: float, protection: float) -> None:
    assert Modulation(gain=gain, protection=protection).effective_gain == gain


@quick
@given(st.floats(1.05, 3.0), protections)
def test_protection_removes_its_share_of_the_gain_above_1_05(gain: float, protection: float) -> None:
    capped = Modulation(gain=gain, protection=protection).effective_gain
    # a handful of roundings of numbers of at most 3
    assert capped - 1.05 == pytest.approx((gain - 1.05) * (1.0 - protection), rel=0, abs=4 * 3 * EPS)


@quick
@given(gains, protections, protections)
def test_more_protection_never_leaves_more_gain(gain: float, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert (
        Modulation(gain=gain, protection=more).effective_gain <= Modulation(gain=gain, protection=less).effective_gain
    )


@quick
@given(gains, gains, protections)
def test_the_cap_keeps_the_order_of_gains(one: float, other: float, protection: float) -> None:
    low, high = sorted((one, other))
    lower = Modulation(gain=low, protection=protection).effective_gain
    # gains a rounding apart may be exchanged
    assert lower <= Modulation(gain=high, protection=protection).effective_gain + 4 * 3 * EPS


@quick
@given(gains, protections)
def test_the_cap_neither_raises_gain_nor_lowers_it_below_1_05(gain: float, protection: float) -> None:
    capped = Modulation(gain=gain, protection=protection).effective_gain
    assert min(gain, 1.05) <= capped <= gain


@pytest.mark.parametrize(
    ("gain", "protection", "effective"),
    [(1.6, 0.5, 1.325), (1.25, 0.9, 1.07), (1.6, 0.25, 1.4625), (0.85, 0.6, 0.85), (1.0, 0.9, 1.0)],
    ids=["ssri half", "ketamine at the test", "ssri at the test", "neurosteroid at the test", "discontinued"],
)
def test_effective_gains_of_the_article_s_drug_states(gain: float, protection: float, effective: float) -> None:
    # a handful of roundings of numbers below 2
    assert Modulation(gain=gain, protection=protection).effective_gain == pytest.approx(effective, rel=8 * EPS)


@quick
@given(modulations)
def test_protection_relieves_biased_noise_by_three_tenths_of_itself(modulation: Modulation) -> None:
    relieved = modulation.noise_mean - modulation.noise_offset
    # a handful of roundings of numbers of at most 2
    assert relieved == pytest.approx(0.3 * modulation.protection * modulation.noise_mean, rel=0, abs=4 * 2 * EPS)


@quick
@given(st.floats(-3, 3))
def test_without_protection_biased_noise_arrives_in_full(mean: float) -> None:
    assert Modulation(noise_mean=mean).noise_offset == mean


def test_full_protection_leaves_seven_tenths_of_the_manic_probe() -> None:
    assert Modulation(noise_mean=1.0, protection=1.0).noise_offset == 0.7


@quick
@given(protections)
def test_protection_shifts_hidden_activity_down_by_up_to_0_15(protection: float) -> None:
    shift = Modulation(protection=protection).shift
    assert 0.0 <= shift <= 0.15
    assert shift == 0.15 * protection


@quick
@given(modulations)
def test_scale_is_inhibition_times_effective_gain(modulation: Modulation) -> None:
    assert modulation.scale == modulation.inhibition * modulation.effective_gain
    assert modulation.scale <= modulation.inhibition * modulation.gain


def by_hand(z: float, n: float, m: Modulation) -> float:
    """One unit and one sample after the model's page, section 2, in its order."""
    h = max(0.0, z) if m.activation == "relu" else math.tanh(z)
    h += m.noise_sd * n + m.noise_mean * (1 - 0.3 * m.protection)
    gain = m.gain if m.protection == 0 else min(m.gain, max(1.05, 1.05 + (1 - m.protection) * (m.gain - 1.05)))
    h *= m.inhibition * gain
    return h - 0.15 * m.protection


@quick
@given(modulations, seeds)
def test_hidden_activity_follows_the_formula_unit_by_unit(modulation: Modulation, seed: int) -> None:
    z, noise = drawn(seed, "z"), drawn(seed, "noise")
    activity = hidden_activity(z, modulation, noise)
    expected = [[by_hand(a, b, modulation) for a, b in zip(*rows, strict=True)] for rows in zip(z, noise, strict=True)]
    # ten roundings (tanh: 4 units in the last place) of terms no larger than these together
    largest = modulation.scale * (np.abs(z).max() + 3.0 * np.abs(noise).max() + 2.0) + 0.15
    np.testing.assert_allclose(activity, expected, rtol=0, atol=10 * EPS * largest)


@quick
@given(seeds)
def test_the_neutral_state_is_a_plain_relu(seed: int) -> None:
    z = drawn(seed, "z")
    np.testing.assert_array_equal(hidden_activity(z, NEUTRAL), np.where(z > 0, z, 0.0))


def test_the_neutral_state_is_gain_1_no_inhibition_relu_no_noise_and_no_protection() -> None:
    assert Modulation() == NEUTRAL
    assert {f.name: getattr(NEUTRAL, f.name) for f in fields(NEUTRAL)} == {
        "gain": 1.0,
        "inhibition": 1.0,
        "activation": "relu",
        "noise_mean": 0.0,
        "noise_sd": 0.0,
        "protection": 0.0,
        "sites": (),
        "noise_on": "architecture",
        "noise_at": (),
    }
    assert (NEUTRAL.scale, NEUTRAL.noise_offset, NEUTRAL.shift) == (1.0, 0.0, 0.0)


@quick
@given(protections.filter(lambda p: p > 0), gains)
def test_a_silent_unit_under_protection_goes_below_zero_and_is_not_rectified_again(
    protection: float, gain: float
) -> None:
    modulation = Modulation(gain=gain, protection=protection)
    silent = np.full((2, 3), -1.0)
    np.testing.assert_array_equal(hidden_activity(silent, modulation), np.full((2, 3), -0.15 * protection))


@quick
@given(seeds)
def test_noise_may_drive_activity_below_zero(seed: int) -> None:
    noise = -np.abs(drawn(seed, "noise"))
    activity = hidden_activity(np.zeros((4, 6)), Modulation(noise_sd=1.0), noise)
    np.testing.assert_array_equal(activity, noise)


@quick
@given(st.floats(-2, 2), protections)
def test_biased_noise_reaches_units_that_are_otherwise_silent(mean: float, protection: float) -> None:
    modulation = Modulation(noise_mean=mean, protection=protection)
    activity = hidden_activity(np.full((2, 3), -5.0), modulation)
    np.testing.assert_array_equal(activity, np.full((2, 3), modulation.noise_offset - modulation.shift))


@quick
@given(modulations, seeds)
def test_doubled_inhibition_factor_doubles_activity_and_noise_but_not_the_shift(
    modulation: Modulation, seed: int
) -> None:
    z, noise = drawn(seed, "z"), drawn(seed, "noise")
    strong, weak = replace(modulation, inhibition=0.25), replace(modulation, inhibition=0.5)
    before, after = (hidden_activity(z, m, noise) + m.shift for m in (strong, weak))
    # two roundings on each side of numbers no larger than these
    rounding = 4 * EPS * (np.abs(after).max() + 0.15)
    np.testing.assert_allclose(after, 2 * before, rtol=0, atol=rounding)


@quick
@given(modulations, seeds)
def test_without_spread_the_drawn_noise_has_no_effect(modulation: Modulation, seed: int) -> None:
    z, steady = drawn(seed, "z"), replace(modulation, noise_sd=0.0)
    np.testing.assert_array_equal(hidden_activity(z, steady, drawn(seed, "noise")), hidden_activity(z, steady))


@quick
@given(modulations, seeds)
def test_units_and_samples_do_not_influence_one_another(modulation: Modulation, seed: int) -> None:
    z, noise = drawn(seed, "z"), drawn(seed, "noise")
    whole = hidden_activity(z, modulation, noise)
    np.testing.assert_array_equal(hidden_activity(z[:1, :1], modulation, noise[:1, :1]), whole[:1, :1])


@quick
@given(modulations, seeds)
def test_the_forward_rule_leaves_its_input_alone(modulation: Modulation, seed: int) -> None:
    z, noise = drawn(seed, "z"), drawn(seed, "noise")
    kept = z.copy(), noise.copy()
    hidden_activity(z, modulation, noise)
    np.testing.assert_array_equal(z, kept[0])
    np.testing.assert_array_equal(noise, kept[1])


@quick
@given(modulations, seeds)
def test_float32_activity_stays_float32(modulation: Modulation, seed: int) -> None:
    z, noise = drawn(seed, "z").astype(np.float32), drawn(seed, "noise").astype(np.float32)
    assert hidden_activity(z, modulation, noise).dtype == np.float32
    assert slope(activate(z, modulation.activation), modulation.activation).dtype == np.float32


@quick
@given(st.lists(st.floats(-20, 20), min_size=1, max_size=20))
def test_relu_passes_what_is_positive_and_tanh_saturates(values: list[float]) -> None:
    z = np.array(values)
    np.testing.assert_array_equal(activate(z, "relu"), [max(0.0, v) for v in values])
    # NumPy's and the C library's tanh may differ by 4 units in the last place
    np.testing.assert_allclose(activate(z, "tanh"), [math.tanh(v) for v in values], rtol=4 * EPS, atol=0)
    assert (np.abs(activate(z, "tanh")) <= 1).all()


@quick
@given(st.lists(st.floats(-4, 4).filter(lambda v: abs(v) > 1e-4), min_size=1, max_size=20), activations)
def test_the_slope_is_the_derivative_of_the_activation(values: list[float], activation: Activation) -> None:
    z, step = np.array(values), 1e-5
    numerical = (activate(z + step, activation) - activate(z - step, activation)) / (2 * step)
    # truncation: step**2 / 6 times the third derivative, at most 2; rounding: a few eps of 4 over the step
    tolerance = step**2 / 3 + 4 * 4 * EPS / step
    np.testing.assert_allclose(slope(activate(z, activation), activation), numerical, rtol=0, atol=tolerance)


def test_a_silent_relu_unit_learns_nothing_and_an_active_one_in_full() -> None:
    z = np.array([-1.0, 0.0, 1e-300, 2.0])
    assert slope(activate(z, "relu"), "relu").tolist() == [0.0, 0.0, 1.0, 1.0]


def test_tanh_is_steepest_where_it_is_zero() -> None:
    assert slope(activate(np.array([0.0, 1.0, -1.0, 30.0]), "tanh"), "tanh").tolist() == [
        1.0,
        1.0 - math.tanh(1.0) ** 2,
        1.0 - math.tanh(1.0) ** 2,
        0.0,
    ]


@pytest.mark.parametrize("name", [f.name for f in fields(Modulation)])
def test_no_field_of_a_drug_state_can_be_changed_in_place(name: str) -> None:
    state: Any = Modulation()
    with pytest.raises(FrozenInstanceError):
        setattr(state, name, 0.5)


def test_a_drug_state_is_written_with_names_only() -> None:
    build: Any = Modulation
    with pytest.raises(TypeError, match="positional"):
        build(1.25)


some_layers = st.sets(st.integers(1, 5), min_size=1).map(sorted).map(tuple)


@quick
@given(modulations, st.integers(1, 9))
def test_by_default_a_drug_acts_on_every_layer(modulation: Modulation, layer: int) -> None:
    assert modulation.at(f"hidden.{layer}") == modulation


@quick
@given(modulations, some_layers, st.integers(1, 6))
def test_a_drug_acts_on_its_layers_alone_and_noise_and_stabiliser_on_all(
    modulation: Modulation, layers: tuple[int, ...], layer: int
) -> None:
    here = replace(modulation, sites=tuple(f"hidden.{n}" for n in layers)).at(f"hidden.{layer}")
    drug = (here.gain, here.inhibition, here.activation)
    expected = modulation if layer in layers else NEUTRAL
    assert drug == (expected.gain, expected.inhibition, expected.activation)
    assert (here.noise_offset, here.noise_sd, here.shift) == (
        modulation.noise_offset,
        modulation.noise_sd,
        modulation.shift,
    )
    assert here.scale == pytest.approx(modulation.scale if layer in layers else 1.0)
