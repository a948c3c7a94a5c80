"""The request of an attribution: outcomes at conditions, and what must be measured for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from resynapse.controls.exposure import within
from resynapse.errors import ProtocolError, nearest
from resynapse.protocol import Derived, Protocol
from resynapse.protocol.conditions import base
from resynapse.protocol.derived_outcomes import Gathered
from resynapse.protocol.endpoints import Endpoint
from resynapse.protocol.routes import looks

USUAL = ("acc_combined", "acc_internal_2.5", "acc_biased_1.0")
"""Requested where nothing is named: resilience, extreme noise and the manic probe, of these what is measured."""


@dataclass(frozen=True, slots=True)
class Requested:
    """An outcome at a condition, with its count.

    >>> str(Requested("acc_combined", "acute"))
    'acc_combined at acute'
    """

    outcome: str
    condition: str

    def __str__(self) -> str:
        return f"{self.outcome} at {self.condition}"


@dataclass(slots=True)
class Needed:
    """What must be measured, by condition, and the rules that make the rest of it."""

    measured: dict[str, set[str]] = field(default_factory=dict)
    rules: list[Derived] = field(default_factory=list)

    def of(self, protocol: Protocol, arm: str, requested: Requested) -> bool:
        """Add what an outcome needs in an arm; False where the arm has no such outcome."""
        known = measured(protocol, arm)
        if requested.outcome in known.get(requested.condition, ()):
            self.measured.setdefault(requested.condition, set()).add(requested.outcome)
            return True
        for rule in protocol.derived:
            written = next((w for w in rule.writes if w in (requested.condition, base(requested.condition))), None)
            if rule.outcome == requested.outcome and written is not None:
                inputs = list(_inputs(rule, requested.condition[len(written) :], known))
                if inputs and all(self.of(protocol, arm, one) for one in inputs):
                    if rule not in self.rules:
                        self.rules.append(rule)
                    return True
        return False


def _inputs(rule: Derived, suffix: str, known: dict[str, list[str]]) -> Iterator[Requested]:
    """What a rule reads to write at one count of its condition; a rule that gathers counts reads them all."""
    for condition in rule.reads:
        if isinstance(rule, Gathered):
            yield from (Requested(rule.of, found) for found in known if condition in (found, base(found)))
        else:
            yield Requested(rule.of, condition + suffix)
    if rule.selects is not None:
        when, condition = rule.selects
        yield Requested(when.outcome, condition)


def measured(protocol: Protocol, arm: str) -> dict[str, list[str]]:
    """The outcomes that an arm measures at each condition of its follow-up, in order."""
    found: dict[str, list[str]] = {}
    for condition, step in looks(tuple(s for s in protocol.routes[arm] if within(s) == "follow_up")):
        found.setdefault(condition, []).extend(step.stored)
    return found


def requested(
    protocol: Protocol, arms: tuple[str, str], outcomes: Sequence[str], at: str | None
) -> tuple[tuple[Requested, ...], Needed]:
    """The outcomes that a request names.

    Parameters
    ----------
    outcomes : ``OUTCOME at CONDITION``, or ``OUTCOME`` alone; none means those of `USUAL` that are measured.
    at : the condition of outcomes that name none; by default the first of the follow-up that has them in both arms. A
        condition without its count means the first count.

    Raises
    ------
    ProtocolError : a condition or an outcome that the two arms do not have in common.
    """
    shared = [c for c in measured(protocol, arms[0]) if c in measured(protocol, arms[1])]
    shared += [w for rule in protocol.derived if isinstance(rule, Gathered) for w in rule.writes]
    needed = Needed()

    def has(one: Requested) -> bool:
        trial = Needed()
        return all(trial.of(protocol, arm, one) for arm in arms)

    def first(outcome: str, condition: str | None) -> Requested | None:
        among = [c for c in shared if condition is None or condition in (c, base(c))]
        return next((Requested(outcome, c) for c in among if has(Requested(outcome, c))), None)

    if not shared:
        raise ProtocolError(f"{arms[0]} and {arms[1]} have no condition after treatment in common; name other arms")
    if not outcomes:
        where = shared[0] if at is None else at
        if where not in [*shared, *map(base, shared)]:
            raise ProtocolError(_why(USUAL[0], where, shared, protocol, arms))
        outcomes = [name for name in USUAL if first(name, where) is not None]
        if not outcomes:
            raise ProtocolError(f"none of {', '.join(USUAL)} is measured at {where!r} in both arms; name an outcome")
    found = []
    for text in outcomes:
        named = Endpoint.parse(text) if " at " in text else None
        outcome, meant = (named.outcome, named.condition) if named else (text.strip(), at)
        one = first(outcome, meant)
        if one is None:
            raise ProtocolError(_why(outcome, meant, shared, protocol, arms))
        for arm in arms:
            needed.of(protocol, arm, one)
        if one not in found:
            found.append(one)
    needed.rules.sort(key=protocol.derived.index)
    return tuple(found), needed


def _why(outcome: str, condition: str | None, shared: list[str], protocol: Protocol, arms: tuple[str, str]) -> str:
    """What is wrong with an outcome at a condition."""
    if condition is not None and condition not in shared and condition not in map(base, shared):
        names = list(dict.fromkeys([*map(base, shared), *shared]))
        one = ", ".join(arm for arm in arms if condition in [*(m := measured(protocol, arm)), *map(base, m)])
        only = f"only {one} is assessed there; " if one else ""
        return f"{arms[0]} and {arms[1]} are not both assessed at {condition!r} after treatment; {only}" + nearest(
            condition, names
        )
    where = [c for c in shared if condition is None or condition in (c, base(c))]
    both = [measured(protocol, arm) for arm in arms]
    known = [o for c in where for o in both[0].get(c, []) if o in both[1].get(c, [])]
    known += [rule.outcome for rule in protocol.derived if not {*map(base, where)}.isdisjoint(rule.writes)]
    there = f" at {condition!r}" if condition is not None else " after treatment"
    return f"{outcome!r} is not measured{there} in both arms; {nearest(outcome, dict.fromkeys(known))}"
