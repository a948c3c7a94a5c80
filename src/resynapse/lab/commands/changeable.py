"""The values of a protocol that can be changed, in words, and the changes that were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from resynapse.errors import ResynapseError
from resynapse.lab.composing.tree_view import step_fields
from resynapse.protocol import STEPS, Protocol, dump
from resynapse.protocol.prose.titles import titles_of

MOST_CHANGES = 6
"""Values that are changed at once."""
INDUCTION, FOLLOW_UP = "Before treatment", "Afterwards"


class Value(NamedTuple):
    """A number of a step, or a first and a last one.

    Parameters
    ----------
    now : the numbers.
    group : the arm or the part of the protocol that it is in, by its title.
    words : its step and name, and what it is now with its unit.
    about : what it means, its range, its default and where it comes from.
    """

    now: tuple[float, ...]
    group: str
    words: str
    about: str

    @property
    def others(self) -> list[str]:
        """Other values to try, near it first."""
        ways: list[Callable[[float], float]] = [lambda v: v * 1.1, lambda v: v / 2, lambda v: int(v) + 1]
        made = [[f"{way(one):g}" for one in self.now] for way in ways]
        return [one[0] if len(one) == 1 else f"[{', '.join(one)}]" for one in made]


def parameters_of(protocol: Protocol) -> dict[str, Value]:
    """Every number of the protocol's steps by its path for `--set`."""
    document, titles = dump(protocol), titles_of(protocol)
    found: dict[str, Value] = {}
    for arm, path in document["arms"].items():
        found.update(_grouped(titles.arm(arm), f"arms.{arm}", path))
    found.update(_grouped(INDUCTION, "induction", document["induction"]))
    found.update(_grouped(FOLLOW_UP, "follow_up", document["follow_up"]))
    return found


def _grouped(group: str, where: str, path: list[Mapping[str, Any]]) -> Iterator[tuple[str, Value]]:
    """The numbers of one path; a name that occurs twice says its step."""
    numbers = list(_of_path(where, path, ""))
    often = Counter(name for _, name, _, _, _, _ in numbers)
    for place, name, step, now, unit, about in numbers:
        which = f" (step {step})" if often[name] > 1 else ""
        is_now = f"{now[0]:g}" if len(now) == 1 else f"[{', '.join(f'{one:g}' for one in now)}]"
        yield place, Value(now, group[:1].upper() + group[1:], f"{name}{which}, now {is_now}{unit}", about)


def _of_path(
    where: str, path: list[Mapping[str, Any]], above: str
) -> Iterator[tuple[str, str, str, tuple[float, ...], str, str]]:
    for index, node in enumerate(path):
        step = f"{above}{index + 1}"
        for kind in (key for key in node if key in STEPS):
            facts = {field["name"]: field for field in step_fields(kind, node[kind])}
            for name, value in _numbers(node[kind] or {}):
                field = facts.get(name.partition(".")[0], {})
                words = f"{kind}: {name}".replace("_", " ")
                unit = f" {field['unit']}" if field.get("unit") else ""
                yield f"{where}[{index}].{kind}.{name}", words, step, value, unit, _about(field)
        yield from _of_path(f"{where}[{index}].fork", node.get("fork", []), f"{step}.")


def _about(field: Mapping[str, Any]) -> str:
    """What the composer says about a field, in one line."""
    default = field.get("default", "")
    named = [
        ("range: ", field.get("range")),
        ("default: ", "" if default == "required" else default),
        ("source: ", field.get("source")),
    ]
    return " · ".join([str(field.get("about", "")), *(f"{name}{text}" for name, text in named if text)]).strip(" ·")


def _numbers(fields: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The numbers of a step, also those for each arm, those of a distribution and those of a ramp."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", numbers) for inner, numbers in _numbers(value))
        elif _is_number(value):
            yield name, (value,)
        elif isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
            yield name, tuple(value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def checked_changes(paths: Sequence[str], values: Sequence[str], known: Mapping[str, Value]) -> list[str]:
    """The changes as `--set` takes them.

    Raises
    ------
    ResynapseError : there is no such value, no new one, or one of them twice.
    """
    if not paths or any(path not in known for path in paths):
        raise ResynapseError("path: choose one of the values of the list")
    if len(paths) > MOST_CHANGES:
        raise ResynapseError(f"path: {len(paths)} values at once; at most {MOST_CHANGES} are possible")
    for path in paths:
        if paths.count(path) > 1:
            raise ResynapseError(f"path: {known[path].words.partition(', now')[0]} is changed twice; keep one of them")
    if len(values) != len(paths) or not all(value.strip() for value in values):
        raise ResynapseError("value: give the new value")
    return [f"{path}={value.strip()}" for path, value in zip(paths, values, strict=True)]
