"""Values that are bounds: an outcome equal to its ceiling means `this or more`."""

from __future__ import annotations

from resynapse.outcomes import known, outcome
from resynapse.protocol import Protocol
from resynapse.protocol.routes import assessments


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
