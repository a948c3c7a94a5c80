"""What arms, conditions and outcomes are called for people, and which direction of an outcome is better."""

from __future__ import annotations

import re
from dataclasses import replace

from resynapse.protocol import Protocol, library, load
from resynapse.protocol.given_titles import GivenTitles
from resynapse.protocol.node import Path
from resynapse.protocol.prose.sentences import Line
from resynapse.protocol.prose.sentences import lines as outline
from resynapse.protocol.prose.titles import Titles, named, titles_of


def _titled(protocol: Protocol) -> Protocol:
    """The protocol; one of the library that was run before titles existed has those of today."""
    if protocol.titles == GivenTitles() and protocol.name in library():
        return replace(protocol, titles=load(protocol.name).titles)
    return protocol


def titles(protocol: Protocol) -> Titles:
    """The titles of a protocol's arms, conditions and outcomes."""
    known = _known.get(id(protocol))
    if known is None or known[0] is not protocol:
        _known.clear()
        known = _known[id(protocol)] = (protocol, titles_of(_titled(protocol)))
    return known[1]


_known: dict[int, tuple[Protocol, Titles]] = {}

UP, DOWN = "higher is better", "lower is better"


def arm_title(protocol: Protocol, arm: str) -> str:
    """The title of an arm; that of a variant names its control."""
    return titles(protocol).arm(arm)


def outcome_title(protocol: Protocol, outcome: str) -> str:
    """The title of an outcome, in words."""
    return titles(protocol).outcome(outcome)


def condition_title(protocol: Protocol, condition: str) -> str:
    """The title of a condition, its counts in words."""
    return titles(protocol).condition(condition)


def cell_title(protocol: Protocol, condition: str, outcome: str) -> str:
    """An outcome at a condition, as a heading says it."""
    text = titles(protocol).at(condition, outcome)
    return text[0].upper() + text[1:]


def better(protocol: Protocol, outcome: str) -> str:
    """`UP` or `DOWN`; empty where more is neither better nor worse."""
    return {"better": UP, "worse": DOWN, "neither": ""}[titles(protocol).of(outcome).more]


def along(protocol: Protocol, within: str) -> str:
    """What the counts of a condition count, for an axis."""
    return titles(protocol).along(within)


def steps(protocol: Protocol, path: Path, empty: str = "none", *, names: bool = False) -> tuple[Line, ...]:
    """A path line by line, its tests by the titles of their conditions; `empty` where there is no step.

    Parameters
    ----------
    names : adds the name of each condition, for a reader who types it.
    """

    def test(found: re.Match[str]) -> str:
        title = condition_title(protocol, found[1])
        return f"test {named(title, found[1]) if names else title}"

    told = [(depth, _TEST.sub(test, text)) for depth, text in outline(path)]
    return tuple(told) or ((0, empty),)


_TEST = re.compile(r"\bassess: ([\w-]+)")
