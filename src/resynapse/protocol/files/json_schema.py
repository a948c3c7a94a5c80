"""The JSON Schema of protocol files, made from the steps themselves, for editors that complete and check."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from typing import Any

from pydantic import TypeAdapter

from resynapse.networks import ARCHITECTURES, DEFAULT_ARCHITECTURE
from resynapse.protocol.claim_tests import claim_tests
from resynapse.protocol.claims import Claim, Reading
from resynapse.protocol.derived_outcomes import RULES
from resynapse.protocol.endpoints import FORM
from resynapse.protocol.endpoints import MOST as MOST_PRIMARY
from resynapse.protocol.files.plain_values import fields_of
from resynapse.protocol.given_titles import GivenTitles
from resynapse.protocol.node import Node
from resynapse.protocol.population.distributions import KINDS
from resynapse.protocol.population.trait_tables import MOST_VALUES
from resynapse.protocol.steps import STEPS
from resynapse.protocol.variants import Append, Replace, Set, Variant
from resynapse.protocol.vocabulary import extend
from resynapse.task import DEFAULT_TASK, TASKS

_VARIABLE = {"type": "string", "pattern": r"\$", "description": "a variable of a repeat or sweep around the step"}
_COUNT = {"type": "integer", "minimum": 0}
_COUNTS = {"type": "array", "items": _COUNT}
_RANGE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["from", "to"],
    "properties": {"from": _COUNT, "to": _COUNT, "by": {"type": "integer", "minimum": 1}},
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a protocol file."""
    extend()
    path = {"$ref": "#/$defs/path"}
    task, parts_of_tasks = _kinds(TASKS, DEFAULT_TASK)
    text = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "resynapse protocol",
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": ["name", "arms"]}, {"required": ["name", "base"]}],
        "properties": {
            "name": {**text, "description": "names the results"},
            "title": text,
            "cite": {**text, "description": "DOI of the article it follows"},
            "base": {**text, "description": "a library protocol; what is named here replaces its part, arm by arm"},
            "task": task,
            "network": _kinds(ARCHITECTURES, DEFAULT_ARCHITECTURE)[0],
            "batch_size": {"type": "integer", "minimum": 1},
            "induction": {**path, "description": "from the fresh network to the state that all arms share"},
            "arms": {"type": "object", "additionalProperties": {"anyOf": [path, {"type": "null"}]}},
            "follow_up": {**path, "description": "what every arm does afterwards"},
            "derived": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
            "primary": {
                "type": "array",
                "items": {"type": "string", "pattern": FORM},
                "maxItems": MOST_PRIMARY,
                "uniqueItems": True,
                "description": "endpoints, OUTCOME at CONDITION, over which p values are adjusted",
            },
            "variants": {"type": "object", "additionalProperties": {"$ref": "#/$defs/variant"}},
            "claims": {"type": "array", "items": {"$ref": "#/$defs/claim"}},
            "titles": GivenTitles.model_json_schema(),
        },
        "$defs": {
            "path": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            "node": _node(),
            "rule": _one_of({name: rule.model_json_schema() for name, rule in RULES.items()}),
            "variant": _variant(),
            "test": _one_of({name: _inlined(test.model_json_schema()) for name, test in claim_tests().items()}),
            "claim": _claim(),
            "distribution": _distribution(),
            **parts_of_tasks,
        },
    }


