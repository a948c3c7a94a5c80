"""No list of the documentation goes stale: it is written from the code, or held to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs.extensions import reference

from resynapse.cli import app
from resynapse.outcomes import catalogue, outcome
from resynapse.protocol import STEPS, json_schema
from resynapse.protocol.derived_outcomes import RULES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", reference.pages())
def test_a_reference_page_is_what_the_code_says(page: str) -> None:
    text = (DOCS / "reference" / f"{page}.md").read_text("utf-8")
    assert text == reference.pages()[page], "run `python docs/extensions/reference.py`"


def test_every_step_and_rule_is_on_its_page_with_every_field() -> None:
    for page, models in (("steps", STEPS), ("outcomes", RULES)):
        parts = dict(re.findall(r"^##+ `(\w+)`$(.*?)(?=^##|\Z)", reference.pages()[page], re.M | re.S))
        assert list(parts) == list(models)
        for name, model in models.items():
            assert re.findall(r"^\| `(\w+)` ", parts[name], re.M) == list(model.model_fields)


def test_every_count_states_what_it_counts() -> None:
    for step in STEPS.values():
        for name, field in step.model_json_schema().get("properties", {}).items():
            if field.get("type") == "integer":
                assert "unit" in field, f"{step.kind}.{name}"


def test_the_catalogue_of_outcomes_can_be_measured() -> None:
    for one in catalogue():
        assert outcome(one.name.replace("X", "1")).unit == one.unit


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"type": "number"}, "any finite number"),
        ({"type": "number", "minimum": 0}, "0 or more"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "above 0, at most 1"),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "0 to below 1"),
        ({"type": "integer", "minimum": 0, "maximum": 10_000}, "whole, 0 to 10\N{NO-BREAK SPACE}000"),
        ({"anyOf": [{"type": "number", "minimum": 0}, {"type": "array"}, {"type": "null"}]}, "0 or more; or `[first, last]`"),
        ({"enum": ["a", "b"], "type": "string"}, "`a` or `b`"),
    ],
)  # fmt: skip
def test_ranges_in_words(field: dict[str, object], said: str) -> None:
    assert reference.allowed(field) == said


def test_the_language_page_explains_every_key_that_no_table_is_written_for() -> None:
    page = (DOCS / "protocol-files.md").read_text("utf-8")
    schema = json_schema()
    beside = set(schema["$defs"]["node"]["properties"]) - set(STEPS)
    for key in (*schema["properties"], *beside):
        assert f"`{key}`" in page, key


COMMANDS = [name for name in app if not name.startswith("-")]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_of_the_command_line_has_every_command_and_option(command: str) -> None:
    page = (DOCS / "cli.md").read_text("utf-8")
    found = re.search(rf"^## `{command}`$(.*?)(?=^## |\Z)", page, re.M | re.S)
    assert found, f"docs/cli.md has no section for {command}"
    for argument in app[command].assemble_argument_collection():
        assert f"`{argument.names[0]}`" in found[1], f"{command}: {argument.names[0]} is not in docs/cli.md"


def test_the_page_of_the_command_line_has_no_command_that_is_gone() -> None:
    assert set(re.findall(r"^## `([\w-]+)`$", (DOCS / "cli.md").read_text("utf-8"), re.M)) == set(COMMANDS)
