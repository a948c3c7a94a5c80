"""Protocols in words: a step, what stands beside it, a change, a value, each in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from resynapse.protocol.node import Node, Path
from resynapse.protocol.prose.wording import counted, in_words
from resynapse.protocol.steps import Assess, Step
from resynapse.protocol.variants import Change

Line = tuple[int, str]
"""Depth, from 0, and text."""


def describe(step: Step) -> str:
    """A step in one line: its name and every parameter."""
    if isinstance(step, Assess):
        draws = f", mean of {step.draws} noise draws" if step.draws > 1 else ""
        noise = f", internal noise {step.noise}" if step.noise != "absolute" else ""
        return f"assess {step.condition}: {', '.join(step.outcomes)}{draws}{noise}"
    fields = ", ".join(f"{k} {in_words(v)}" for k, v in step if v is not None)
    return f"{step.kind} {fields}".strip()


def change_in_words(change: Change) -> str:
    """What a variant does otherwise."""
    place = f" {change.condition}" if change.condition else ""
    place += f" number {counted(change.which)}" if change.which else ""
    place += f" in the {change.section.replace('_', '-')}" if change.section else ""
    if change.into is not None:
        return f"{describe(change.into)} instead of {change.step}{place}"
    if change.then is not None:
        return f"{describe(change.then)} after {change.step}{place}"
    parts = [f"{key} {'default' if value is None else in_words(value)}" for key, value in change.set.items()]
    parts += [f"side path at {counted(change.at)}"] if change.at is not None else []
    return f"{change.step}{place} with {', '.join(parts)}" if parts else f"no {change.step}{place}"


def node_in_words(node: Node) -> str:
    """A step and what stands beside it, its side path aside."""
    text = "side path" if node.step is None else describe(node.step)
    for place, drawn in node.draws:
        text += f" [{'.'.join(map(str, place))} for each subject: {drawn}]"
    if node.label:
        text += f" [={','.join(map(str, node.label))}]"
    if node.arms:
        text += f" [only {', '.join(node.arms)}]"
    if node.skip:
        text += f" [not {', '.join(node.skip)}]"
    if node.when is not None:
        text += f" [when {node.when}]"
    if node.at:
        apart = "" if node.share else ", each run apart"
        text += f", side path at {counted(node.at)}{apart}"
    return text


def lines(path: Path, depth: int = 0, tell: Callable[[Node], str] = node_in_words) -> Iterator[Line]:
    """A path line by line; rounds of a repetition that differ in values alone stand there once.

    A value that differs is given for every round: ``bias {1.3, 1.1, 0.9}``. `tell` puts a node in words.
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
                yield depth, tell(node)
                yield from lines(node.fork, depth + 1, tell)
            continue
        one = list(lines(tuple(_within(node) for node in nodes), depth + 1, tell))
        if alike and not _same_shape(alike[-1][1], one):
            yield from drawn()
        levels = len(nodes) == 1 and nodes[0].step is None
        alike.append((label[0], one))
    yield from drawn()


def _within(node: Node) -> Node:
    """The node as it stands inside its round."""
    return replace(node, label=node.label[1:])


def _same_shape(one: list[Line], other: list[Line]) -> bool:
    return [(d, len(text.split()), text.split()[0]) for d, text in one] == [
        (d, len(text.split()), text.split()[0]) for d, text in other
    ]


def _merged(rounds: list[list[Line]]) -> Iterator[Line]:
    for at_once in zip(*rounds, strict=True):
        yield at_once[0][0], merged([text for _, text in at_once])


def merged(texts: Sequence[str]) -> str:
    """Texts of as many words in one; a word that differs stands there with all its forms.

    >>> merged(["regrow of_pruned 0.1, by gradient", "regrow of_pruned 0.2, by gradient"])
    'regrow of_pruned {0.1, 0.2}, by gradient'
    """
    return " ".join(map(_one_word, zip(*(text.split() for text in texts), strict=True)))


def _one_word(forms: Sequence[str]) -> str:
    """A word that differs between rounds, with all its forms: ``acc_biased_{1.3, 1.1}``."""
    if len(set(forms)) == 1:
        return forms[0]
    common = next((i for i, letters in enumerate(zip(*forms, strict=False)) if len(set(letters)) > 1), None)
    before = forms[0][:common].rstrip("0123456789.-+e")
    after = "," if all(form.endswith(",") for form in forms) else ""
    middles = [form[len(before) : len(form) - len(after)] for form in forms]
    return f"{before}{{{', '.join(middles)}}}{after}"
