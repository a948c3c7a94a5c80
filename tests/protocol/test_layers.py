"""A drug that acts on some hidden layers: what its steps leave, and what follows for a subject."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.controls import controlled
from resynapse.engine import Engine
from resynapse.errors import ProtocolError
from resynapse.modulation import Modulation
from resynapse.networks.perceptron import initialise
from resynapse.protocol.state import Setting, State
from resynapse.randomness import Key
from resynapse.runs.walk import walk

PROTOCOL = """
name: layers
task: {kind: gaussian-blobs, train: 256, test: 200, clean: 40}
network: {hidden: [16, 12, 8]}
induction: [{train: {epochs: 4, lr: 5e-3}}]
arms:
  everywhere: [{drug: {gain: 1.4, activation: tanh}}]
  named: [{drug: {gain: 1.4, activation: tanh, layers: [1, 2, 3]}}]
  first: [{drug: {gain: 1.4, activation: tanh, layers: [1]}}]
  nowhere: []
  ramp: [{drug: {layers: [2]}}, {train: {epochs: 2, lr: 0.0, gain: [1.0, 1.6]}}]
  at once: [{drug: {gain: 1.6, layers: [2]}}]
follow_up:
  - assess: {condition: acute, outcomes: [acc_internal_1.0, activation_magnitude, gain, effective_gain]}
  - discontinue: {}
  - assess: {condition: off, outcomes: [activation_magnitude, gain]}
"""


@pytest.fixture(scope="module")
def values(compiled: Engine) -> dict[tuple[str, str, str], float]:
    rows = walk(rs.loads(PROTOCOL), Subject(0, 0), compiled)
    return {(row.arm, row.condition, row.outcome): row.value for row in rows}


def test_every_layer_by_name_is_every_layer(values: dict[tuple[str, str, str], float]) -> None:
    for (arm, condition, outcome), value in values.items():
        if arm == "named":
            assert value == values["everywhere", condition, outcome]


def test_one_layer_is_neither_all_nor_none(values: dict[tuple[str, str, str], float]) -> None:
    magnitude = {values[arm, "acute", "activation_magnitude"] for arm in ("everywhere", "first", "nowhere")}
    assert len(magnitude) == 3
    assert values["first", "acute", "gain"] == 1.4


def test_a_ramp_of_gain_acts_where_the_drug_does(values: dict[tuple[str, str, str], float]) -> None:
    # a learning rate of zero leaves the network as it is, so only the drug state can differ
    for outcome in ("activation_magnitude", "acc_internal_1.0", "gain", "effective_gain"):
        assert values["ramp", "acute", outcome] == values["at once", "acute", outcome]


def test_discontinuation_ends_it_in_every_layer(values: dict[tuple[str, str, str], float]) -> None:
    for arm in ("everywhere", "first", "at once"):
        assert values[arm, "off", "activation_magnitude"] == values["nowhere", "off", "activation_magnitude"]


def test_layers_stay_until_others_are_named() -> None:
    state = State(network=initialise(Key(0, 0), (2, 4, 4, 4, 4)))
    setting: Setting = None  # type: ignore[assignment]
    for step, expected in (
        (rs.Drug(gain=1.4, layers=(1,)), Modulation(gain=1.4, sites=("hidden.1",))),
        (rs.Drug(inhibition=0.7), Modulation(gain=1.4, inhibition=0.7, sites=("hidden.1",))),
        (rs.Drug(layers=(2, 3)), Modulation(gain=1.4, inhibition=0.7, sites=("hidden.2", "hidden.3"))),
        (
            rs.Stabilise(protection=0.5),
            Modulation(gain=1.4, inhibition=0.7, protection=0.5, sites=("hidden.2", "hidden.3")),
        ),
        (rs.Discontinue(), Modulation(protection=0.5)),
    ):
        state = step.apply(state, setting)
        assert state.modulation == expected


def test_a_drawn_drug_names_its_layers_and_controls_know_it() -> None:
    assert rs.Drug(gain=1.25, layers=(1, 3)).phrase() == "drug on: gain 1.25, hidden layers 1, 3"
    assert "first:no-gain" in controlled(rs.loads(PROTOCOL), "no-gain").routes


@pytest.mark.parametrize(
    ("network", "why"),
    [
        ("", "the task has no steps of time; those with steps: repeated-point, resampled-points, delayed-match"),
        (
            "network: {kind: gru, hidden: [4]}\n",
            "the task has no steps of time; those with steps: repeated-point, resampled-points, delayed-match",
        ),
        (
            "task: {kind: repeated-point}\nnetwork: {kind: window}\n",
            "network window cannot have noise in some steps alone; those that can: gru, rnn",
        ),
    ],
)
def test_noise_in_one_step_is_refused_where_there_are_no_steps(network: str, why: str) -> None:
    text = f"name: x\n{network}arms: {{a: []}}\nfollow_up: [{{assess: {{condition: c, outcomes: [acc_pulse_1.0]}}}}]"
    with pytest.raises(ProtocolError, match=rf"line {text.count(chr(10)) + 1}: .*acc_pulse_1.0 is not possible: {why}"):
        rs.loads(text)
