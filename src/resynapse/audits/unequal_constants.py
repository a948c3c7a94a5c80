"""Constants that differ between arms: what a comparison of arms rests on beside the treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resynapse.audits.constants import CONSTANTS
from resynapse.audits.section import AuditSection, Evidence, Table
from resynapse.protocol import Decay, Protocol, Train
from resynapse.protocol.routes import stops

_CHOICES = (
    ("activation function", "drug", "activation"),
    ("scoring of regrowth", "regrow", "by"),
    ("protection of the stabiliser", "stabilise", "protection"),
)
"""What is chosen by name, or for all arms at once: shown where some arm is without it, never scaled."""


def unequal(protocol: Protocol) -> dict[str, dict[str, str]]:
    """What differs between the arms: for each constant the value of every arm that has one, in words.

    Learning exposure is rate times epochs, summed over the treatment.
    """
    found: dict[str, dict[str, str]] = {}
    routes = protocol.routes
    for name, kind, field in _CHOICES:
        for arm in protocol.arms:
            for stop in stops(routes[arm]):
                if stop.step is not None and stop.step.kind == kind and getattr(stop.step, field) is not None:
                    found.setdefault(name, {})[arm] = str(getattr(stop.step, field))
    for arm in protocol.arms:
        route = routes[arm]
        for constant in CONSTANTS:
            for kind, field in constant.places:
                for step in constant.steps(route, kind):
                    value = getattr(step, field)
                    if value is not None:
                        shown = f"{value:g}" if isinstance(value, float) else str(list(value))
                        if isinstance(step, Decay):
                            shown = f"{max(0.0, 1 - step.steps * step.per_step):g}"
                        found.setdefault(constant.name, {})[arm] = shown
        exposure = sum(
            stop.step.lr * stop.step.epochs
            for stop in stops(route)
            if isinstance(stop.step, Train) and stop.section == "treatment"
        )
        found.setdefault("learning exposure", {})[arm] = f"{exposure:.3g}"
    return {
        name: values
        for name, values in found.items()
        if len(set(values.values())) > 1 or len(values) < len(protocol.arms)
    }


def _judge(evidence: Evidence) -> dict[str, dict[str, str]]:
    return unequal(evidence.planned.protocol)


def _tables(found: Mapping[str, Mapping[str, str]], _: int) -> Iterator[Table]:
    arms = list(dict.fromkeys(arm for values in found.values() for arm in values))
    rows = tuple((name, *(values.get(arm, "-") for arm in arms)) for name, values in found.items())
    yield Table("Constants that differ between arms", ("", *arms), rows)


SECTION = AuditSection(name="unequal", judge=_judge, tables=_tables)
