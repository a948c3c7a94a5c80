"""Every parameter of a protocol: its value, unit, default, and where it comes from.

Units and sources come from the steps: a step's docstring names the section that defines it. No number of the model was
fitted to data, so a field with a unit is ``assumed`` unless it states another ``source``: ``choice``, where resynapse
decides what no article states.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any, NamedTuple

from pydantic import BaseModel

from resynapse.protocol.files.codec import dump
from resynapse.protocol.node import Path, every
from resynapse.protocol.prose.wording import in_words
from resynapse.protocol.tree import Protocol
from resynapse.task import DEFAULT_TASK, Sizes

_NAMES = ("condition", "outcomes")


class Parameter(NamedTuple):
    """One parameter of a section; values that differ between its steps are listed together."""

    section: str
    name: str
    value: str
    unit: str
    default: str
    source: str


def parameters(protocol: Protocol) -> list[Parameter]:
    """Every parameter that a protocol sets or leaves at its default, in the order of the tree."""
    found: dict[tuple[str, str], tuple[list[str], Parameter]] = {}
    for one in _all(protocol):
        values, _ = found.setdefault((one.section, one.name), ([], one))
        if one.value not in values:
            values.append(one.value)
    return [one._replace(value="; ".join(values)) for values, one in found.values()]


def unit_of(field: Mapping[str, Any]) -> str:
    """The unit that a field's JSON schema states anywhere; a number without one is dimensionless, 1."""
    if "unit" in field:
        return str(field["unit"])
    parts = [*field.get("anyOf", ()), *field.get("prefixItems", ()), *([field["items"]] if "items" in field else [])]
    stated = [unit for unit in map(unit_of, parts) if unit]
    return stated[0] if stated else "1" if field.get("type") in ("number", "integer") else ""


def support_of(field: Mapping[str, Any]) -> str:
    """What supports the numbers of a field: what it states as its ``source``, else an author's assumption."""
    return str(field["source"]) if "source" in field else "assumed" if unit_of(field) else ""


def section_of(kind: type) -> str:
    """The section that the docstring of a step, a rule or a task names as its source; empty for none."""
    source = inspect.cleandoc(kind.__doc__ or "").partition("Source: ")[2].split("\n")[0]
    return source.partition(". ")[0].removesuffix(".").replace("docs/model.md", "the model")


def _all(protocol: Protocol) -> Iterator[Parameter]:
    usual_task = {f.name: f.default for f in fields(type(protocol.task)) if f.default is not MISSING}  # type: ignore[arg-type]
    usual_task["kind"] = DEFAULT_TASK
    for key, value in dump(protocol)["task"].items():
        default = "required" if key not in usual_task else _shown(usual_task[key])
        unit = "samples" if key in Sizes._fields else ""
        yield Parameter("task", key, _shown(value), unit, default, section_of(type(protocol.task)))
    network = "the model, Network"
    yield Parameter(
        "network", "hidden", in_words(list(protocol.hidden)), "units", "512, 512, 256", f"{network}: assumed"
    )
    yield Parameter("network", "batch_size", str(protocol.batch_size), "samples", "128", network)
    yield from _of_path("induction", protocol.induction)
    for arm, path in protocol.arms.items():
        yield from _of_path(f"arm {arm}", path)
    yield from _of_path("follow-up", protocol.follow_up)
    for variant in protocol.variants.values():
        for change in variant.changes:
            for step in change.brings:
                yield from _of_model(f"variant of {variant.of}", step.kind, step, {})
    for rule in protocol.derived:
        yield from _of_model(f"derived {rule.outcome}", rule.kind, rule, {}, of=rule.of)


def _of_path(section: str, path: Path) -> Iterator[Parameter]:
    for node in every(path):
        if node.step is None:
            continue
        drawn: dict[object, list[str]] = {}
        for place, trait in node.draws:
            drawn.setdefault(place[0], []).append(str(trait))
        yield from _of_model(section, node.step.kind, node.step, drawn)


def _of_model(
    section: str, name: str, model: BaseModel, drawn: Mapping[object, list[str]], of: str = ""
) -> Iterator[Parameter]:
    schema = type(model).model_json_schema()
    for key, value in model:
        # the tree shows which outcomes are read and at which conditions: names are no parameters
        if value is None or key in _NAMES or (of and isinstance(value, str)):
            continue
        field, field_of = schema["properties"][key], type(model).model_fields[key]
        text = f"for each subject: {'; '.join(drawn[key])}" if key in drawn else _shown(value)
        default = "required" if field_of.is_required() else _shown(field_of.default)
        unit = of if "`of`" in unit_of(field) else unit_of(field)
        yield Parameter(section, f"{name}.{key}", text, unit, default, _source(type(model), field))


def _source(kind: type, field: Mapping[str, Any]) -> str:
    support, section = support_of(field), section_of(kind)
    if support == "choice" or not section:
        return support if support == "choice" else "the protocol"
    return f"{section}: {support}" if support else section


def _shown(value: object) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, (tuple, list)) and any(isinstance(v, (tuple, list)) for v in value):
        return ", ".join(f"({_listed(v)})" for v in value)
    return in_words(value)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
