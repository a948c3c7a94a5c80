"""What arms, conditions and outcomes are called for people, and which direction of an outcome is better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resynapse.protocol.derived_outcomes import Below, base

if TYPE_CHECKING:
    from resynapse.protocol import Protocol

UP, DOWN = "higher is better", "lower is better"


def arm_title(protocol: Protocol, arm: str) -> str:  # noqa: ARG001
    """The title of an arm; that of a variant names its control."""
    name, _, control = arm.partition(":")
    return f"{name.replace('_', ' ')}, control {control}" if control else name.replace("_", " ")


def outcome_title(protocol: Protocol, outcome: str) -> str:  # noqa: ARG001
    """The title of an outcome, in words."""
    return outcome.replace("_", " ")


def condition_title(protocol: Protocol, condition: str) -> str:  # noqa: ARG001
    """The title of a condition, its counts in words."""
    name, _, counts = condition.partition("=")
    return f"{name} {counts}" if counts else name


def cell_title(protocol: Protocol, condition: str, outcome: str) -> str:
    """An outcome at a condition, as a heading says it."""
    text = f"{outcome_title(protocol, outcome)}, {condition_title(protocol, condition)}"
    return text[0].upper() + text[1:]


def better(protocol: Protocol, outcome: str) -> str:
    """`UP` or `DOWN`; empty where more is neither better nor worse."""
    rules = {rule.outcome: rule for rule in protocol.derived}
    if outcome in rules:
        rule = rules[outcome]
        return DOWN if isinstance(rule, Below) or rule.kind == "drop" else better(protocol, rule.of)
    return UP if re.match(r"acc_|tolerance_", outcome) else ""


def along(protocol: Protocol, within: str) -> str:
    """What the counts of a condition count, for an axis."""
    return condition_title(protocol, base(within))
