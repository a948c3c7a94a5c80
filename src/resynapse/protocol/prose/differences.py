"""How two protocols differ: the place of each difference as `--set` takes it, the old value, and the new one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from resynapse.protocol.files.codec import UNNUMBERED, dump, dump_node
from resynapse.protocol.node import Node, Path
from resynapse.protocol.prose.sentences import change_in_words, merged, node_in_words
from resynapse.protocol.prose.wording import counted, in_words
from resynapse.protocol.steps import Assess
from resynapse.protocol.tree import Protocol

Counts = tuple[float, ...]
"""The counts of the rounds and levels around a step, the outermost first."""
Found = tuple[str, Counts, str]
"""Place, counts, and what is different there."""
_NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]?\d+)?")


def differences(before: Protocol, after: Protocol) -> list[str]:
    """What is different in `after`, a line each; empty where both run alike.

    Names, titles, citations and claims are no differences. Rounds of a repetition that differ alike, or in numbers
    alone, share a line: ``of_pruned {0.1, 0.2}``.

    >>> from resynapse.protocol import amended, load
    >>> differences(load("demo"), amended(load("demo"), "task.sd=0.5"))
    ['task.sd: 0.8 -> 0.5']
    """
    return list(_together(list(_of_mappings("", _tree(before), _tree(after)))))


def _tree(protocol: Protocol) -> dict[str, Any]:
    """The parts that are compared: plain data, with paths as nodes and variants as sentences."""
    plain = {key: value for key, value in dump(protocol).items() if key not in (*UNNUMBERED, "name")}
    return plain | {
        "induction": protocol.induction,
        "arms": dict(protocol.arms),
        "follow_up": protocol.follow_up,
        "derived": {rule.outcome: {rule.kind: rule.model_dump(exclude_none=True)} for rule in protocol.derived},
        "primary": [str(endpoint) for endpoint in protocol.primary],
        "variants": {
            name: f"as {variant.of}, but {'; '.join(map(change_in_words, variant.changes)) or 'no change'}"
            for name, variant in protocol.variants.items()
        },
    }


def _together(found: Sequence[Found]) -> Iterator[str]:
    """What is alike at several counts, or alike but for numbers, in one line, where the first of them is."""
    alike: dict[tuple[str, str, int, int], list[tuple[str, Counts]]] = {}
    times: Counter[tuple[str, str, Counts]] = Counter()
    for place, counts, text in found:
        numberless = _NUMBER.sub("#", text) if len(counts) == 1 else text
        # two such steps of one round are two lines
        times[place, numberless, counts] += 1
        key = (place, numberless, len(counts), times[place, numberless, counts])
        alike.setdefault(key, []).append((text, counts))
    for (place, _, depth, _), each in alike.items():
        texts = list(dict.fromkeys(text for text, _ in each))
        text = texts[0] if len(texts) == 1 else merged([text for text, _ in each])
        at = counted([count for _, (count,) in each]) if depth == 1 else "; ".join(_shown(c) for _, c in each)
        yield f"{place} at {at}: {text}" if depth else f"{place}: {text}"


def _of_mappings(
    place: str, before: Mapping[str, Any], after: Mapping[str, Any], counts: Counts = ()
) -> Iterator[Found]:
    for key in dict.fromkeys([*before, *after]):
        here = f"{place}.{key}" if place else key
        if key not in after:
            yield here, counts, f"removed: {_shown(before[key])}"
        elif key not in before:
            yield here, counts, f"added: {_shown(after[key])}"
        else:
            yield from _of_values(here, before[key], after[key], counts)


def _of_values(place: str, before: Any, after: Any, counts: Counts) -> Iterator[Found]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_mappings(place, before, after, counts)
    elif _is_path(before) and _is_path(after):
        yield from _of_paths(place, before, after)
    elif _is_names(before) and _is_names(after) and set(before) != set(after):
        for what, one, other in (("removed", before, after), ("added", after, before)):
            only = [name for name in one if name not in other]
            if only:
                yield place, counts, f"{what}: {', '.join(only)}"
    else:
        yield place, counts, f"{_shown(before)} -> {_shown(after)}"


def _of_paths(place: str, before: Path, after: Path) -> Iterator[Found]:
    """Steps are matched by kind, name and order, so that one added step is one difference."""
    matcher = SequenceMatcher(a=list(map(_key, before)), b=list(map(_key, after)), autojunk=False)
    for tag, low, high, other_low, other_high in matcher.get_opcodes():
        gone, new = before[low:high], after[other_low:other_high]
        for one, other in zip(gone, new, strict=True) if tag == "equal" else _paired(gone, new):
            if one is not None and other is not None:
                here = f"{place}.{_kind(other)}"
                yield from _of_mappings(here, _fields(one), _fields(other), other.label)
                yield from _of_paths(f"{here}.fork" if other.step else here, one.fork, other.fork)
            elif one is not None:
                yield place, one.label, f"removed: {_whole(one)}"
            elif other is not None:
                yield place, other.label, f"added: {_whole(other)}"


def _paired(gone: Path, new: Path) -> Iterator[tuple[Node | None, Node | None]]:
    """Steps of one kind and round belong together, in order; the others are alone."""
    for kind in dict.fromkeys((_kind(node), node.label) for node in (*gone, *new)):
        yield from zip_longest(*([n for n in path if (_kind(n), n.label) == kind] for path in (gone, new)))


def _fields(node: Node) -> dict[str, Any]:
    """The fields of a step and what is beside it, without its side path and counts."""
    plain = dump_node(replace(node, fork=(), label=()))
    return {**(plain.pop(node.step.kind) if node.step is not None else {}), **plain}


def _key(node: Node) -> tuple[object, ...]:
    return (_kind(node), node.label, node.arms, node.skip)


def _kind(node: Node) -> str:
    if node.step is None:
        return "fork"
    return f"assess {node.step.condition}" if isinstance(node.step, Assess) else node.step.kind


def _is_path(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, Node) for item in value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _whole(node: Node) -> str:
    """A step with its side path in one line."""
    inside = ", then ".join(map(_whole, node.fork))
    alone = node_in_words(replace(node, label=()), measures=True)
    return f"{alone} ({inside})" if inside else alone


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
    if _is_path(value):
        return ", then ".join(map(_whole, value)) or "no step"
    return ", ".join(map(_shown, value)) if isinstance(value, (list, tuple)) else in_words(value)
