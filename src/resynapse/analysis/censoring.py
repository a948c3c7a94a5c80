"""Values that are bounds: an outcome with a ceiling tells `this or more` where it is equal to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from resynapse.outcomes import known, outcome
from resynapse.protocol import Protocol
from resynapse.protocol.routes import assessments
from resynapse.tolerance import ABOVE_CHANCE

if TYPE_CHECKING:
    from resynapse.analysis.parts.describe import Description


def ceiling_of(name: str) -> float | None:
    """The ceiling of an outcome by its own name; None for one without, or that is not measured.

    >>> ceiling_of("tolerance_snr"), ceiling_of("acc_clean"), ceiling_of("relapse_drop")
    (64.0, None, None)
    """
    found = known(name)
    return None if found is None else found.ceiling


def ceilings(protocol: Protocol) -> dict[str, float]:
    """The ceiling of every outcome of a protocol that has one, by the name it is stored under."""
    measured = {name for route in protocol.routes.values() for _, step in assessments(route) for name in step.outcomes}
    found = (outcome(name) for name in sorted(measured))
    return {one.name: one.ceiling for one in found if one.ceiling is not None}


def censored_remarks(descriptions: Sequence[Description], protocol: Protocol, subjects: int) -> Iterator[str]:
    """What must be said of outcomes with a ceiling: where values are bounds, and where subjects have none."""
    for name, ceiling in ceilings(protocol).items():
        cells = [d for d in descriptions if d.outcome == name]
        bounds = [f"{d.arm} at {d.condition} ({d.censored} of {d.n})" for d in cells if d.censored]
        if bounds:
            yield (
                f"{name} is censored at {ceiling:g} in {', '.join(bounds)}: a value of {ceiling:g} means that or more, "
                "so means and intervals there are lower bounds, and differences from them understate."
            )
        without = [f"{d.arm} at {d.condition} ({subjects - d.n} of {subjects})" for d in cells if d.n < subjects]
        if without:
            yield (
                f"{name} has no value for every subject in {', '.join(without)}: it is undefined where noise-free "
                f"accuracy is less than {ABOVE_CHANCE:g} points above chance, or the subject was not enrolled."
            )
