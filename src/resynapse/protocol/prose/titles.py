"""Titles for people: every arm, condition and outcome of a protocol in plain language.

The protocol file gives them (`titles`); where it gives none, they come from the outcome itself or from the tree. Names
are what a reader types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from resynapse.outcomes import Facts
from resynapse.protocol.arms import Arm
from resynapse.protocol.conditions import Condition
from resynapse.protocol.derived_outcomes import OtherThreshold
from resynapse.protocol.facts import facts, facts_of
from resynapse.protocol.given_titles import GivenTitles
from resynapse.protocol.population.distributions import TRAIT
from resynapse.protocol.routes import Route
from resynapse.protocol.steps import Assess, Discontinue, Enrol
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Variant

SLOT = "{}"
"""The place of one count in the title of a condition."""
_ONE = re.compile(r"\b1 (epoch|step|cycle|round)s\b")
OPEN = "n"
"""A count that is left open: the condition means all of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a condition is in the tree: what its counts are, and whether the drug was stopped before it."""

    counts: tuple[str, ...]
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """The titles of a protocol's arms, conditions and outcomes; see `titles_of`."""

    given: GivenTitles
    facts: Mapping[str, Facts]
    measured: Mapping[tuple[str, int], Place]
    variants: Mapping[str, Variant]

    def arm(self, name: str) -> str:
        """The title of an arm; of ``ARM:CONTROL``, that of the arm and the control."""
        if name in self.given.arms:
            return self.given.arms[name]
        arm, variant = Arm.parse(name), self.variants.get(name)
        if arm.control:
            return f"{self.arm(arm.name)}, control {_plain(arm.control)}"
        if variant is not None and variant.control:
            return f"{self.arm(variant.of)}, control {_plain(variant.control)}"
        return _plain(name)

    def column(self, arm: str) -> str:
        """The title of an arm as a table shows it: with its name where the title does not contain that already."""
        title = self.arm(arm)
        return title if arm.casefold() in title.casefold() else named(title, arm)

    def condition(self, text: str) -> str:
        """The title of a condition, with its counts inserted.

        >>> from resynapse.protocol import load
        >>> titles_of(load("switch-relapse")).condition("maintenance=300")
        'after 300 epochs of maintenance, drug stopped'
        """
        condition = Condition.parse(text)
        given = self.given.conditions.get(text) or self.given.conditions.get(condition.name)
        place = self.measured.get((condition.name, len(condition.counts)))
        phrases = place.counts if place else tuple(SLOT for _ in condition.counts)
        title = given or ("trait of the subject" if condition.name == TRAIT else _plain(condition.name))
        # the counts that the given title has no place for follow it, each as what it is in the tree
        title = ", ".join([title, *phrases[title.count(SLOT) :]])
        if place and place.stopped and not given:
            title += ", drug stopped"
        for count in condition.counts:
            title = title.replace(SLOT, f"{count:.12g}", 1)
        return _ONE.sub(r"1 \1", title.replace(SLOT, OPEN))

    def outcome(self, name: str) -> str:
        """The title of an outcome; of one at another threshold, with that threshold."""
        if name in self.given.outcomes:
            return self.given.outcomes[name]
        other = OtherThreshold.parse(name)
        if other is not None and other.outcome in self.facts:
            return f"{self.outcome(other.outcome)}, threshold {other.threshold}"
        return self.of(name).title

    def of(self, name: str) -> Facts:
        """The facts about an outcome; of one that nothing is known about, a dimensionless one."""
        return self.facts.get(name) or facts_of(name)

    def cell(self, arm: str, condition: str, outcome: str) -> str:
        """One cell in one line."""
        return f"{self.outcome(outcome)} of {self.arm(arm)}, {self.condition(condition)}"

    def along(self, within: str) -> str:
        """What the counts of a condition count, for an axis: its title with the counts open."""
        return self.condition(within)

    def at(self, condition: str, outcome: str) -> str:
        """An outcome at a condition, such as an endpoint, in one line."""
        return f"{self.outcome(outcome)}, {self.condition(condition)}"


def titles_of(protocol: Protocol) -> Titles:
    """The titles of a protocol."""
    if not _latest or _latest[0][0] is not protocol:
        _latest[:] = [(protocol, _made(protocol))]
    return _latest[0][1]


_latest: list[tuple[Protocol, Titles]] = []
"""One protocol is cached, because a page uses the titles of the same protocol many times."""


def _made(protocol: Protocol) -> Titles:
    measured: dict[tuple[str, int], Place] = {}
    for route in protocol.routes.values():
        for name, place in _places(route):
            before = measured.get((name, len(place.counts)), place)
            measured[name, len(place.counts)] = Place(place.counts, place.stopped and before.stopped)
    return Titles(given=protocol.titles, facts=facts(protocol), measured=measured, variants=protocol.variants)


def named(title: str, name: str) -> str:
    """A title with the name to type behind it, where it is another one.

    >>> named("accuracy under combined stress", "acc_combined"), named("ketamine", "ketamine")
    ('accuracy under combined stress (acc_combined)', 'ketamine')
    """
    return title if title == name else f"{title} ({name})"


def _places(route: Route, counts: tuple[str, ...] = (), stopped: bool = False) -> Iterator[tuple[str, Place]]:
    for stop in route:
        # a side path that alone has its count is a level of a sweep, one among others of its round is not
        alone = stop.step is None and sum(other.label == stop.label for other in route) == 1
        level = "level" if alone else "round"
        here = (*counts, *(f"{level} {SLOT}" for _ in stop.label))
        if isinstance(stop.step, (Assess, Enrol)):
            yield stop.step.condition, Place(here, stopped)
        stopped = stopped or isinstance(stop.step, Discontinue)
        unit = stop.step.counts if stop.step is not None and stop.step.counts else ""
        yield from _places(stop.fork, (*here, f"after {SLOT} {unit}") if stop.at else here, stopped)


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")
