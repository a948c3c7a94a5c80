"""Protocols in words: each step as a phrase, each path as an outline in which rounds that repeat are told once."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.protocol.node import Node, Path
from resynapse.protocol.prose.sentences import Line, lines
from resynapse.protocol.prose.wording import counted


def outline(path: Path) -> Iterator[Line]:
    """A path line by line, each step as a phrase; rounds that repeat are told once."""
    return lines(path, tell=_told)


def _told(node: Node) -> str:
    remarks = []
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
