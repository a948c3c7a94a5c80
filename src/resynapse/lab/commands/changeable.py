"""The values of a protocol that can be changed, in words, and the changes that were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from resynapse.errors import ResynapseError
from resynapse.lab.composing.tree_view import step_fields
from resynapse.protocol import STEPS, Protocol, dump
from resynapse.protocol.prose.titles import titles_of
from resynapse.protocol.prose.wording import counted

MOST_CHANGES = 6
"""Values that are changed at once."""
INDUCTION, FOLLOW_UP = "Before treatment", "Afterwards"
Counts = tuple[float, ...]
"""The counts of the rounds or levels around a step, the outermost first."""


class Value(NamedTuple):
    """A number of a step, or a first and a last one; one choice for all rounds in which it is the same.

    Parameters
    ----------
    now : the numbers.
    group : the arm or the part of the protocol that it is in, by its title.
    words : its step and name, and in which rounds.
    unit : as the composer gives it.
    about : what it means, its range, its default and where it comes from.
    rounds : the rounds that a choice changes all at once, in the order of the numbers in its path; else empty.
    of_many : whether it is one round of such a choice, which a list need not show.
    """

    now: tuple[float, ...]
    group: str
    words: str
    unit: str
    about: str
    rounds: tuple[str, ...] = ()
    of_many: bool = False

    @property
    def is_now(self) -> str:
        """What it is now, with its unit."""
        shown = f"{self.now[0]:g}" if len(self.now) == 1 else f"[{', '.join(f'{one:g}' for one in self.now)}]"
        return f"{shown} {self.unit}".strip()

    @property
    def others(self) -> list[str]:
        """Other values to try, near it first."""
        ways: list[Callable[[float], float]] = [lambda v: v * 1.1, lambda v: v / 2, lambda v: int(v) + 1]
        made = [[f"{way(one):g}" for one in self.now] for way in ways]
        return [one[0] if len(one) == 1 else f"[{', '.join(one)}]" for one in made]


class _Number(NamedTuple):
    """A number where it stands.

    Parameters
    ----------
    steps : numbers of the steps on the way to it, from 0.
    slot : the same for what does the same in every round.
    step : number of the step for readers; that of the first round is said in all of them.
    """

    steps: tuple[int, ...]
    slot: tuple[object, ...]
    counts: Counts
    levels: bool
    step: str
    kind: str
    name: str
    now: tuple[float, ...]
    field: Mapping[str, Any]

    def path(self, where: str, steps: Sequence[Sequence[int]]) -> str:
        """Its path for `--set`, also of several such numbers at once."""
        listed = [f"[{','.join(map(str, one))}]" for one in steps]
        return f"{where}{'.fork'.join(listed)}.{self.kind}.{self.name}"


def parameters_of(protocol: Protocol) -> dict[str, Value]:
    """Every number of the protocol's steps by its path for `--set`; rounds together, and each of them."""
    document, titles = dump(protocol), titles_of(protocol)
    found: dict[str, Value] = {}
    for arm, path in document["arms"].items():
        found.update(_grouped(titles.arm(arm), f"arms.{arm}", path))
    found.update(_grouped(INDUCTION, "induction", document["induction"]))
    found.update(_grouped(FOLLOW_UP, "follow_up", document["follow_up"]))
    return found


def _grouped(group: str, where: str, path: list[Mapping[str, Any]]) -> Iterator[tuple[str, Value]]:
    """The numbers of one path; a name that occurs twice says its step."""
    alike: dict[tuple[object, ...], list[_Number]] = {}
    for number in _of_path(path):
        alike.setdefault(number.slot, []).append(number)
    often = Counter((one[0].kind, one[0].name) for one in alike.values())
    for numbers in alike.values():
        first = numbers[0]
        words = f"{first.kind}: {first.name}".replace("_", " ")
        words += f" (step {first.step})" if often[first.kind, first.name] > 1 else ""
        known = Value((), group[:1].upper() + group[1:], words, str(first.field.get("unit") or ""), _about(first.field))
        for same in _same(numbers):
            now, which = same[0].now, _which(same, len(numbers))
            ways = [list(dict.fromkeys(way)) for way in zip(*(one.steps for one in same), strict=True)]
            if len(same) > 1:
                single = sum(len(way) > 1 for way in ways) == 1
                rounds = tuple(_named(one) for one in same) if single else ()
                yield first.path(where, ways), known._replace(now=now, words=words + which, rounds=rounds)
            for one in same:
                alone = words + _which([one], len(numbers))
                made = known._replace(now=now, words=alone, of_many=len(same) > 1)
                yield one.path(where, [[step] for step in one.steps]), made


def _same(numbers: list[_Number]) -> Iterator[list[_Number]]:
    """The numbers of a slot by their values, together where one path names them all and no other."""
    by_value: dict[tuple[float, ...], list[_Number]] = {}
    for one in numbers:
        by_value.setdefault(one.now, []).append(one)
    for same in by_value.values():
        ways = [set(way) for way in zip(*(one.steps for one in same), strict=True)]
        if prod(map(len, ways)) == len(same):
            yield same
        else:
            yield from ([one] for one in same)


def _which(same: list[_Number], of: int) -> str:
    """The rounds that are meant; empty where there is one."""
    if of == 1:
        return f", {_named(same[0])}" if same[0].counts else ""
    word = "level" if same[0].levels else "round"
    if len(same) == of:
        return f", in all {of} {word}s"
    if len(same) == 1 or len(same[0].counts) > 1:
        return f", in {' and '.join(map(_named, same))}"
    return f", in {word}s {counted([one.counts[0] for one in same])}"


def _named(one: _Number) -> str:
    return f"{'level' if one.levels else 'round'} {', '.join(f'{count:g}' for count in one.counts)}"


def _of_path(
    path: list[Mapping[str, Any]],
    steps: tuple[int, ...] = (),
    slot: tuple[object, ...] = (),
    counts: Counts = (),
    levels: bool = False,
    above: str = "",
) -> Iterator[_Number]:
    block, places = 0, Counter[tuple[object, ...]]()
    for index, node in enumerate(path):
        label = tuple(node.get("label", ()))
        # between two steps outside of rounds, what has the same order in its round does the same
        block += not label
        place = places[block, label]
        places[block, label] += 1
        step = f"{above}{index + 1}"
        here = (*slot, block, len(label), place)
        around = (counts + label, levels or (bool(label) and not any(key in STEPS for key in node)))
        for kind in (key for key in node if key in STEPS):
            facts = {field["name"]: field for field in step_fields(kind, node[kind])}
            for name, value in _numbers(node[kind] or {}):
                field = facts.get(name.partition(".")[0], {})
                yield _Number((*steps, index), (*here, kind, name), *around, step, kind, name, value, field)
        yield from _of_path(node.get("fork", []), (*steps, index), here, *around, f"{step}.")


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
            raise ResynapseError(f"path: {known[path].words} is changed twice; keep one of them")
    if len(values) != len(paths) or not all(value.strip() for value in values):
        raise ResynapseError("value: give the new value")
    return [f"{path}={value.strip()}" for path, value in zip(paths, values, strict=True)]
