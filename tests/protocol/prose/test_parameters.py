"""Every parameter is listed once with its value, unit, default and source, and every step's fields say them."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.protocol import STEPS, library, parameters
from resynapse.protocol.prose.parameters import Parameter, section_of, unit_of


def listed(text: str) -> dict[tuple[str, str], Parameter]:
    return {(one.section, one.name): one for one in parameters(rs.loads(text))}


@pytest.mark.parametrize("name", library())
def test_every_parameter_of_the_library_has_a_source_and_stands_once(name: str) -> None:
    found = parameters(rs.load(name))
    assert all(one.source and one.value and one.default for one in found)
    assert len({one[:2] for one in found}) == len(found)


def test_every_number_of_a_step_has_a_unit_and_every_step_a_source() -> None:
    own = {kind: step for kind, step in STEPS.items() if step.__module__.startswith("resynapse.")}  # none of a package
    assert len(own) > 10
    for kind, step in own.items():
        for field in step.model_json_schema().get("properties", {}).values():
            assert unit_of(field) or "string" in str(field) or "boolean" in str(field), (kind, field)
            assert section_of(step) or field.get("source") == "choice", (kind, field)


def test_values_units_defaults_and_sources() -> None:
    found = listed(
        "{name: x, task: {train: 99}, induction: [{regrow: {of_pruned: 0.5}}], arms: {a: [{train: {epochs: 3, lr: 0.1}}]}}"
    )
    assert found["task", "train"][2:5] == ("99", "samples", "12000")
    assert found["induction", "regrow.of_pruned"][2:] == ("0.5", "share", "required", "the model, Regrowth: assumed")
    assert found["induction", "regrow.ties"][2:] == ("keyed", "", "keyed", "choice")
    assert found["arm a", "train.epochs"][2:4] == ("3", "epochs")


def test_what_is_not_set_and_has_no_default_is_not_listed() -> None:
    found = listed("{name: x, arms: {a: [{drug: {gain: 2}}]}}")
    assert ("arm a", "drug.gain") in found
    assert ("arm a", "drug.inhibition") not in found


def test_values_of_several_steps_stand_together_and_draws_are_said() -> None:
    found = listed(
        "{name: x, arms: {a: [{prune: {sparsity: 0.1}}, {fork: [{prune: {sparsity: 0.2}}]}, {prune_more: {of_active: {uniform: [0, 1]}}}]}}"
    )
    assert found["arm a", "prune.sparsity"].value == "0.1; 0.2"
    assert found["arm a", "prune_more.of_active"].value == "for each subject: uniform 0, 1"


def test_a_threshold_has_the_unit_of_what_it_is_of() -> None:
    found = listed(
        "{name: x, arms: {a: []}, follow_up: [{assess: {condition: end, outcomes: [gain]}}], "
        "derived: [{below: {outcome: low, of: gain, threshold: 2, within: end}}]}"
    )
    assert found["derived low", "below.threshold"][2:] == ("2", "gain", "required", "the protocol")
