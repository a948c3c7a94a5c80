"""A protocol's text as a tree with forms: what the composer shows beside the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resynapse.errors import ProtocolError
from resynapse.lab.composing.kind_forms import ABOUT as KIND_FORMS
from resynapse.lab.composing.kind_forms import kind_form
from resynapse.lab.composing.kind_forms import kind_of as named_kind
from resynapse.lab.composing.places import BESIDE, MANY, Place
from resynapse.lab.composing.shapes import DRAWN, FIELD, ONE, ROUNDS, Part, parts_of, rounds_of, shape_of, shown
from resynapse.protocol import STEPS
from resynapse.protocol.files.safe_yaml import Document, read
from resynapse.protocol.prose.parameters import section_of, support_of, unit_of

LONG = 4
"""Values of a list that a label shows one by one."""
_NAMED = {"induction": "Before treatment", "follow_up": "Afterwards"}
_MANY = {
    "repeat": "Do the steps inside once for each value of the variables, one round after the other.",
    "sweep": "Do the steps inside on a side path for each value of the variables, all from the same state.",
}
_ABOUT = {
    "at": "counts of the step at which its side path begins; empty: after it",
    "arms": "the arms that take this step; empty: all",
    "skip": "arms that do not take this step",
    "when": "a comparison with what was measured before; where it is false, the step is left out",
    "share": "false: every count of `at` has a run of its own",
    "label": "counts that name the conditions from here on",
    "stream": "a name for the random stream, where order will not do",
}


def tree(text: str) -> list[dict[str, Any]]:
    """The tree of a text, with the first and the last line of everything in it; empty while it is no protocol."""
    try:
        read_text = read(text)
    except ProtocolError:
        return []
    document = read_text.value
    if not isinstance(document, Mapping):
        return []
    arms = document.get("arms")
    arms = arms if isinstance(arms, Mapping) else {}
    found = [
        *(
            _leaf(which, document.get(which)) for which in KIND_FORMS
        ),
        _section(["induction"], _NAMED["induction"], document.get("induction")),
        {
            "place": ["arms"], "label": "Arms", "kind": "arms",
            "inside": [_section(["arms", str(name)], str(name), path) for name, path in arms.items()],
        },
        _section(["follow_up"], _NAMED["follow_up"], document.get("follow_up")),
    ]  # fmt: skip
    _place_in_text(found, read_text)
    return found


def _place_in_text(nodes: list[dict[str, Any]], document: Document) -> None:
    for node in nodes:
        place = node["place"]
        node["lines"] = document.lines(tuple(place)) if place[0] in document.value else None
        _place_in_text(node["inside"], document)


def _leaf(which: str, written: object) -> dict[str, Any]:
    return {"place": [which], "label": f"{which} {named_kind(which, written)}", "kind": "path", "inside": []}


def _section(place: list[str | int], label: str, path: object) -> dict[str, Any]:
    kind = "arm" if place[0] == "arms" else "path"
    return {"place": place, "label": label, "kind": kind, "inside": _steps(place, path)}


def _steps(place: list[str | int], path: object) -> list[dict[str, Any]]:
    if not isinstance(path, list):
        return []
    return [_step([*place, index], node) for index, node in enumerate(path) if isinstance(node, Mapping)]


def _step(place: list[str | int], node: Mapping[str, Any]) -> dict[str, Any]:
    kind = kind_of(node)
    inside = _steps([*place, "fork"], node.get("fork")) + _steps([*place, "do"], node.get("do"))
    return {"place": place, "label": _label(kind, node), "kind": "step", "inside": inside}


def kind_of(node: Mapping[str, Any]) -> str:
    """What a node of a path does: the name of its step, of its repetition, or nothing for a side path alone."""
    return next((str(key) for key in node if key not in (*BESIDE, "do")), "")


def _label(kind: str, node: Mapping[str, Any]) -> str:
    if not kind:
        return "side path"
    value = node[kind]
    if kind in MANY:
        return f"{kind} {shown(value)}"
    words = shown(value) if value is not None else ""
    if isinstance(value, Mapping):
        usual = {name: one.default for name, one in STEPS[kind].model_fields.items()} if kind in STEPS else {}
        told = {k: v for k, v in value.items() if k not in usual or _plain(v) != _plain(usual[k])}
        words = ", ".join(f"{k.replace('_', ' ')} {_short(v)}" for k, v in told.items())
    return f"{kind.replace('_', ' ')} {words}".strip()


def _short(value: object) -> str:
    """A value in a label; of a long list its length."""
    return f"{len(value)} in all" if isinstance(value, list) and len(value) > LONG else shown(value)


def _plain(value: object) -> object:
    """A value as it compares: a list and a tuple of the same are the same."""
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def form(text: str, place: Place) -> dict[str, Any] | None:
    """The form of the step at a place; None where there is none.

    Every field has its value as text, unit, range, default, and where it comes from.
    """
    try:
        node = read(text).value
        if not place:
            return None
        if len(place) == 1 and place[0] in KIND_FORMS:
            return kind_form(str(place[0]), node.get(place[0]))
        for part in place:
            node = node[part]
    except (ProtocolError, KeyError, IndexError, TypeError, AttributeError):
        return None
    if not isinstance(node, Mapping):
        return None
    kind = kind_of(node)
    fields = step_fields(kind, node[kind]) if kind in STEPS else _variables(kind, node[kind]) if kind in MANY else []
    beside = [
        {"name": key, "kind": "", "value": shown(node[key]) if key in node else "", "about": about, "unit": "",
         "range": "", "default": "", "source": "", "choices": [], "shape": ONE, "shapes": {}, "parts": []}
        for key, about in _ABOUT.items()
        if kind not in MANY or key in ("arms", "skip")
    ]  # fmt: skip
    about = (STEPS[kind].__doc__ or "").split("\n", 1)[0] if kind in STEPS else _MANY.get(kind, "")
    return {
        "kind": kind,
        "title": kind.replace("_", " ") or "side path",
        "about": about,
        "fields": fields,
        "beside": beside,
    }


def step_fields(kind: str, value: object) -> list[dict[str, Any]]:
    """The fields of a step with all that is known of each."""
    model = STEPS[kind]
    given = value if isinstance(value, Mapping) else {model.shorthand: value} if value is not None else {}
    schema = model.model_json_schema()
    section = section_of(model)
    found = []
    for name, field in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        support = support_of(field)
        source = support if support == "choice" or not section else f"{section}: {support}" if support else section
        unit, shape = "" if unit_of(field) == "1" else unit_of(field), shape_of(given.get(name))
        shapes = {key: text for key, text in FIELD.items() if key in (ONE, *DRAWN) or key == shape}
        found.append({
            "name": name,
            "kind": kind,
            "value": shown(given[name]) if name in given else "",
            "about": field.get("description", ""),
            "unit": unit,
            "range": range_of(field),
            "shape": shape,
            "shapes": shapes if takes_number(field) else {},
            "parts": _parts(parts_of(given.get(name), unit, range_of(field))),
            "default": "required" if required else _default(field),
            "source": source,
            "choices": field.get("enum") or (["true", "false"] if field.get("type") == "boolean" else []),
        })  # fmt: skip
    return found


def _variables(kind: str, value: object) -> list[dict[str, Any]]:
    """The variables of a repetition."""
    found: list[dict[str, Any]] = []
    for name, written in value.items() if isinstance(value, Mapping) else ():
        shape, parts = rounds_of(written)
        more = "as many as of the first variable" if found else "they name the conditions"
        found.append({
            "name": str(name), "kind": kind, "value": shown(written), "unit": "", "range": "", "default": "required",
            "about": f"its values stand for ${name} in the steps inside; {more}", "source": "choice", "choices": [],
            "shape": shape, "shapes": ROUNDS, "parts": _parts(parts), "variable": True,
        })  # fmt: skip
    return found


def _parts(parts: list[Part]) -> list[dict[str, Any]]:
    return [part._asdict() for part in parts]


def takes_number(field: Mapping[str, Any]) -> bool:
    """Whether a field may be one number, so that it may be drawn."""
    return field.get("type") in ("number", "integer") or any(map(takes_number, field.get("anyOf", ())))


def range_of(field: Mapping[str, Any]) -> str:
    """The range of a field's numbers in words; empty where there is none."""
    parts = [field, *field.get("anyOf", ())]
    for part in parts:
        low, above = part.get("minimum"), part.get("exclusiveMinimum")
        high, below = part.get("maximum"), part.get("exclusiveMaximum")
        words = [
            *([f"{low:g} or more"] if low is not None else [f"above {above:g}"] if above is not None else []),
            *([f"{high:g} or less"] if high is not None else [f"below {below:g}"] if below is not None else []),
        ]
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        if words:
            return ", ".join(words)
    return ""


def _default(field: Mapping[str, Any]) -> str:
    return shown(field["default"]) if field.get("default") is not None else "left as it is"
