"""The step is found by its entry point, brings activity to its target, and keeps what it does not name."""

import numpy as np
import pytest

import resynapse as rs
from resynapse.protocol import STEPS, Setting, State, plugins_of

PROTOCOL = """
name: scaled
task: {kind: gaussian-blobs, train: 256, test: 128, clean: 16}
network: {hidden: [16, 12]}
induction:
  - train: {epochs: 2, lr: 5.0e-3}
  - prune: {sparsity: 0.8}
arms:
  untreated: []
  scaled: [{homeostasis: {target: 0.5, rounds: %d}}]
follow_up:
  - assess: {condition: acute, outcomes: [acc_combined, activation_magnitude, sparsity, input_strength]}
"""


def first_layer(state: State, setting: Setting):
    seen = setting.engine.trace(state.network, setting.data.train.inputs, state.modulation)
    return np.abs(seen.activity["hidden.1"]).mean(axis=1)


def values(rounds: int, outcome: str) -> dict[str, float]:
    table = rs.run(rs.loads(PROTOCOL % rounds), subjects=1, workers=1).table()
    return {row["arm"]: row["value"] for row in table.filter(table["outcome"] == outcome).to_dicts()}


@pytest.fixture
def subject() -> tuple[State, Setting]:
    from resynapse.cohort import Subject
    from resynapse.engine import engine

    protocol = rs.loads(PROTOCOL % 1)
    who = Subject(0, 0)
    setting = Setting(
        engine=engine("reference"),
        data=who.data(protocol),
        batch_size=64,
        key=who.key.of("test"),
        pause=lambda: None,
    )
    return State(who.network(protocol)), setting


def test_the_installed_step_is_part_of_the_language() -> None:
    protocol = rs.loads(PROTOCOL % 3)
    assert set(plugins_of(protocol)) == {"step homeostasis", "outcome input_strength"}


def test_units_that_can_come_to_the_target(subject: tuple[State, Setting]) -> None:
    state, setting = subject
    before = first_layer(state, setting)
    after = first_layer(STEPS["homeostasis"](target=0.5, rounds=200).apply(state, setting), setting)
    # a unit whose bias alone holds it silent, or above the target, cannot be brought there by its weights
    assert np.mean(np.abs(np.log(after / 0.5)) < 0.1) > 0.8 > np.mean(np.abs(np.log(before / 0.5)) < 0.1)


def test_no_rounds_change_nothing() -> None:
    found = values(0, "acc_combined")
    assert found["scaled"] == found["untreated"]


def test_no_connection_comes_or_goes() -> None:
    found = values(5, "sparsity")
    assert found["scaled"] == found["untreated"]


def test_input_strength_shows_the_factor_of_a_round() -> None:
    before, after = (values(rounds, "input_strength")["scaled"] for rounds in (0, 1))
    # one round multiplies the weights of a unit by a factor between 1 / 1.1 and 1.1
    assert before / 1.1 <= after <= before * 1.1
    assert after != before


def test_activity_moves_towards_the_target() -> None:
    far, near = values(1, "activation_magnitude")["scaled"], values(40, "activation_magnitude")["scaled"]
    assert abs(near - 0.5) < abs(far - 0.5)
