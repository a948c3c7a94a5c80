"""One-off changes to a protocol: `arms.ketamine.regrow.of_pruned=0.25`."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

from resynapse.errors import ProtocolError, nearest
from resynapse.protocol.files.codec import dump, parse
from resynapse.protocol.files.library import loads_value
from resynapse.protocol.population.trait_tables import with_columns
from resynapse.protocol.tree import Protocol

_PART = re.compile(r"([^.\[\]]+)|\[(\d+(?:,\d+)*)\]")


def amended(protocol: Protocol, assignment: str) -> Protocol:
    """The protocol with one value changed.

    Parameters
    ----------
    assignment : ``path=value``. The path is the one that errors name, such as ``arms.ketamine[1].regrow.of_pruned``;
        the number of a step may be left out where only one step has the next key, and several may stand together, as
        in ``arms.ketamine[0,6,12].drug.gain``: all of them are changed. The value is YAML.

    Raises
    ------
    ProtocolError : the path does not exist or is ambiguous, or the value is not possible there.

    >>> from resynapse.protocol import load
    >>> amended(load("demo"), "task.sd=0.5").task.sd
    0.5
    """
    path, equals, text = assignment.partition("=")
    places = _places(path.strip())
    if not equals or not places:
        raise ProtocolError(f"{assignment!r} is no change; write one such as arms.ketamine.regrow.of_pruned=0.25")
    document = dump(protocol)
    for parts in places:
        place: Any = document
        for depth, part in enumerate(parts[:-1]):
            place = _enter(place, part, parts[:depth])
        _assign(place, parts, with_columns(loads_value(text, source=path), Path()))
    if places[0][0] == "task" and isinstance(document["task"], dict):
        document["task"].pop("contents", None)  # of the file as it was named before
    return parse(document)


def _places(path: str) -> list[list[str | int]]:
    """Every place that a path names; none where it is no path."""
    parts: list[list[str | int]] = []
    at = 0
    for match in _PART.finditer(path):
        if path[at : match.start()] not in ("", "."):
            return []
        parts.append([*map(int, match[2].split(","))] if match[2] else [match[1]])
        at = match.end()
    return [list(place) for place in product(*parts)] if parts and at == len(path) else []


def _enter(place: Any, part: str | int, above: list[str | int]) -> Any:
    """The value at `part` of a mapping or a list; in a list, a key selects the only step that has it."""
    where = tuple(above)
    if isinstance(place, dict):
        if part not in place:
            raise ProtocolError(f"no {part!r} here; {nearest(part, place)}", where)
        return place[part]
    if not isinstance(place, list):
        raise ProtocolError(f"{place!r} has no parts; leave {part!r} out", where)
    if isinstance(part, int):
        if part >= len(place):
            raise ProtocolError(f"no step {part}; there are {len(place)}, counted from 0", where)
        return place[part]
    found = [i for i, item in enumerate(place) if isinstance(item, dict) and part in item]
    if len(found) != 1:
        some = f"{len(found)} steps have {part!r}, give one as {' or '.join(f'[{i}]' for i in found)}"
        keys = sorted({key for item in place if isinstance(item, dict) for key in item})
        raise ProtocolError(some if found else f"no step has {part!r}; {nearest(part, keys)}", where)
    return place[found[0]][part]


def _assign(place: Any, parts: list[str | int], value: Any) -> None:
    last, where = parts[-1], tuple(parts[:-1])
    if isinstance(place, dict) and isinstance(last, str):
        place[last] = value
        return
    if isinstance(place, list) and isinstance(last, int) and last < len(place):
        place[last] = value
        return
    if isinstance(place, list) and isinstance(last, str):
        found = [item for item in place if isinstance(item, dict) and last in item]
        if len(found) == 1:
            found[0][last] = value
            return
        if found:
            raise ProtocolError(f"{len(found)} steps have {last!r}; name one by its number, from [0]", where)
    raise ProtocolError(f"no {last!r} here", where)
