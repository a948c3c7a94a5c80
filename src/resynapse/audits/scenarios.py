"""Scenarios: where a claim is read. The run itself is one; every changed constant is another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from resynapse.controls.combined import Combined
from resynapse.controls.registry import control_named, nuisances
from resynapse.protocol import Protocol
from resynapse.protocol.arms import Arm
from resynapse.protocol.claim_tests import Measure
from resynapse.protocol.derived_outcomes import OtherThreshold
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
        """The cell that is read in place of `measure`."""
        return Measure(
            self.outcomes.get(measure.outcome, measure.outcome),
            self.arms.get(measure.arm, measure.arm),
            measure.condition,
        )


AS_RUN = Scenario()


def battery(protocol: Protocol) -> tuple[Scenario, ...]:
    """The scenarios that decide verdicts: of every nuisance control that the protocol holds."""
    return tuple(scenario for name in nuisances() for scenario in scenarios(protocol, name))


def missing_from(protocol: Protocol) -> tuple[str, ...]:
    """Nuisance controls that would change something in the protocol, and that it does not hold."""
    absent = [name for name in nuisances() if not scenarios(protocol, name)]
    if not absent:
        return ()
    plain = replace(protocol, variants={}) if protocol.variants else protocol
    routes = plain.routes
    return tuple(name for name in absent if any(control_named(name).adds(plain, routes)))


def scenarios(protocol: Protocol, control: str) -> tuple[Scenario, ...]:
    """The scenarios of a control in a protocol that holds its variants or rules; none where it holds neither.

    An arm that another control made is replaced by the variant to which both were applied.
    """
    changed = {}
    for variant, made in protocol.variants.items():
        applied = Combined.parse(made.control)
        if applied.last == control:
            changed[str(Arm(made.of, str(applied.before)))] = variant
    if changed:
        return (Scenario(name=control, arms=changed),)
    return tuple(
        Scenario(name=f"{control}, {suffix}", outcomes=renamed)
        for suffix, renamed in thresholds(protocol, control).items()
    )


def thresholds(protocol: Protocol, control: str = "threshold-sweep") -> dict[str, dict[str, str]]:
    """Derived outcomes at other thresholds: for each factor in words, the new name of every outcome."""
    if control != "threshold-sweep":
        return {}
    found: dict[str, dict[str, str]] = {}
    for rule in protocol.derived:
        other = OtherThreshold.parse(rule.outcome)
        if other is not None and any(one.outcome == other.outcome for one in protocol.derived):
            found.setdefault(f"threshold {other.threshold}", {})[other.outcome] = rule.outcome
    return found
