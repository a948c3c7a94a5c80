"""What arms, conditions and outcomes are called for people, and which direction of an outcome is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.protocol.prose.titles import titles_of

if TYPE_CHECKING:
    from resynapse.protocol import Protocol

UP, DOWN = "higher is better", "lower is better"


def arm_title(protocol: Protocol, arm: str) -> str:
    """The title of an arm; that of a variant names its control."""
    return titles_of(protocol).arm(arm)


def outcome_title(protocol: Protocol, outcome: str) -> str:
    """The title of an outcome, in words."""
    return titles_of(protocol).outcome(outcome)


def condition_title(protocol: Protocol, condition: str) -> str:
    """The title of a condition, its counts in words."""
    return titles_of(protocol).condition(condition)


def cell_title(protocol: Protocol, condition: str, outcome: str) -> str:
    """An outcome at a condition, as a heading says it."""
    text = titles_of(protocol).at(condition, outcome)
    return text[0].upper() + text[1:]


def better(protocol: Protocol, outcome: str) -> str:
    """`UP` or `DOWN`; empty where more is neither better nor worse."""
    return {"better": UP, "worse": DOWN, "neither": ""}[titles_of(protocol).of(outcome).more]


def along(protocol: Protocol, within: str) -> str:
    """What the counts of a condition count, for an axis."""
    return titles_of(protocol).along(within)
