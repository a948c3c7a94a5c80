"""Every outcome has one definition: what is shown to the engine, under which noise, and how the answer is scored."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from resynapse.errors import ProtocolError, ResynapseError
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import FloatArray, Network
from resynapse.networks.perceptron import initialise
from resynapse.outcomes import BATTERY, Calibration, Examination, disturbance, outcome
from resynapse.plasticity import prune
from resynapse.randomness import Key, normals
from resynapse.task import GaussianBlobs, ResampledPoints, TaskData

quick = settings(max_examples=50)

DATA = GaussianBlobs(train=8, test=300, clean=40).draw(Key(0, 0, "data"))
NETWORK = prune(initialise(Key(0, 0, "initialisation"), (2, 6, 5, 4)), 0.5)
CONDITION = Key(0, 0, "acute")
SPREAD = {"hidden.1": np.arange(6.0), "hidden.2": np.arange(5.0)}
SSRI_IN_MID_TRAINING = Modulation(gain=1.6, noise_sd=0.5, noise_mean=0.2, protection=0.25)
ACCURACIES = (
    *(name for name in BATTERY if name.startswith("acc_")),
    *("acc_input_0.5", "acc_input_1.0", "acc_input_2.0", "acc_internal_2", "acc_biased_0.0", "acc_biased_0.3"),
    *("acc_snr_0.5", "acc_snr_1.0", "acc_unbiased_1.0", "acc_pulse_1.0"),
)
READ_OUTS = ("sparsity", "gain", "effective_gain", "protection")

parameters = st.decimals(0, 20, places=2).map(str)
families = st.sampled_from(["acc_input", "acc_internal", "acc_biased", "acc_snr"])
states = st.builds(
    Modulation,
    gain=st.floats(0.5, 2.0),
    inhibition=st.floats(0.5, 1.0),
    activation=st.sampled_from(["relu", "tanh"]),
    noise_mean=st.floats(-1.0, 1.0),
    noise_sd=st.floats(0.0, 1.0),
    protection=st.floats(0.0, 1.0),
)


@dataclass(frozen=True)
class Asked:
    """One question to the responder."""

    network: Network
    inputs: NDArray[np.float64]
    modulation: Modulation
    noise: Key | None = None
    noise_scale: Sequence[FloatArray] | None = None


@dataclass
class Recorder:
    """A responder that remembers what it was asked and gives the scores it was told to give."""

    scores: NDArray[np.float64] | None = None
    magnitude: float = 0.125
    responded: list[Asked] = field(default_factory=list)
    observed: list[Asked] = field(default_factory=list)
    spread_of: list[Asked] = field(default_factory=list)

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Sequence[FloatArray] | None = None,
    ) -> FloatArray:
        self.responded.append(Asked(network, inputs, modulation, noise, noise_scale))
        return np.zeros((4, inputs.shape[1])) if self.scores is None else self.scores

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        self.observed.append(Asked(network, inputs, modulation))
        return {"hidden.1": self.magnitude}

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
        self.spread_of.append(Asked(network, inputs, modulation))
        return SPREAD


def examined(name: str, modulation: Modulation = NEUTRAL, *, key: Key = CONDITION, network: Network = NETWORK) -> Asked:
    """What one measurement asked of the engine; an accuracy asks once."""
    recorder = Recorder()
    outcome(name).measure(Examination(network, modulation, DATA, key, recorder))
    assert not recorder.observed
    (asked,) = recorder.responded
    return asked


def read(name: str, modulation: Modulation) -> float:
    return outcome(name).measure(Examination(NETWORK, modulation, DATA, CONDITION, Recorder()))


@pytest.fixture
def input_keys(monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    """The streams from which input noise is drawn."""
    drawn: list[Key] = []

    def spy(key: Key, *shape: int) -> NDArray[np.float64]:
        drawn.append(key)
        return normals(key, *shape)

    monkeypatch.setattr(disturbance, "normals", spy)
    return drawn


@quick
@given(families, parameters)
def test_a_name_is_a_family_and_its_parameter(family: str, parameter: str) -> None:
    name = f"{family}_{parameter}"
    found = outcome(name)
    assert (found.name, found.unit) == (name, "%")
    assert f"{float(parameter):g}" in found.meaning


@pytest.mark.parametrize("name", [*BATTERY, *READ_OUTS])
def test_an_outcome_goes_by_the_name_it_was_asked_for(name: str) -> None:
    assert outcome(name).name == name
    assert outcome(name).meaning


def test_the_acute_battery_of_the_article_has_twelve_outcomes_in_the_order_of_its_tables() -> None:
    assert list(BATTERY) == [
        *("sparsity", "gain", "acc_clean", "acc_standard", "acc_combined"),
        *("acc_internal_0.0", "acc_internal_0.5", "acc_internal_1.0", "acc_internal_1.5", "acc_internal_2.5"),
        *("acc_biased_1.0", "activation_magnitude"),
    ]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        *((name, "%") for name in (*ACCURACIES, "sparsity")),
        *((n, "1") for n in (*READ_OUTS[1:], "activation_magnitude")),
    ],
)
def test_accuracies_and_sparsity_are_in_percent_and_the_rest_is_dimensionless(name: str, unit: str) -> None:
    assert outcome(name).unit == unit


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("acc_standrad", "'acc_standard'"),
        ("acc_cleen", "'acc_clean'"),
        ("acc_internl_1.5", "'acc_internal_X'"),
        ("acc_bias_1.0", "'acc_biased_X'"),
        ("acc_inputs_1.0", "'acc_input_X'"),
        ("activation", "'activation_magnitude'"),
        ("sparcity", "'sparsity'"),
        ("effective-gain", "'effective_gain'"),
    ],
)
def test_a_misspelt_outcome_is_refused_with_the_nearest_names(misspelt: str, meant: str) -> None:
    with pytest.raises(ProtocolError, match=f"unknown outcome '{misspelt}'; did you mean") as refusal:
        outcome(misspelt)
    assert meant in str(refusal.value)
    assert isinstance(refusal.value, ResynapseError)


def test_a_name_like_no_other_is_refused_with_all_that_is_allowed() -> None:
    with pytest.raises(ProtocolError, match="unknown outcome 'zzz'; allowed: ") as refusal:
        outcome("zzz")
    for name in ("acc_clean", "acc_standard", "acc_combined", "activation_magnitude", *READ_OUTS):
        assert name in str(refusal.value)
    for family in ("acc_input_X", "acc_internal_X", "acc_biased_X", "acc_snr_X"):
        assert family in str(refusal.value)


@pytest.mark.parametrize("family", ["acc_input", "acc_internal", "acc_biased", "acc_combined", "acc_snr"])
@pytest.mark.parametrize("parameter", ["-1", "", "nan", "inf", "1e3", ".5", "1.", "1.0.0", " 1", "1 ", "X", "+1"])
def test_a_parameter_that_is_no_plain_number_of_0_or_more_is_refused(family: str, parameter: str) -> None:
    with pytest.raises(ProtocolError, match="unknown outcome"):
        outcome(f"{family}_{parameter}")


@pytest.mark.parametrize("name", ["acc_clean_1.0", "acc_standard_0.5", "gain_1", "relapse_drop", ""])
def test_an_outcome_without_parameter_takes_none_and_derived_ones_are_not_measured(name: str) -> None:
    with pytest.raises(ProtocolError, match="unknown outcome"):
        outcome(name)


@quick
@given(st.sampled_from(ACCURACIES), st.integers(0, 1000))
def test_accuracy_is_the_share_of_samples_whose_highest_score_is_their_class(name: str, seed: int) -> None:
    split = DATA.clean if name == "acc_clean" else DATA.test
    scores = normals(Key(seed, 0, "scores"), 4, split.labels.size)
    right = sum(
        max(range(4), key=column.__getitem__) == label for column, label in zip(scores.T, split.labels, strict=True)
    )
    value = outcome(name).measure(Examination(NETWORK, NEUTRAL, DATA, CONDITION, Recorder(scores)))
    # two roundings of a number of at most 100
    assert value == pytest.approx(100 * right / split.labels.size, rel=1e-15)


@pytest.mark.parametrize("name", ACCURACIES)
def test_a_responder_that_is_always_right_has_100_and_one_that_is_always_wrong_has_0(name: str) -> None:
    labels = (DATA.clean if name == "acc_clean" else DATA.test).labels
    right = np.eye(4)[:, labels]
    for scores, value in ((right, 100.0), (-right, 0.0)):
        assert outcome(name).measure(Examination(NETWORK, NEUTRAL, DATA, CONDITION, Recorder(scores))) == value


def test_a_responder_that_always_says_the_same_scores_the_frequency_of_that_class() -> None:
    scores = np.zeros((4, DATA.test.labels.size))
    scores[2] = 1.0
    value = outcome("acc_standard").measure(Examination(NETWORK, NEUTRAL, DATA, CONDITION, Recorder(scores)))
    assert value == 100.0 * float(np.mean(DATA.test.labels == 2))


@pytest.mark.parametrize(
    ("name", "mean", "sd"),
    [
        ("acc_clean", 0.0, 0.0),
        ("acc_standard", 0.0, 0.0),
        ("acc_combined", 0.0, 0.5),
        ("acc_input_1.0", 0.0, 0.0),
        ("acc_input_2.0", 0.0, 0.0),
        ("acc_internal_0.0", 0.0, 0.0),
        ("acc_internal_0.5", 0.0, 0.5),
        ("acc_internal_2.5", 0.0, 2.5),
        ("acc_biased_1.0", 1.0, 1.0),
        ("acc_biased_0.3", 0.3, 1.0),
        ("acc_biased_0.0", 0.0, 1.0),
        ("acc_snr_0.5", 0.0, 0.5),
        ("acc_pulse_1.5", 1.5, 1.0),
        # as large in root mean square as mean 0.75 with sd 1
        ("acc_unbiased_0.75", 0.0, 1.25),
    ],
)
@pytest.mark.parametrize("state", [NEUTRAL, SSRI_IN_MID_TRAINING], ids=["neutral", "in mid-training"])
def test_internal_noise_is_that_of_the_outcome_whatever_noise_the_drug_state_trains_with(
    state: Modulation, name: str, mean: float, sd: float
) -> None:
    asked = examined(name, state)
    assert (asked.modulation.noise_mean, asked.modulation.noise_sd) == (mean, sd)
    assert (asked.noise is None) == (sd == 0.0)


@quick
@given(st.sampled_from(ACCURACIES), states)
def test_an_accuracy_is_measured_with_the_drug_state_and_the_protection_on(name: str, state: Modulation) -> None:
    seen = examined(name, state).modulation
    quiet: dict[str, Any] = {"noise_mean": 0.0, "noise_sd": 0.0, "noise_on": "architecture", "noise_at": ()}
    assert replace(seen, **quiet) == replace(state, **quiet)


@pytest.mark.parametrize("name", ACCURACIES)
def test_the_manic_probe_and_its_likes_act_on_hidden_units_in_every_architecture(name: str) -> None:
    probe = name.startswith(("acc_biased", "acc_unbiased", "acc_pulse"))
    assert examined(name).modulation.noise_on == ("hidden" if probe else "architecture")


def test_a_pulse_is_in_the_middle_step_alone() -> None:
    assert {name: examined(name).modulation.noise_at for name in ACCURACIES if name != "acc_pulse_1.0"} == {
        name: () for name in ACCURACIES if name != "acc_pulse_1.0"
    }
    sequences = ResampledPoints(train=8, test=30, clean=4, steps=7).draw(Key(0, 0, "data"))
    recorder = Recorder(np.zeros((4, 30)))
    outcome("acc_pulse_1.0").measure(Examination(NETWORK, NEUTRAL, sequences, CONDITION, recorder))
    assert [asked.modulation.noise_at for asked in recorder.responded] == [(3,)]


class Fading(Recorder):
    """A network whose accuracy falls by a tenth of the samples with each unit of noise inside."""

    def respond(self, network: Network, inputs: Any, modulation: Modulation, *more: Any, **named: Any) -> FloatArray:
        super().respond(network, inputs, modulation, *more, **named)
        right = np.arange(inputs.shape[1]) < inputs.shape[1] * (1 - modulation.noise_sd / 10)
        return np.eye(4)[:, np.where(right, DATA.test.labels, (DATA.test.labels + 1) % 4)]


@pytest.mark.parametrize(
    ("name", "times"), [("acc_internal_1.0", 1.0), ("acc_internal_2.0", 2.0), ("acc_snr_0.5", 0.5)]
)
def test_calibrated_noise_is_a_multiple_of_what_the_intact_network_stands(name: str, times: float) -> None:
    fading, intact = Fading(), initialise(Key(2, 0), (2, 6, 5, 4))
    calibration = Calibration(intact, DATA, Key(0, 0, "calibrate"))
    seen = Examination(NETWORK, Modulation(gain=1.6), DATA, CONDITION, fading, calibration=calibration)
    outcome(name).measure(seen)
    *sought, asked = fading.responded
    assert {(one.network is intact, one.modulation.gain, one.modulation.noise_mean) for one in sought} == {
        (True, 1.0, 0.0)
    }
    # a quarter of the 75 points above chance is lost at 1.875, give or take a sample and 1/128 of an interval of 1
    assert asked.modulation.noise_sd == pytest.approx(1.875 * times, abs=times * (10 / 300 + 1 / 128))
    assert (asked.network is NETWORK, asked.modulation.gain, asked.noise) == (True, 1.6, examined(name).noise)
    before = len(fading.responded)
    outcome(name).measure(replace(seen, known={}))
    assert len(fading.responded) == before + 1


def test_what_is_known_of_a_network_is_not_asked_again() -> None:
    recorder, known = Recorder(), dict[Hashable, Any]()
    first = Examination(NETWORK, NEUTRAL, DATA, CONDITION, recorder, known=known)
    asked = ["acc_clean", "acc_standard", "acc_internal_0.5", "acc_combined", "acc_input_1.0", "acc_biased_1.0"]
    values = {name: outcome(name).measure(first) for name in asked}
    before = len(recorder.responded)
    # other noise in the same words is another question, its absence is not
    for seen, new in ((first, 0), (replace(first, key=Key(0, 0, "later")), 4), (replace(first, draws=2), 4)):
        assert {name: outcome(name).measure(seen) for name in asked} == values
        assert len(recorder.responded) == before + new
        before = len(recorder.responded)
    measured = {name: outcome(name).measure(replace(first, modulation=Modulation(gain=1.6))) for name in asked}
    assert (measured, len(recorder.responded)) == (values, before + len(asked))


def test_where_the_intact_network_has_nothing_to_lose_calibrated_noise_has_no_value() -> None:
    calibration = Calibration(NETWORK, DATA, Key(0, 0, "calibrate"))
    guessing = Examination(NETWORK, NEUTRAL, DATA, CONDITION, Recorder(), calibration=calibration)
    assert outcome("acc_combined").measure(guessing) is None
    assert outcome("acc_standard").measure(guessing) is not None


@pytest.mark.parametrize("name", ACCURACIES)
def test_an_accuracy_asks_the_network_under_examination(name: str) -> None:
    other = initialise(Key(1, 0, "initialisation"), (2, 6, 5, 4))
    assert examined(name).network is NETWORK
    assert examined(name, network=other).network is other


@pytest.mark.parametrize("name", [n for n in ACCURACIES if "input" not in n and n not in ("acc_clean", "acc_combined")])
def test_without_input_noise_the_test_set_is_shown_as_it_is(name: str) -> None:
    np.testing.assert_array_equal(examined(name).inputs, DATA.test.inputs)


def test_the_clean_accuracy_shows_the_clean_set() -> None:
    np.testing.assert_array_equal(examined("acc_clean").inputs, DATA.clean.inputs)


def test_input_noise_of_sd_zero_is_no_noise() -> None:
    np.testing.assert_array_equal(examined("acc_input_0").inputs, DATA.test.inputs)


@pytest.mark.parametrize(
    ("name", "sd"), [("acc_combined", 1.0), ("acc_input_0.5", 0.5), ("acc_input_1.0", 1.0), ("acc_input_2.0", 2.0)]
)
def test_input_noise_is_added_to_the_noisy_test_set_with_the_sd_of_the_outcome(name: str, sd: float) -> None:
    added = examined(name).inputs - DATA.test.inputs
    # 5 sigma of a mean, and of a variance of normal numbers
    assert abs(added.mean()) < 5 * sd / np.sqrt(added.size)
    assert abs(added.var() / sd**2 - 1) < 5 * np.sqrt(2 / added.size)
    assert stats.kstest(added.ravel() / sd, "norm").pvalue > 1e-6


def test_combined_noise_is_input_noise_of_sd_1_with_internal_noise_of_sd_one_half(input_keys: list[Key]) -> None:
    asked = examined("acc_combined")
    (from_stream,) = input_keys
    np.testing.assert_array_equal(asked.inputs, DATA.test.inputs + normals(from_stream, *DATA.test.inputs.shape))
    assert (asked.modulation.noise_mean, asked.modulation.noise_sd) == (0.0, 0.5)
    assert asked.noise not in (None, from_stream)


@quick
@given(states, st.sampled_from(["acc_combined", "acc_input_1.5"]))
def test_arms_at_the_same_condition_see_identical_input_noise(state: Modulation, name: str) -> None:
    other = initialise(Key(9, 0, "initialisation"), (2, 3, 4))
    np.testing.assert_array_equal(examined(name, state, network=other).inputs, examined(name).inputs)


@quick
@given(states, st.sampled_from([n for n in ACCURACIES if n.startswith(("acc_internal", "acc_biased"))]))
def test_arms_at_the_same_condition_share_the_stream_of_internal_noise(state: Modulation, name: str) -> None:
    other = initialise(Key(9, 0, "initialisation"), (2, 3, 4))
    assert examined(name, state, network=other).noise == examined(name).noise


@pytest.mark.parametrize("key", [CONDITION.of("again"), Key(0, 1, "acute"), Key(1, 0, "acute")])
def test_another_condition_subject_or_seed_has_noise_of_its_own(key: Key) -> None:
    one, other = examined("acc_combined"), examined("acc_combined", key=key)
    assert one.noise != other.noise
    assert not np.intersect1d(one.inputs, other.inputs).size


def test_all_noise_hangs_below_the_key_of_the_condition(input_keys: list[Key]) -> None:
    streams = [asked.noise for asked in map(examined, ACCURACIES) if asked.noise is not None]
    for stream in (*streams, *input_keys):
        assert (stream.root_seed, stream.subject) == (CONDITION.root_seed, CONDITION.subject)
        assert stream.label.startswith(f"{CONDITION.label}/")


def test_no_two_outcomes_and_no_two_kinds_of_noise_share_a_stream(input_keys: list[Key]) -> None:
    internal = [asked.noise for asked in map(examined, ACCURACIES) if asked.noise is not None]
    streams = [key.philox_key for key in (*internal, *input_keys)]
    noisy = [n for n in ACCURACIES if n not in ("acc_clean", "acc_standard", "acc_internal_0.0")]
    assert len(streams) == len(noisy) + 1
    assert len(set(streams)) == len(streams)


@quick
@given(families, families, parameters, parameters)
def test_outcomes_share_a_stream_only_if_they_are_the_same_outcome(
    family: str, other_family: str, parameter: str, other_parameter: str
) -> None:
    one, other = f"{family}_{parameter}", f"{other_family}_{other_parameter}"
    first, second = examined(one), examined(other)
    if first.noise is not None and second.noise is not None:
        assert (first.noise == second.noise) == (one == other)


@pytest.mark.parametrize("name", ACCURACIES)
def test_an_outcome_measured_twice_or_after_others_sees_the_same_noise(name: str) -> None:
    first = examined(name)
    for before in ACCURACIES:
        examined(before)
    again = examined(name)
    assert again.noise == first.noise
    np.testing.assert_array_equal(again.inputs, first.inputs)


@quick
@given(states)
def test_activation_magnitude_keeps_raw_gain_inhibition_and_activation_and_drops_noise_and_protection(
    state: Modulation,
) -> None:
    recorder = Recorder(magnitude=0.375)
    value = outcome("activation_magnitude").measure(Examination(NETWORK, state, DATA, CONDITION, recorder))
    (asked,) = recorder.observed
    assert not recorder.responded
    assert value == 0.375
    assert asked.network is NETWORK
    assert asked.modulation == Modulation(gain=state.gain, inhibition=state.inhibition, activation=state.activation)
    np.testing.assert_array_equal(asked.inputs, DATA.test.inputs)


def test_activation_magnitude_under_full_protection_is_that_of_the_uncapped_gain() -> None:
    recorder = Recorder()
    protected = Modulation(gain=1.6, protection=1.0)
    outcome("activation_magnitude").measure(Examination(NETWORK, protected, DATA, CONDITION, recorder))
    assert protected.effective_gain == 1.05
    assert recorder.observed[0].modulation.effective_gain == 1.6


@quick
@given(states)
def test_gain_effective_gain_and_protection_are_read_off_the_drug_state(state: Modulation) -> None:
    assert read("gain", state) == state.gain
    assert read("effective_gain", state) == state.effective_gain
    assert read("protection", state) == state.protection


def test_gain_is_the_raw_one_where_the_stabiliser_caps_it() -> None:
    protected = Modulation(gain=1.6, protection=1.0)
    assert (read("gain", protected), read("effective_gain", protected)) == (1.6, 1.05)


@quick
@given(st.floats(0.0, 0.95))
def test_sparsity_is_the_percentage_of_masked_connections(sparsity: float) -> None:
    network = prune(NETWORK, sparsity)
    masked = sum(int((~m).sum()) for m in network.masks.values())
    value = outcome("sparsity").measure(Examination(network, NEUTRAL, DATA, CONDITION, Recorder()))
    # a division, a subtraction and a product of numbers of at most 100
    assert value == pytest.approx(100 * masked / sum(m.size for m in network.masks.values()), rel=0, abs=3e-14)


@pytest.mark.parametrize("name", READ_OUTS)
def test_a_state_read_out_asks_nothing_of_the_engine(name: str) -> None:
    recorder = Recorder()
    outcome(name).measure(Examination(NETWORK, NEUTRAL, DATA, CONDITION, recorder))
    assert recorder.responded == recorder.observed == []


@pytest.mark.parametrize("name", [*BATTERY, "acc_input_2.0"])
def test_measuring_leaves_the_subject_as_it_was(name: str) -> None:
    def frozen(data: TaskData) -> list[bytes]:
        return [a.tobytes() for split in (data.test, data.clean) for a in (split.inputs, split.labels)]

    before = frozen(DATA)
    state = replace(SSRI_IN_MID_TRAINING)
    measure: Callable[[Examination], Any] = outcome(name).measure
    measure(Examination(NETWORK, state, DATA, CONDITION, Recorder()))
    assert frozen(DATA) == before
    assert state == SSRI_IN_MID_TRAINING