def _kinds(registry: Mapping[str, type[Any]], default: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a task or network of any kind, and the definitions it refers to."""
    schemas, parts = [], {}
    for kind, made in registry.items():
        schema = TypeAdapter(made).json_schema()
        parts.update(schema.pop("$defs", {}))
        schema["properties"] = {"kind": {"const": kind}, **schema["properties"]}
        if kind != default:
            schema["required"] = ["kind", *schema.get("required", ())]
        schemas.append({**schema, "additionalProperties": False})
    return {"anyOf": schemas}, parts


def _node() -> dict[str, Any]:
    steps = {kind: _step(kind) for kind in STEPS}
    rounds = {"type": "object", "minProperties": 1}
    written = {
        "at": {"anyOf": [_COUNTS, _RANGE, _VARIABLE]},
        "fork": {"$ref": "#/$defs/path"},
        "when": {"type": "string", "pattern": r"^\s*\S+\s*(<=|>=|<|>)\s*\S+\s*$"},
    }
    beside = _object(Node, written, without=("step", "draws"))["properties"]
    beside |= {"repeat": rounds, "sweep": rounds, "do": {"$ref": "#/$defs/path"}}
    return {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": {**steps, **beside}}


def _step(kind: str) -> dict[str, Any]:
    model = STEPS[kind]
    schema = model.model_json_schema()
    schema["properties"] = {name: _open(field) for name, field in schema.get("properties", {}).items()}
    schema["description"] = (model.__doc__ or "").split("\n", 1)[0]
    if model.shorthand:
        return {"anyOf": [{"type": "string"}, schema]}
    return schema if schema.get("required") else {"anyOf": [{"type": "null"}, schema]}


def _open(field: Any) -> Any:
    """A field's schema that also takes a distribution or a variable wherever it takes a number."""
    if isinstance(field, list):
        return [_open(part) for part in field]
    if not isinstance(field, dict):
        return field
    if field.get("type") in ("number", "integer"):
        kept = {key: field[key] for key in ("description", "default", "title") if key in field}
        plain = {key: value for key, value in field.items() if key not in kept}
        return {**kept, "anyOf": [plain, {"$ref": "#/$defs/distribution"}, _VARIABLE]}
    return {key: _open(value) if key in ("anyOf", "prefixItems", "items") else value for key, value in field.items()}


def _distribution() -> dict[str, Any]:
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 1}
    pair = {**numbers, "minItems": 2, "maxItems": 2}
    properties = {kind: numbers if kind == "choice" else pair for kind in KINDS}
    return {
        "type": "object",
        "description": "a number that each subject has its own of",
        "additionalProperties": False,
        "oneOf": [*({"required": [kind]} for kind in KINDS), {"required": ["column", "of"]}],
        "properties": {
            **properties,
            "within": pair,
            "name": {"type": "string"},
            "column": {"type": "string", "description": "a column of a CSV table of traits, a row for each subject"},
            "of": {"type": "string", "description": "the table's file, from the folder of the protocol"},
            "draw": {"type": "boolean", "description": "draw rows with replacement"},
            "values": {**numbers, "maxItems": MOST_VALUES, "description": "as read from the table"},
        },
    }


def _variant() -> dict[str, Any]:
    node = {"$ref": "#/$defs/node"}
    parts = {
        "step": {"enum": list(STEPS)},
        "section": {"enum": ["induction", "treatment", "follow_up"]},
        "set": {"type": "object"},
        "at": _COUNTS,
        "into": node,
        "then": node,
    }
    properties: dict[str, Any] = {}
    for kind in (Set, Replace, Append):
        properties |= _object(kind, parts)["properties"]
    properties["in"] = properties.pop("section")
    change = {"type": "object", "additionalProperties": False, "required": ["step"], "properties": properties}
    return {**_object(Variant, {"changes": {"type": "array", "items": change}}), "required": ["of"]}


def _claim() -> dict[str, Any]:
    text = {"type": "string"}
    tests = {"type": "array", "items": {"$ref": "#/$defs/test"}, "minItems": 1}
    reading = {**_object(Reading, {"tests": tests}), "required": ["id", "tests"]}
    control = {
        "type": "object",
        "additionalProperties": False,
        "required": ["control"],
        "properties": {"control": text, "tests": tests, "among": text},
    }
    readings = {"type": "array", "items": reading, "description": "the most charitable first"}
    claim = _object(Claim, {"readings": readings})
    claim["properties"] = {
        **reading["properties"],
        **claim["properties"],
        "reading": {**text, "deprecated": True, "description": "now `interpretation`"},
        "controls": {"type": "array", "items": {"anyOf": [text, control]}, "deprecated": True},
    }
    return {"description": "a conclusion that `resynapse audit` decides", **claim}


def _object(kind: type, written: dict[str, Any], without: Collection[str] = ()) -> dict[str, Any]:
    """The schema of a specification from its fields; `written` are those that a file writes in another form."""
    types = {name: annotated for name, annotated in fields_of(kind).items() if name not in without}
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in required if name in types],
        "properties": {
            name: written[name] if name in written else TypeAdapter(annotated).json_schema()
            for name, annotated in types.items()
        },
    }


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that needs no definitions of its own; a test within a test is any test."""
    parts = {**schema.pop("$defs", {}), "Test": {"$ref": "#/$defs/test"}}

    def put_in(value: Any) -> Any:
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).rpartition("/")[2]
            if name == "Test":
                return parts[name]
            return put_in(parts[name]) if name in parts else {key: put_in(inner) for key, inner in value.items()}
        return [put_in(inner) for inner in value] if isinstance(value, list) else value

    return dict(put_in(schema))


def _one_of(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": properties,
    }
