"""Changes of a protocol's text by the tree and its forms: one step, field or arm at a time; comments stay.

Every change takes the text and gives a new text, so that the text is the only state and an editor's undo covers both.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping, MutableMapping, MutableSequence
from functools import cache
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from resynapse.errors import ResynapseError, nearest
from resynapse.lab.composing import value_edits
from resynapse.lab.composing.places import MANY, Place, at
from resynapse.protocol import LIBRARY_GROUPS, STEPS, load
from resynapse.protocol.files.library import loads_value
from resynapse.protocol.files.safe_yaml import read

What = Literal["set", "shape", "part", "variable", "add", "move", "duplicate", "remove", "branch", "rename", "arm"]


def edited(text: str, what: str, place: Place, value: str = "") -> tuple[str, list[str | int]]:
    """The text after one change, and the place that is selected then.

    Parameters
    ----------
    what : ``set`` a field (place ends with the step and the field; empty text takes it back to its default), give it
        another ``shape`` (`shapes`), set a ``part`` of it (place goes on below the field); name, add (place ends with
        the repetition) or remove (empty text) a ``variable``; ``add`` a step or repetition of the kind `value` at a
        place, ``move`` by `value` places, ``duplicate``, ``remove``, ``branch`` a side path off a step or an arm off an
        arm, ``rename`` an arm, add an ``arm``.

    Raises
    ------
    ResynapseError : the text is no YAML, or there is no such place.
    """
    read(text)  # its bounds first
    yaml = _yaml()
    try:
        document = yaml.load(text)
    except YAMLError as error:
        raise ResynapseError(f"the text is no YAML yet: {str(error).splitlines()[0]}") from None
    if not isinstance(document, MutableMapping):
        raise ResynapseError("the text is no protocol yet; a protocol is a mapping with `name` and `arms`")
    selected = _CHANGES[_known(what)](document, list(place), value)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue(), selected


def _known(what: str) -> str:
    if what not in _CHANGES:
        raise ResynapseError(f"no change {what!r}; {nearest(what, _CHANGES)}")
    return what


def _yaml() -> YAML:
    made = YAML(typ="rt")
    made.preserve_quotes = True
    made.width = 4096
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def _path(document: MutableMapping[str, Any], place: list[str | int]) -> tuple[MutableSequence[Any], int]:
    """The path that a step is in, and its number there."""
    if not place or not isinstance(place[-1], int):
        raise ResynapseError("choose a step first")
    found = at(document, place[:-1])
    if not isinstance(found, MutableSequence) or not 0 <= place[-1] < len(found):
        raise ResynapseError("that step is gone; choose one again")
    return found, place[-1]


def _add(document: Any, place: list[str | int], value: str) -> list[str | int]:
    if value not in (*STEPS, *MANY):
        raise ResynapseError(f"no step {value!r}; {nearest(value, (*STEPS, *MANY))}")
    if not place or not isinstance(place[-1], int):
        raise ResynapseError("choose a path first")
    *above, index = place
    owner = at(document, above[:-1])
    if not owner.get(above[-1]) if isinstance(owner, MutableMapping) else False:
        owner[above[-1]] = []
    path = at(document, above)
    index = max(0, min(int(index), len(path)))
    path.insert(index, _repetition(value) if value in MANY else {value: copy.deepcopy(example(value))})
    return [*above, index]


def _repetition(kind: str) -> dict[str, Any]:
    return {
        kind: value_edits.flow({"round": {"from": 1, "to": 3}}),
        "do": [value_edits.flow({"assess": {"condition": "round"}})],
    }


def _move(document: Any, place: list[str | int], value: str) -> list[str | int]:
    path, index = _path(document, place)
    to = index + int(loads_value(value or "0", "move"))
    if not 0 <= to < len(path):
        return place
    step = path.pop(index)
    path.insert(to, step)
    return [*place[:-1], to]


def _duplicate(document: Any, place: list[str | int], _: str) -> list[str | int]:
    if len(place) == 2 and place[0] == "arms":
        return _copied_arm(document, str(place[1]))
    path, index = _path(document, place)
    path.insert(index + 1, copy.deepcopy(path[index]))
    return [*place[:-1], index + 1]


def _copied_arm(document: Any, arm: str) -> list[str | int]:
    arms = at(document, ["arms"])
    name = next(f"{arm}-{n}" for n in range(2, 1000) if f"{arm}-{n}" not in arms)
    arms[name] = copy.deepcopy(arms[arm])
    return ["arms", name]


def _remove(document: Any, place: list[str | int], _: str) -> list[str | int]:
    if len(place) == 2 and place[0] == "arms":
        arms = at(document, ["arms"])
        at(arms, place[1:])
        del arms[place[1]]
        return ["arms"]
    path, index = _path(document, place)
    path.pop(index)
    return [*place[:-1], min(index, len(path) - 1)] if len(path) else list(place[:-1])


def _branch(document: Any, place: list[str | int], _: str) -> list[str | int]:
    if len(place) == 2 and place[0] == "arms":
        return _copied_arm(document, str(place[1]))
    path, index = _path(document, place)
    node = path[index]
    if not node.get("fork"):
        node["fork"] = [{"assess": {"condition": "aside"}}]
    return [*place, "fork", 0]


def _rename(document: Any, place: list[str | int], value: str) -> list[str | int]:
    name = value.strip()
    arms = at(document, ["arms"])
    if len(place) != 2 or place[1] not in arms:
        raise ResynapseError("choose an arm first")
    if not name or name in arms:
        raise ResynapseError("name: give a name that no other arm has")
    entries = [(name if key == place[1] else key, arms[key]) for key in list(arms)]
    for key in list(arms):
        del arms[key]
    for key, path in entries:
        arms[key] = path
    return ["arms", name]


def _arm(document: Any, _: list[str | int], value: str) -> list[str | int]:
    arms = document.setdefault("arms", {})
    name = value.strip() or next(f"arm-{n}" for n in range(1, 1000) if f"arm-{n}" not in arms)
    if name in arms:
        raise ResynapseError("name: give a name that no other arm has")
    arms[name] = []
    return ["arms", name]


_CHANGES = {
    **value_edits.CHANGES, "add": _add, "move": _move, "duplicate": _duplicate, "remove": _remove, "branch": _branch,
    "rename": _rename, "arm": _arm,
}  # fmt: skip


@cache
def _examples() -> Mapping[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in (name for group in LIBRARY_GROUPS.values() for name in group):
        for node in load(name).nodes:
            if node.step is not None and not node.draws and node.step.kind not in found:
                found[node.step.kind] = node.step.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return found


def example(kind: str) -> dict[str, Any]:
    """What a new step of a kind begins with: the values of its first use in the library."""
    if kind in _examples():
        return _examples()[kind]
    schema = STEPS[kind].model_json_schema()
    fields: Mapping[str, Any] = schema.get("properties", {})
    plain = {"string": "acc_standard >= 50" if "when" in fields else "here", "integer": 1}
    return {name: plain.get(fields[name].get("type"), 0.5) for name in schema.get("required", ())}
