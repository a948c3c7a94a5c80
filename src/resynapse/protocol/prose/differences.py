"""How two protocols differ, in plain sentences that follow the tree.

Steps are matched by kind, name and place in order, so that one added step is one sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel

from resynapse.protocol.files.codec import dump
from resynapse.protocol.node import Node, Path
from resynapse.protocol.prose.sentences import change_in_words, merged, node_in_words
from resynapse.protocol.prose.wording import counted, in_words
from resynapse.protocol.steps import Assess
from resynapse.protocol.tree import Protocol

Counts = tuple[tuple[str, float], ...]
"""The rounds and levels around a step, from without: ``(("round", 3),)``."""
Said = tuple[str, Counts, str]
"""Place, rounds or levels it is said of, and what is different there."""
_NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]?\d+)?")
_BESIDE = {
    "at": ("side paths start at", "its end"),
    "arms": ("is for", "all arms"),
    "skip": ("passes by", "no arm"),
    "when": ("is done where", "always"),
    "stream": ("has its stream named", "by order"),
}
"""How a difference beside a step is said, and what is said where nothing stands."""


def differences(before: Protocol, after: Protocol) -> list[str]:
    """What is different in `after`, a sentence each; empty where both run alike.

    Names, titles and citations are no differences. What differs alike in every round of a repetition is said once, and
    once too where numbers alone differ between rounds or levels: ``of_pruned {0.1, 0.2}``.

    >>> from resynapse.protocol import amended, load
    >>> differences(load("demo"), amended(load("demo"), "task.sd=0.5"))
    ['task: sd is 0.5 instead of 0.8.']
    """
    said: list[Said] = [("task", (), text) for text in _of_mappings(dump(before)["task"], dump(after)["task"])]
    if before.hidden != after.hidden:
        said.append(("network", (), f"hidden widths are {_list(after.hidden)} instead of {_list(before.hidden)}"))
    if before.batch_size != after.batch_size:
        said.append(("network", (), f"a batch has {after.batch_size} samples instead of {before.batch_size}"))
    said += _of_paths("induction", before.induction, after.induction)
    for arm in _names(before.arms, after.arms):
        if arm not in after.arms:
            said.append((f"arm {arm}", (), "is left out"))
        elif arm not in before.arms:
            steps = ", then ".join(map(_whole, after.arms[arm])) or "no treatment"
            said.append((f"arm {arm}", (), f"is added: {steps}"))
        else:
            said += _of_paths(f"arm {arm}", before.arms[arm], after.arms[arm])
    said += _of_paths("follow-up", before.follow_up, after.follow_up)
    said += _of_rules(before, after)
    for text, one, other in (("no longer", before, after), ("also", after, before)):
        ends = [str(end) for end in one.primary if end not in other.primary]
        said += [("primary endpoints", (), f"{text} {_list(ends)}")] if ends else []
    said += _of_variants(before, after)
    return list(_sentences(said))


def _sentences(said: Sequence[Said]) -> Iterator[str]:
    """The same of several rounds, or the same but for numbers, in one sentence, where the first of them stands."""
    rounds: dict[tuple[str, tuple[str, ...], str], list[Counts]] = {}
    for place, counts, text in said:
        rounds.setdefault((place, tuple(word for word, _ in counts), text), []).append(counts)
    alike: dict[tuple[str, tuple[str, ...], str, int], list[tuple[str, Counts]]] = {}
    times: Counter[tuple[str, str, Counts]] = Counter()
    for (place, words, text), found in rounds.items():
        # of one count each, so that every form of a number has its round
        numberless = _NUMBER.sub("#", text) if len(words) == len(found) == 1 else text
        # two such steps of one round are two sentences
        times[place, numberless, found[0]] += 1
        here = (place, words, numberless, times[place, numberless, found[0]])
        alike.setdefault(here, []).extend((text, counts) for counts in found)
    for (place, words, *_), each in alike.items():
        texts = list(dict.fromkeys(text for text, _ in each))
        text = texts[0] if len(texts) == 1 else merged(texts)
        numbers = [tuple(count for _, count in counts) for _, counts in each]
        named = counted([one for (one,) in numbers]) if len(words) == 1 else "; ".join(map(_list, numbers))
        where = f"{place}, {words[-1]}{'s' if len(each) > 1 else ''} {named}" if words else place
        # a verb that follows a name needs no colon
        yield f"{where} {text}." if text.startswith("is ") else f"{where}: {text}."


def _of_paths(place: str, before: Path, after: Path, counts: Counts = ()) -> Iterator[Said]:
    matcher = SequenceMatcher(a=list(map(_key, before)), b=list(map(_key, after)), autojunk=False)
    for tag, low, high, other_low, other_high in matcher.get_opcodes():
        gone, new = before[low:high], after[other_low:other_high]
        if tag == "equal":
            for same, there in zip(gone, new, strict=True):
                yield from _of_nodes(place, same, there, (*counts, *_rounds(there, after)))
            continue
        for one, other in _paired(gone, new):
            if one is not None and other is not None:
                yield from _of_nodes(place, one, other, (*counts, *_rounds(other, after)))
            elif one is not None:
                yield place, (*counts, *_rounds(one, before)), f"no longer {_whole(one)}"
            elif other is not None:
                yield place, (*counts, *_rounds(other, after)), f"also {_whole(other)}"


def _rounds(node: Node, path: Path) -> Counts:
    """The counts of a node; a side path that alone has its count on a path is the level of a sweep."""
    alone = node.step is None and sum(other.label == node.label for other in path) == 1
    return tuple(("level" if alone else "round", count) for count in node.label)


def _paired(gone: Path, new: Path) -> Iterator[tuple[Node | None, Node | None]]:
    """Steps of one kind and round belong together, in order; the others stand alone."""

    def of(path: Path, kind: tuple[str, tuple[float, ...]]) -> list[Node]:
        return [node for node in path if (_kind(node), node.label) == kind]

    for kind in dict.fromkeys((_kind(node), node.label) for node in (*gone, *new)):
        yield from zip_longest(of(gone, kind), of(new, kind))


def _of_nodes(place: str, before: Node, after: Node, within: Counts) -> Iterator[Said]:
    name = _kind(after)
    if before.step is not None and after.step is not None:
        old, new = (dict(_drawn(node)) for node in (before, after))
        for text in _of_mappings(old, new):
            yield place, within, f"{name} {text}"
    for key, (words, nothing) in _BESIDE.items():
        one, other = (getattr(node, key) for node in (before, after))
        if one != other:
            said, instead = (nothing if value in ((), None) else _shown(value) for value in (other, one))
            yield place, within, f"{name} {words} {said} instead of {instead}"
    if before.share != after.share:
        how = "share one trajectory" if after.share else "are each run apart"
        yield place, within, f"the side paths of {name} {how}"
    side = f"{place}, side path" if before.step is None else f"{place}, side path of {name}"
    yield from _of_paths(side, before.fork, after.fork, within)


def _drawn(node: Node) -> Iterator[tuple[str, Any]]:
    """The fields of a step, those that are drawn for each subject in words."""
    for key, value in node.step or ():
        traits = [str(trait) for place, trait in node.draws if place[0] == key]
        yield key, f"drawn for each subject ({'; '.join(traits)})" if traits else value


def _of_mappings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in _names(before, after):
        one, other = before.get(key), after.get(key)
        if one == other:
            continue
        if key == "outcomes" and isinstance(one, tuple) and isinstance(other, tuple):
            lost, won = [o for o in one if o not in other], [o for o in other if o not in one]
            yield " and ".join(
                [f"measures {_list(won)} too"] * bool(won) + [f"no longer measures {_list(lost)}"] * bool(lost)
                or ["measures its outcomes in another order"]
            )
            continue
        yield f"{key} is {_shown(other)} instead of {_shown(one)}"


def _of_rules(before: Protocol, after: Protocol) -> Iterator[Said]:
    old, new = ({rule.outcome: rule for rule in protocol.derived} for protocol in (before, after))
    for name in _names(old, new):
        one, other = old.get(name), new.get(name)
        if one is None and other is not None:
            yield f"derived outcome {name}", (), f"is added: {other.kind} {_fields(other)}"
        elif one is not None and other is None:
            yield f"derived outcome {name}", (), "is left out"
        elif one is not None and other is not None and one != other:
            kind = {"rule": one.kind}, {"rule": other.kind}
            for text in _of_mappings({**kind[0], **dict(one)}, {**kind[1], **dict(other)}):
                yield f"derived outcome {name}", (), text


def _of_variants(before: Protocol, after: Protocol) -> Iterator[Said]:
    for name in _names(before.variants, after.variants):
        one, other = before.variants.get(name), after.variants.get(name)
        if other is None:
            yield f"variant {name}", (), "is left out"
        elif one != other:
            changes = "; ".join(map(change_in_words, other.changes)) or "no change"
            how = "is added" if one is None else "is now"
            yield f"variant {name}", (), f"{how}: as {other.of}, but {changes}"


def _key(node: Node) -> tuple[object, ...]:
    return (_kind(node), node.label, node.arms, node.skip)


def _kind(node: Node) -> str:
    if node.step is None:
        return "side path"
    return f"assess {node.step.condition}" if isinstance(node.step, Assess) else node.step.kind


def _whole(node: Node) -> str:
    """A step with its side path in one line."""
    inside = ", then ".join(map(_whole, node.fork))
    alone = node_in_words(Node(**{f.name: getattr(node, f.name) for f in fields(Node) if f.name != "label"}))
    return f"{alone} ({inside})" if inside else alone


def _fields(rule: BaseModel) -> str:
    return ", ".join(f"{key} {in_words(value)}" for key, value in rule if key != "outcome" and value is not None)


def _names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*before, *after]))


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "none"
    return _list(value) if isinstance(value, (tuple, list)) else in_words(value)


def _list(values: Sequence[Any]) -> str:
    return ", ".join(map(_shown, values))
