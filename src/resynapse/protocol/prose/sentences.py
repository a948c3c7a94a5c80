"""Protocols as sentences: a step, its further keys, a change, a value, each on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from resynapse.protocol.node import Node, Path
from resynapse.protocol.prose.wording import counted, in_words
from resynapse.protocol.steps import Assess
from resynapse.protocol.variants import Append, Change, Replace, Set

Line = tuple[int, str]
"""Depth, from 0, and text."""


def change_in_words(change: Change) -> str:
    """What a variant does otherwise."""
    place = f" {change.condition}" if change.condition else ""
    place += f" number {counted(change.which)}" if change.which else ""
    place += f" in the {change.section.replace('_', '-')}" if change.section else ""
    if isinstance(change, Replace):
        return f"{change.into.phrase()} instead of {change.step}{place}"
    if isinstance(change, Append):
        return f"{change.then.phrase()} after {change.step}{place}"
    if not isinstance(change, Set):
        return f"no {change.step}{place}"
    parts = [f"{key} {'default' if value is None else in_words(value)}" for key, value in change.set.items()]
    parts += [f"side path at {counted(change.at)}"] if change.at is not None else []
    return f"{change.step}{place} with {', '.join(parts)}"


def node_in_words(node: Node, *, measures: bool = False) -> str:
    """A step as a phrase with what is beside it, without its side path; `measures` lists its outcomes too."""
    remarks = []
    if measures and isinstance(node.step, Assess):
        remarks.append(f"measures {', '.join(node.step.outcomes)}")
    if node.arms:
        remarks.append(f"only {', '.join(node.arms)}")
    if node.skip:
        remarks.append(f"not {', '.join(node.skip)}")
    if node.when is not None:
        remarks.append(f"where {node.when}")
    remarks += [f"{'.'.join(map(str, place))} for each subject: {drawn}" for place, drawn in node.draws]
    if node.label:
        remarks.append(f"count {','.join(f'{count:g}' for count in node.label)}")
    if node.at and node.step is not None:
        apart = "" if node.share else ", each run apart"
        remarks.append(f"side path after {counted(node.at)} {node.step.counts}{apart}")
    what = "side path" if node.step is None else node.step.phrase()
    return f"{what} ({'; '.join(remarks)})" if remarks else what


def lines(path: Path, depth: int = 0, *, measures: bool = False) -> Iterator[Line]:
    """A path line by line; rounds of a repetition that differ only in values are written once.

    A value that differs is given for every round: ``bias {1.3, 1.1, 0.9}``. `measures` lists outcomes too.
    """
    alike: list[tuple[float, list[Line]]] = []
    levels = False

    def drawn() -> Iterator[Line]:
        if len(alike) == 1:
            ((count, only),) = alike
            yield from ((d - 1, f"{text} [={count:g}]" if d == depth + 1 else text) for d, text in only)
        elif alike:
            what = "levels, from the same state" if levels else "rounds"
            yield depth, f"each of {len(alike)} {what}: {counted([count for count, _ in alike])}"
            yield from _merged([one for _, one in alike])
        alike.clear()

    for label, group in groupby(path, key=lambda node: node.label[:1]):
        nodes = tuple(group)
        if not label:
            yield from drawn()
            for node in nodes:
                yield depth, node_in_words(node, measures=measures)
                yield from lines(node.fork, depth + 1, measures=measures)
            continue
        one = list(lines(tuple(_within(node) for node in nodes), depth + 1, measures=measures))
        if alike and not _same_shape(alike[-1][1], one):
            yield from drawn()
        levels = len(nodes) == 1 and nodes[0].step is None
        alike.append((label[0], one))
    yield from drawn()


def _within(node: Node) -> Node:
    """The node inside its round, without what the round says already."""
    return replace(node, label=node.label[1:])


def _same_shape(one: list[Line], other: list[Line]) -> bool:
    return [(d, len(text.split()), text.split()[0]) for d, text in one] == [
        (d, len(text.split()), text.split()[0]) for d, text in other
    ]


def _merged(rounds: list[list[Line]]) -> Iterator[Line]:
    for at_once in zip(*rounds, strict=True):
        yield at_once[0][0], merged([text for _, text in at_once])


def merged(texts: Sequence[str]) -> str:
    """Merge texts with equal numbers of words; a word that differs is written with all its forms.

    >>> merged(["regrow of_pruned 0.1, by gradient", "regrow of_pruned 0.2, by gradient"])
    'regrow of_pruned {0.1, 0.2}, by gradient'
    """
    return " ".join(map(_one_word, zip(*(text.split() for text in texts), strict=True)))


def _one_word(forms: Sequence[str]) -> str:
    """A word that differs between rounds, with all its forms: ``acc_biased_{1.3, 1.1}``."""
    if len(set(forms)) == 1:
        return forms[0]
    common = next((i for i, letters in enumerate(zip(*forms, strict=False)) if len(set(letters)) > 1), None)
    # if one word is the beginning of another, such as epoch and epochs, both are written in full
    before = "" if common is None else forms[0][:common].rstrip("0123456789.-+e")
    after = "," if all(form.endswith(",") for form in forms) else ""
    middles = [form[len(before) : len(form) - len(after)] for form in forms]
    return f"{before}{{{', '.join(middles)}}}{after}"
