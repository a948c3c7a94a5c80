"""The values that each subject of a cohort draws, and a check before the run that its steps accept them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from resynapse.errors import ProtocolError
from resynapse.protocol.files.codec import with_drawn
from resynapse.protocol.population.distributions import TRAIT, Place, Trait
from resynapse.protocol.population.trait_tables import Column
from resynapse.protocol.routes import RouteStep, stops
from resynapse.protocol.steps import Step
from resynapse.protocol.tree import Protocol
from resynapse.randomness import Key, first_uniforms

AT_A_TIME = 100_000
"""Subjects whose draws are in memory at a time."""


def trait_name(stop: RouteStep, place: Place, drawn: Trait) -> str:
    """The name of a trait: its own, or its position in the protocol."""
    return drawn.name or ".".join(map(str, (stop.stream, *place)))


def trait_key(subject: Key, name: str, drawn: Trait) -> Key:
    """The stream of a subject's draw of a trait."""
    return subject.of(f"{TRAIT}/{drawn.stream or name}")


def step_of(step: Step, numbers: dict[Place, float]) -> Step:
    """The step of a subject, with what it drew."""
    return with_drawn(type(step), step.model_dump(exclude_none=True), numbers)


def check_draws(protocol: Protocol, root_seed: int, subjects: int) -> None:
    """Refuse a cohort in which a subject draws what its step cannot take.

    Raises
    ------
    ProtocolError : the trait, the first such subject, its value, and the cure.
    """
    for stop in _unsure(protocol):
        for first in range(0, subjects, AT_A_TIME):
            _check(stop, root_seed, range(first, min(first + AT_A_TIME, subjects)))


def _unsure(protocol: Protocol) -> Iterator[RouteStep]:
    """Steps that some draw may not suit: of an unbounded distribution, or where several draws must suit each other."""
    seen: set[tuple[Step, str, tuple[tuple[Place, Trait], ...]]] = set()
    for route in protocol.routes.values():
        for stop in stops(route):
            unsure = len(stop.draws) > 1 or any(not drawn.bounded for _, drawn in stop.draws)
            if stop.step is not None and unsure and (stop.step, stop.stream, stop.draws) not in seen:
                seen.add((stop.step, stop.stream, stop.draws))
                yield stop


def _check(stop: RouteStep, root_seed: int, subjects: range) -> None:
    quantiles: list[NDArray[np.float64]] = []
    for place, drawn in stop.draws:
        name = trait_name(stop, place, drawn)
        quantiles.append(first_uniforms([trait_key(Key(root_seed, number), name, drawn) for number in subjects]))
    # if a step accepts two values it accepts all between them: its rules are limits, and which value comes first
    ends = [_ends(drawn, along) for (_, drawn), along in zip(stop.draws, quantiles, strict=True)]
    if 2 ** len(ends) <= len(subjects) and all(_problem(stop, corner) is None for corner in product(*ends)):
        return
    for index, number in enumerate(subjects):
        values = [drawn.value(number, float(q[index])) for (_, drawn), q in zip(stop.draws, quantiles, strict=True)]
        problem = _problem(stop, values)
        if problem is not None:
            drawn_values = ", ".join(
                f"{value:g} for the trait {trait_name(stop, place, drawn)}"
                for (place, drawn), value in zip(stop.draws, values, strict=True)
            )
            raise ProtocolError(
                f"subject {number} draws {drawn_values}, which {stop.stream} cannot take ({problem}); "
                "cut the distribution off with `within: [lowest, highest]`"
            )


def _ends(drawn: Trait, quantiles: NDArray[np.float64]) -> tuple[float, float]:
    """The lowest and the highest value of the subjects; of a table, of all of its rows."""
    if isinstance(drawn, Column):
        return min(drawn.numbers), max(drawn.numbers)
    return drawn.at(float(quantiles.min())), drawn.at(float(quantiles.max()))


def _problem(stop: RouteStep, values: Sequence[float]) -> str | None:
    """Why the step cannot have these numbers in place of its distributions; None if it can."""
    numbers = {place: value for (place, _), value in zip(stop.draws, values, strict=True)}
    try:
        if stop.step is not None:
            step_of(stop.step, numbers)
    except ProtocolError as error:
        return error.problem
    return None
