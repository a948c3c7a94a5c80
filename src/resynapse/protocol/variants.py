"""Variants: an arm that is another one but for stated changes.

The changes act on the route of the other arm, after its random streams are named. So a variant keeps every random
number of what it does not change, shares the run with the other arm up to the first difference, and moves no label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from pydantic import ValidationError

from resynapse.errors import ProtocolError
from resynapse.protocol.routes import Route, RouteStep
from resynapse.protocol.steps import Assess, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to every step of one kind.

    Parameters
    ----------
    step : kind of the steps, such as ``regrow``.
    section : ``induction``, ``treatment`` or ``follow_up``; empty for all of them.
    condition : of assessments, the one that is so named, with its counts (``cycle=0``) or without; empty for all.
    which : of all these, the first (1), the second (2) and so on along the arm, a step before its side path; empty for
        all.
    set : fields with their new values; None puts a field back to its default.
    into : another step in its place.
    at : other counts for its side paths.
    then : a step that is added after it.

    Without `set`, `into`, `at` and `then` the step is left out; its side paths stay.
    """

    step: str
    section: str = ""
    condition: str = ""
    which: tuple[int, ...] = ()
    set: Mapping[str, Any] = field(default_factory=dict)
    into: Step | None = None
    at: tuple[int, ...] | None = None
    then: Step | None = None

    def means(self, stop: RouteStep, suffix: str | None) -> bool:
        """Whether it is about this stop; `suffix` is that of the conditions around it, None where they are several."""
        if stop.step is None or stop.step.kind != self.step:
            return False
        if self.section and stop.section != self.section:
            return False
        if not self.condition:
            return True
        name = stop.step.condition if isinstance(stop.step, Assess) else ""
        return self.condition in (name, *([] if suffix is None else [name + stop.named(suffix)]))

    def on(self, stop: RouteStep) -> RouteStep | None:
        """The stop after the change; None where nothing of it is left.

        Raises
        ------
        ProtocolError : a value that the field cannot take.
        """
        if self.into is None and not self.set and self.at is None:
            if self.then is not None:
                return stop
            return replace(stop, step=None, at=(), share=True, draws=()) if stop.fork else None
        if self.into is not None:
            return replace(stop, step=self.into, draws=(), at=stop.at if self.into.counts else ())
        if stop.step is None:
            return stop
        named = {**stop.step.model_dump(exclude_none=True), **self.set}
        fields = {key: value for key, value in named.items() if value is not None}
        if self.step == "drug" and not fields:
            return replace(stop, step=None) if stop.fork else None
        try:
            changed = type(stop.step).model_validate(fields)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            raise ProtocolError(f"{self.step} with {dict(self.set)} is not possible: {problem['msg']}") from None
        draws = tuple((place, drawn) for place, drawn in stop.draws if place[0] not in self.set)
        return replace(stop, step=changed, draws=draws, at=stop.at if self.at is None or not stop.fork else self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """An arm made of another one.

    Parameters
    ----------
    of : the other arm.
    changes : done one after the other.
    control : the control that made it, empty for none.
    """

    of: str
    changes: tuple[Change, ...]
    control: str = ""

    def route(self, of: Route) -> Route:
        """The route of the variant from that of the other arm."""
        for change in self.changes:
            of = tuple(_changed(of, change, count(1)))
        return of

    def idle(self, of: Route) -> Iterator[tuple[int, Change]]:
        """The changes, with their place in order, that mean no step or not all of `which`."""
        for index, change in enumerate(self.changes):
            found = asked(of, replace(change, which=()))
            if found < max(change.which, default=1):
                yield index, change
            of = tuple(_changed(of, change, count(1)))


Made = Iterator[tuple[str, tuple[Change, ...]]]
"""Arms, and what is changed in each."""


def asked(route: Route, change: Change) -> int:
    """How many steps of a route a change is about."""
    numbers = count(1)
    tuple(_changed(route, change, numbers))
    return next(numbers) - 1


def _changed(route: Route, change: Change, numbers: Iterator[int], suffix: str | None = "") -> Iterator[RouteStep]:
    for stop in route:
        meant = change.means(stop, suffix) and (next(numbers) in change.which or not change.which)
        # below the counts of a trajectory one stop has several names, so that none of them means it
        inside = None if stop.at or suffix is None else stop.named(suffix)
        inner = replace(stop, fork=tuple(_changed(stop.fork, change, numbers, inside)))
        if stop.fork and not inner.fork:
            inner = replace(inner, at=())
        left = inner if inner.step is not None or inner.fork else None
        after = change.on(inner) if meant else left
        if after is not None:
            yield after
        if meant and change.then is not None:
            stream = f"{stop.stream}/{change.then.kind}"
            yield RouteStep(step=change.then, stream=stream, label=stop.label, when=stop.when)
