"""The task and the network of a protocol as forms: their kind, and the fields of that kind."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from resynapse.lab.composing.shapes import ONE, shown
from resynapse.networks import ARCHITECTURES, DEFAULT_ARCHITECTURE
from resynapse.protocol.prose.parameters import section_of
from resynapse.task import DEFAULT_TASK, TASKS, Sizes

ABOUT = {"task": "What the networks learn.", "network": "The networks of all subjects."}
_KINDS: dict[str, tuple[Mapping[str, type[Any]], str]] = {
    "task": (TASKS, DEFAULT_TASK),
    "network": (ARCHITECTURES, DEFAULT_ARCHITECTURE),
}


def kind_of(which: str, written: object) -> str:
    """The kind of a protocol's task or network, named or not."""
    kind = written.get("kind") if isinstance(written, Mapping) else None
    return str(kind) if kind is not None else _KINDS[which][1]


def kind_form(which: str, written: object) -> dict[str, Any]:
    """The form of a protocol's task or network."""
    registry, usual = _KINDS[which]
    kind, given = kind_of(which, written), written if isinstance(written, Mapping) else {}
    fields = [_field("kind", given, "which of these it is", usual, "choice", list(registry))]
    if kind in registry:
        # what a kind shares with the usual one is described there alone
        said = {**_said(registry[usual]), **_said(registry[kind])}
        section = section_of(registry[kind])
        schema = TypeAdapter(registry[kind]).json_schema()
        for name, field in schema.get("properties", {}).items():
            default = "required" if name in schema.get("required", ()) else shown(field.get("default"))
            choices = field.get("enum") or (["true", "false"] if field.get("type") == "boolean" else [])
            unit = "samples" if name in Sizes._fields else ""
            about = said.get(name, f"size of the {name} set" if unit else name)
            fields.append(_field(name, given, about, default, section or "choice", choices, unit))
    return {"kind": "", "title": which, "about": ABOUT[which], "fields": fields, "beside": []}


def _field(
    name: str, given: Mapping[str, Any], about: str, default: str, source: str, choices: list[str], unit: str = ""
) -> dict[str, Any]:
    return {
        "name": name, "kind": "", "value": shown(given[name]) if name in given else "", "about": about, "unit": unit,
        "range": "", "default": default, "source": source, "choices": choices, "shape": ONE, "shapes": {}, "parts": [],
    }  # fmt: skip


def _said(kind: type[Any]) -> dict[str, str]:
    """What a docstring says about each parameter."""
    found: dict[str, str] = {}
    text = inspect.cleandoc(kind.__doc__ or "").partition("----------\n")[2].partition("\n\n")[0]
    for names, about in re.findall(r"^(\w[\w, ]*) : (.*(?:\n    .*)*)", text, re.MULTILINE):
        found.update(dict.fromkeys(names.split(", "), " ".join(about.split())))
    return found
