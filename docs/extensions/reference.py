"""The reference pages, written from the code: `python docs/extensions/reference.py` after a change of the vocabulary.

They are kept in the repository, so that they can be read there; a test refuses a page that is not what this would write.
"""

from __future__ import annotations

import csv
import inspect
import json
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from resynapse.controls import CONTROLS
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.outcomes import BATTERY, catalogue
from resynapse.protocol import LIBRARY_GROUPS, STEPS, load
from resynapse.protocol.derived_outcomes import RULES
from resynapse.protocol.prose.parameters import support_of, unit_of
from resynapse.protocol.routes import epochs

FOLDER = Path(__file__).parents[1] / "reference"
_WRITTEN = "Written from the code by `python docs/extensions/reference.py`."
_SOURCE = re.compile(r"docs/(?P<page>[\w-]+)\.md, (?P<heading>[^.]+)\.?$")
_PUBLISHED = resources.files("resynapse") / "data" / "published"


def pages() -> dict[str, str]:
    """The text of every page by its name."""
    return {"steps": _steps(), "outcomes": _outcomes(), "library": _library()}


def allowed(field: Mapping[str, Any]) -> str:
    """What a field takes, from its JSON Schema: the range, the choices or the kind of text."""
    if "anyOf" in field:
        kinds = [part for part in field["anyOf"] if part.get("type") != "null"]
        plain = [allowed(part) for part in kinds if part.get("type") != "array"]
        return "; or ".join([*plain, *("`[first, last]`" for part in kinds if part.get("type") == "array")])
    if "enum" in field:
        return " or ".join(f"`{choice}`" for choice in field["enum"])
    kind = field.get("type")
    if kind in ("number", "integer"):
        return ("whole, " if kind == "integer" else "") + _range(field)
    if kind == "array":
        each = field["prefixItems"][0] if "prefixItems" in field else field["items"]
        number = f"{len(field['prefixItems'])} values" if "prefixItems" in field else "a list"
        return f"{number}, each {allowed(each)}"
    return {"boolean": "`true` or `false`", "string": "text"}[str(kind)]


def _range(field: Mapping[str, Any]) -> str:
    low = f"above {field['exclusiveMinimum']}" if "exclusiveMinimum" in field else f"{field.get('minimum', '')}"
    if "exclusiveMaximum" in field:
        return f"{low} to below {field['exclusiveMaximum']}"
    if "maximum" in field and "exclusiveMinimum" in field:
        return f"{low}, at most {field['maximum']}"
    if "maximum" in field:
        return f"{low} to {field['maximum']:,}".replace(",", "\N{NO-BREAK SPACE}")
    return "any finite number" if not low else low if low.startswith("above") else f"{low} or more"


def _default(field: Mapping[str, Any], *, required: bool) -> str:
    if required:
        return "required"
    if field["default"] is None:
        return "none"
    if field["default"] == list(BATTERY):
        return "[the battery](outcomes.md#the-acute-battery)"
    return f"`{json.dumps(field['default'])}`"


def _fields(model: type[BaseModel]) -> str:
    schema = model.model_json_schema(mode="serialization")
    plain = model.model_json_schema()
    rows = [
        (
            f"`{name}`",
            unit_of(field),
            allowed(field),
            _default(field, required=name in plain.get("required", ())),
            field.get("description", ""),
            support_of(field),
        )
        for name, field in schema.get("properties", {}).items()
    ]
    return (
        _table(("field", "unit", "allowed", "default", "meaning", "support"), rows) if rows else "It has no fields.\n"
    )


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    header = list(header)
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _described(kind: type[BaseModel]) -> tuple[str, str]:
    """The docstring without its source, and the source as a link."""
    text, _, source = inspect.cleandoc(kind.__doc__ or "").partition("Source: ")
    text = re.sub(r"``([^`]+)``", r"`\1`", text).strip()
    found = _SOURCE.search(source.strip())
    if not found:
        return text, f"*Source:* {source.strip()}" if source else ""
    anchor = found["heading"].lower().replace(" ", "-")
    return text, f"*Source:* [{found['page']}, {found['heading']}](../{found['page']}.md#{anchor})."


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *(p.strip() for p in parts if p.strip()), f"*{SHORT_DISCLAIMER}*"]) + "\n"


def _steps() -> str:
    parts = [
        f"Every step of a protocol, with its fields. [Protocol files](../protocol-files.md) explains how they are put together.\n{_WRITTEN}",
        "The unit 1 means without a dimension. Wherever a number is allowed, a distribution over subjects may stand "
        "([virtual populations](../populations.md)), and within a `repeat` or `sweep` one of its variables.",
    ]
    for name, step in STEPS.items():
        text, source = _described(step)
        counts = f"Side paths may start at its {step.counts} (`at`)." if step.counts else ""
        parts += [f"## `{name}`", text, counts, _fields(step), source]
    return _page("Steps", *parts)


def _outcomes() -> str:
    measured = [(f"`{one.name}`", one.unit, one.meaning) for one in catalogue()]
    parts = [
        f"What can be measured, and what is computed from it. [The model](../model.md#outcomes) says what stands for what.\n{_WRITTEN}",
        "## Measured",
        "`X` is a number of 0 or more, as in `acc_internal_1.5`. `NAME as OTHER` stores the value as `OTHER`. Outcomes of change need a "
        "[`mark`](steps.md#mark) before them.",
        _table(("outcome", "unit", "meaning"), measured),
        "## The acute battery",
        "What `assess` measures unless told otherwise: " + ", ".join(f"`{name}`" for name in BATTERY) + ".",
        "## Derived",
        "Arithmetic on the results of one subject in one arm, under `derived` in a protocol file.",
    ]
    for name, rule in RULES.items():
        parts += [f"### `{name}`", _described(rule)[0], _fields(rule)]
    return _page("Outcomes", *parts)


def _library() -> str:
    cells = {one.name: list(csv.DictReader(one.read_text("utf-8").splitlines())) for one in _PUBLISHED.iterdir()}

    def row(name: str) -> tuple[str, ...]:
        protocol = load(name)
        published = len(cells.get(f"{name}.csv", ()))
        return (
            f"[`{name}`](../../src/resynapse/protocol/library/{name}.yaml)",
            protocol.title,
            f"[{protocol.cite}](https://doi.org/{protocol.cite})" if protocol.cite else "none",
            ", ".join(protocol.arms),
            str(epochs(protocol.routes)),
            str(published) if published else "none",
        )

    header = ("protocol", "content", "record", "arms", "epochs", "published")
    shelves = (f"### {shelf}\n\n{_table(header, map(row, names))}" for shelf, names in LIBRARY_GROUPS.items())
    return _page(
        "Library",
        f"The protocols and controls that ship. {_WRITTEN}",
        "## Protocols",
        "`resynapse show NAME` draws one and says what it costs on your machine. *Epochs* are training epochs of one subject over all arms, "
        "each shared stretch counted once. *Published* is the number of published values that ship. The "
        "[questions](../questions/index.md) have a page each.",
        *shelves,
        "## Controls",
        "`--control NAME` adds it beside every arm that it changes; see [controls](../controls.md).",
        _table(("control", "what it isolates"), [(f"`{one.name}`", one.isolates) for one in CONTROLS.values()]),
    )


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / f"{name}.md").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
