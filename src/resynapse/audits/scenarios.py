"""Scenarios: where a claim is read. The run itself is one; every changed constant is another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from resynapse.controls import CONTROLS, controlled
from resynapse.errors import ProtocolError
from resynapse.protocol import Protocol
from resynapse.protocol.claim_tests import Measure
from resynapse.protocol.when import When


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A way to read a claim: other arms, other outcomes, or only some subjects.

    Parameters
    ----------
    name : as it is shown; empty for the run itself.
    arms : the arm that is read in place of another; what is not named stays as it is.
    outcomes : the same for outcomes.
    among : a comparison and its condition; subjects for whom it is false in the arm that is read are left out.
    """

    name: str = ""
    arms: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    among: tuple[When, str] | None = None

    def read(self, measure: Measure) -> Measure:
        """The cell that stands for `measure` in this scenario."""
        return Measure(
            self.outcomes.get(measure.outcome, measure.outcome),
            self.arms.get(measure.arm, measure.arm),
            measure.condition,
        )


AS_RUN = Scenario()


BOTH = "+"
"""Between two controls that were applied one after the other: ``no-gain+many-draws``."""


def battery(protocol: Protocol) -> tuple[Scenario, ...]:
    """The scenarios that decide verdicts: of every nuisance control that the protocol holds."""
    return tuple(scenario for name in NUISANCES for scenario in scenarios(protocol, name))


def missing_from(protocol: Protocol) -> tuple[str, ...]:
    """Nuisance controls that would change something in the protocol, and that it does not hold."""
    return tuple(name for name in NUISANCES if not scenarios(protocol, name) and applies(protocol, name))


NUISANCES = tuple(name for name, control in CONTROLS.items() if control.role == "nuisance")
"""Controls of which every claim has to be independent."""


def applies(protocol: Protocol, control: str) -> bool:
    """Whether a control changes anything in a protocol; one that does not cannot break a claim."""
    only, _, name = control.rpartition(":")
    if name not in CONTROLS:
        return True
    try:
        changed = controlled(replace(protocol, variants={}), name)
    except ProtocolError:
        return False
    return not only or any(variant.of == only for variant in changed.variants.values())


def scenarios(protocol: Protocol, control: str) -> tuple[Scenario, ...]:
    """The scenarios of a control in a protocol that holds its variants or rules; none where it holds neither.

    Parameters
    ----------
    control : ``NAME``, or ``ARM:NAME`` to change one arm alone.
    """
    only, _, name = control.rpartition(":")
    changed = {}
    for variant, made in protocol.variants.items():
        first, both, second = made.control.partition(BOTH)
        if (second or first) == name and (not only or made.of == only):
            changed[f"{made.of}:{first}" if both else made.of] = variant
    if changed:
        return (Scenario(name=control, arms=changed),)
    return tuple(
        Scenario(name=f"{name}, {suffix}", outcomes=renamed) for suffix, renamed in thresholds(protocol, name).items()
    )


def thresholds(protocol: Protocol, control: str = "threshold-sweep") -> dict[str, dict[str, str]]:
    """Derived outcomes at other thresholds: for each factor in words, the new name of every outcome."""
    if control != "threshold-sweep":
        return {}
    found: dict[str, dict[str, str]] = {}
    for rule in protocol.derived:
        original, below, threshold = rule.outcome.partition("_below_")
        if below and any(other.outcome == original for other in protocol.derived):
            found.setdefault(f"threshold {threshold}", {})[original] = rule.outcome
    return found
