"""A protocol without what is trained in its follow-up: what an audit of dear networks can afford."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from resynapse.protocol import Assess, Enrol, Protocol, Train
from resynapse.protocol.conditions import base
from resynapse.protocol.node import Path, every
from resynapse.protocol.routes import assessments


def without_maintenance(protocol: Protocol) -> Protocol:
    """The protocol whose follow-up ends, on every path, where training would begin.

    What is measured later is not measured, so that claims about it are not testable; nor is a course of which only
    the first counts would be left. Treatments stay as they are, and so do all random numbers.
    """
    known = {
        name
        for path in (protocol.induction, *protocol.arms.values())
        for node in every(path)
        if isinstance(node.step, Assess)
        for name in node.step.stored
    }
    begun = protocol.with_follow_up(_cut(protocol.follow_up, known, ()))
    lost = _conditions(protocol) - _conditions(begun)
    return protocol.with_follow_up(_cut(protocol.follow_up, known, {base(condition) for condition in lost}))


def _conditions(protocol: Protocol) -> set[str]:
    return {condition for route in protocol.routes.values() for condition, _ in assessments(route)}


def _cut(path: Path, known: Collection[str], lost: Collection[str]) -> Path:
    """The path until it trains, or decides by what is not measured any more; without the conditions in `lost`."""
    left, seen = [], set(known)
    for node in path:
        step = node.step
        decides = [node.when] if node.when is not None else []
        decides += [step.criterion] if isinstance(step, Enrol) else []
        if isinstance(step, Train) or any(when.outcome not in seen for when in decides):
            break
        fork = _cut(node.fork, seen, lost)
        if isinstance(step, Assess) and step.condition in lost:
            step = None
        elif isinstance(step, Assess):
            seen.update(step.stored)
        if step is not None or fork:
            left.append(replace(node, step=step, fork=fork, at=node.at if fork else ()))
    return tuple(left)
