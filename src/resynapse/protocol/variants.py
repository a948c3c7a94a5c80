"""Variants: an arm that is another one but for stated changes.

The changes act on the route of the other arm, after its random streams are named. So a variant keeps every random
number of what it does not change, shares the run with the other arm up to the first difference, and moves no label.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from operator import is_
from typing import Annotated, Any

from pydantic import Field, ValidationError

from resynapse.errors import ProtocolError
from resynapse.protocol.routes import Route, RouteStep
from resynapse.protocol.steps import Assess, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to the steps of one kind: `Remove`, `Set`, `Replace` or `Append`.

    Parameters
    ----------
    step : kind of the steps, such as ``regrow``.
    section : ``induction``, ``treatment`` or ``follow_up``; empty for all of them.
    condition : of assessments, the one that is so named, with its counts (``cycle=0``) or without; empty for all.
    which : 1-based positions, among the matching steps of the arm in execution order, a step before its side path, that
        the change applies to; empty for all.
    """

    step: str
    section: str = ""
    condition: Annotated[str, Field(description="of assessments, the one that is so named")] = ""
    which: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(description="of these steps, the first (1), the second (2) and so on along the arm"),
    ] = ()

    def __new__(cls, **fields: Any) -> Change:
        """A change of the kind that its fields say, where none is named; this form is a former one."""
        if cls is not Change:
            return object.__new__(cls)
        kinds: dict[str, type[Change]] = {"into": Replace, "then": Append, "set": Set, "at": Set}
        given = [kind for key, kind in kinds.items() if key in fields]
        warnings.warn("name the change: Remove, Set, Replace or Append instead of Change", FutureWarning, stacklevel=2)
        return object.__new__(given[0] if given else Remove)

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
        """The stop after the change; None where nothing of it is left."""
        raise NotImplementedError

    @property
    def brings(self) -> tuple[Step, ...]:
        """The steps that it puts into an arm."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(Change):
    """The step is left out; its side paths stay."""

    def on(self, stop: RouteStep) -> RouteStep | None:
        """The side path alone, if there is one."""
        return replace(stop, step=None, at=(), share=True, draws=()) if stop.fork else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Set(Change):
    """The step has other values.

    Parameters
    ----------
    set : fields with their new values; None puts a field back to its default.
    at : other counts for its side paths.
    """

    set: Mapping[str, Any] = field(default_factory=dict)
    at: tuple[int, ...] | None = None

    def on(self, stop: RouteStep) -> RouteStep | None:
        """The stop with the values.

        Raises
        ------
        ProtocolError : a value that the field cannot take.
        """
        if stop.step is None:
            return stop
        named = {**stop.step.model_dump(exclude_none=True), **self.set}
        fields = {key: value for key, value in named.items() if value is not None}
        if stop.step.needs_field and not fields:
            return replace(stop, step=None) if stop.fork else None
        try:
            changed = type(stop.step).model_validate(fields)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            raise ProtocolError(f"{self.step} with {dict(self.set)} is not possible: {problem['msg']}") from None
        draws = tuple((place, drawn) for place, drawn in stop.draws if place[0] not in self.set)
        return replace(stop, step=changed, draws=draws, at=stop.at if self.at is None or not stop.fork else self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(Change):
    """Another step (`into`) is in its place."""

    into: Step

    def on(self, stop: RouteStep) -> RouteStep | None:
        """The stop with the other step."""
        return replace(stop, step=self.into, draws=(), at=stop.at if self.into.counts else ())

    @property
    def brings(self) -> tuple[Step, ...]:
        """The other step."""
        return (self.into,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Append(Change):
    """A step (`then`) is added after it."""

    then: Step

    def on(self, stop: RouteStep) -> RouteStep | None:
        """The stop as it is."""
        return stop

    @property
    def brings(self) -> tuple[Step, ...]:
        """The step that is added."""
        return (self.then,)


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
            found = matching_steps(of, replace(change, which=()))
            if found < max(change.which, default=1):
                yield index, change
            of = tuple(_changed(of, change, count(1)))


Made = Iterator[tuple[str, tuple[Change, ...]]]
"""Arms, and what is changed in each."""


def matching_steps(route: Route, change: Change) -> int:
    """How many steps of a route a change is about."""
    numbers = count(1)
    tuple(_changed(route, change, numbers))
    return next(numbers) - 1


def _changed(route: Route, change: Change, numbers: Iterator[int], suffix: str | None = "") -> Iterator[RouteStep]:
    for stop in route:
        meant = change.means(stop, suffix) and (next(numbers) in change.which or not change.which)
        # below the counts of a trajectory one stop has several names, so that none of them means it
        inside = None if stop.at or suffix is None else stop.named(suffix)
        fork = tuple(_changed(stop.fork, change, numbers, inside))
        same = len(fork) == len(stop.fork) and all(map(is_, fork, stop.fork))
        inner = stop if same else replace(stop, fork=fork)
        if stop.fork and not inner.fork:
            inner = replace(inner, at=())
        left = inner if inner.step is not None or inner.fork else None
        after = change.on(inner) if meant else left
        if after is not None:
            yield after
        if meant and isinstance(change, Append):
            stream = f"{stop.stream}/{change.then.kind}"
            yield RouteStep(step=change.then, stream=stream, label=stop.label, when=stop.when)
