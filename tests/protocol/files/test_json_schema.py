"""The JSON Schema: it accepts what can be run and refuses common mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

import resynapse as rs
from resynapse.controls import CONTROLS, controlled
from resynapse.protocol import STEPS, dump, json_schema, library
from resynapse.protocol.files.library import loads_value

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FILES = Path(rs.__file__).parent / "protocol" / "library"


def complaints(text: str) -> list[Any]:
    return list(VALIDATOR.iter_errors(loads_value(text, "test")))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", library())
def test_every_library_file_passes_as_written_and_as_resolved(name: str) -> None:
    assert not complaints((FILES / f"{name}.yaml").read_text("utf-8"))
    assert not list(VALIDATOR.iter_errors(dump(rs.load(name))))


@pytest.mark.parametrize("control", CONTROLS)
def test_variants_pass(control: str) -> None:
    of = {"fixed-probe": "kindling", "count-matched-scars": "kindling", "no-scars": "kindling", "pulse": "gru-kindling"}
    protocol = rs.load(of.get(control, "switch-relapse"))
    assert not list(VALIDATOR.iter_errors(dump(controlled(protocol, control))))


def test_every_step_and_field_is_described() -> None:
    node = SCHEMA["$defs"]["node"]["properties"]
    for kind, model in STEPS.items():
        schema = next(s for s in (node[kind], *node[kind].get("anyOf", ())) if s.get("type") == "object")
        assert schema["description"]
        assert set(schema.get("properties", {})) == set(model.model_fields)
        assert all("description" in field for field in schema.get("properties", {}).values())


@pytest.mark.parametrize(
    "text",
    [
        "title: no name",
        "{name: x, arms: {a: []}, folow_up: []}",
        "{name: x, arms: {a: [{tran: {}}]}}",
        "{name: x, arms: {a: [{train: {epochs: 1}}]}}",
        "{name: x, arms: {a: [{train: {epochs: -1, lr: 1.0e-3}}]}}",
        "{name: x, arms: {a: [{train: {epochs: 1, lr: 1.0e-3, rate: 1}}]}}",
        "{name: x, arms: {a: [{prune: {sparsity: 2}}]}}",
        "{name: x, arms: {a: [{prune: {sparsity: {gauss: [0, 1]}}}]}}",
        "{name: x, arms: {a: [{prune: {sparsity: {normal: [0]}}}]}}",
        "{name: x, arms: {a: [{drug: {activation: sigmoid}}]}}",
        "{name: x, arms: {a: [{mark: {}, when: acc_clean = 5}]}}",
        "{name: x, arms: {a: {}}}",
        "{name: x, arms: {a: [{prune: {sparsity: {column: depth}}}]}}",
        "{name: x, arms: {a: [{enrol: {condition: two}}]}}",
        "{name: x, arms: {a: []}, task: {kind: moons}}",
        "{name: x, arms: {a: []}, task: {kind: digits, sd: 1}}",
        "{name: x, arms: {a: []}, task: {scale: 1}}",
        "{name: x, arms: {a: []}, task: {kind: csv, path: a.csv}}",
        "{name: x, arms: {a: []}, task: {kind: csv, path: a.csv, label: y, split: [1, 2]}}",
        "{name: x, arms: {a: [{drug: {layers: []}}]}}",
        "{name: x, arms: {a: []}, derived: [{drop: {outcome: y}}]}",
        "{name: x, arms: {a: []}, variants: {v: {changes: []}}}",
        "{name: x, arms: {a: []}, network: {hidden: [0]}}",
    ],
)
def test_mistakes_do_not_pass(text: str) -> None:
    assert complaints(text)


@pytest.mark.parametrize(
    "text",
    [
        "{name: x, base: demo}",
        "{name: x, base: demo, arms: {ssri: null}}",
        "{name: x, base: demo, task: {kind: digits, train: 100}}",
        "{name: x, base: demo, task: {kind: csv, path: a.csv, label: y, columns: [b], standardise: together}}",
        "{name: x, arms: {a: [{drug: {gain: 1.2, layers: [1, 3]}}]}}",
        "{name: x, arms: {a: [{prune: {sparsity: {choice: [0.1, 0.2]}}}]}}",
        "{name: x, arms: {a: [{sweep: {s: [0.1, 0.2]}, do: [{prune: {sparsity: $s}}]}]}}",
        "{name: x, arms: {a: [{train: {epochs: $n, lr: 1.0e-3, noise_sd: [{uniform: [0, 1]}, 0]}}]}}",
        "{name: x, arms: {a: [{prune: {sparsity: {column: depth, of: traits.csv, draw: true}}}]}}",
        "{name: x, arms: {a: [{assess: here}, {enrol: gain > 1}, {enrol: {when: gain > 1, condition: two}}]}}",
        "{name: x, arms: {a: [{discontinue: }, {mark: {}}, {assess: here}]}}",
    ],
)
def test_what_the_language_allows_passes(text: str) -> None:
    assert not complaints(text)
