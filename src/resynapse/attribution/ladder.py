"""The ladder of an arm: its treatment at several learning rates, beside the arm that it is matched to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resynapse.attribution.factorial import one_contrast
from resynapse.attribution.followup import follow_up, merged, path
from resynapse.attribution.requested import Requested, requested
from resynapse.attribution.treatments import Treatment, treatment
from resynapse.controls.exposure import within
from resynapse.errors import ProtocolError
from resynapse.protocol import Assess, Node, Protocol

EXPONENTS = tuple(third / 3 for third in range(-3, 7))
"""Rungs as powers of the ratio of exposures: 0 is the arm as it is, 1 has the exposure of the other arm."""
LEAST = 4.0
"""Smallest ratio that the rungs are powers of; arms of nearly equal exposure have a ladder all the same."""
CHANGE, LOSS = "surviving_change", "train_loss"
REACHED = "treated"
"""The condition at the end of treatment where change and loss are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The tree that a matching needs.

    Parameters
    ----------
    protocol : both arms, and the one that is matched at every rung.
    first, second : the arms of the contrast.
    matched : which of them is moved: the one with the smaller exposure.
    rungs : arms of the ladder by rising learning rate.
    rates : their learning rates.
    rate : that of the arm that is not moved.
    own, exposed : places of the arm as it is, and of the rung with the other arm's exposure.
    requested : outcomes.
    """

    protocol: Protocol
    first: str
    second: str
    matched: str
    rungs: tuple[str, ...]
    rates: tuple[float, ...]
    rate: float
    own: int
    exposed: int
    requested: tuple[Requested, ...]

    @property
    def fixed(self) -> str:
        """The arm that the other one is matched to."""
        return self.first if self.matched == self.second else self.second


def ladder(protocol: Protocol, between: Sequence[str], outcomes: Sequence[str] = (), at: str | None = None) -> Ladder:
    """The tree for a contrast at equal exposure, change and loss.

    Raises
    ------
    ProtocolError : arms or outcomes that do not exist or cannot be compared, or an arm that does not train.
    """
    first, second = one_contrast(protocol, between)
    wanted, needed = requested(protocol, (first, second), outcomes, at)
    parts = {arm: replace(treatment(protocol, arm), marked=True) for arm in (first, second)}
    exposure = {arm: _exposure(arm, one) for arm, one in parts.items()}
    matched, fixed = sorted(parts, key=lambda arm: exposure[arm])
    ratio = exposure[fixed] / exposure[matched]
    factors = sorted({ratio, *(max(ratio, LEAST) ** exponent for exponent in EXPONENTS)})
    rungs = [_rung(matched, parts[matched], factor) for factor in factors]
    arms = {fixed: parts[fixed], **dict(rungs)}
    after = [follow_up(protocol, arm, needed.measured) for arm in (fixed, matched)]
    look = Node(step=Assess(condition=REACHED, outcomes=(CHANGE, LOSS)))
    tree = Protocol(
        name=f"{protocol.name}-ladder",
        title=f"{matched} of {protocol.name} at several learning rates, beside {fixed}",
        cite=protocol.cite,
        task=protocol.task,
        network=protocol.network,
        batch_size=protocol.batch_size,
        induction=path(tuple(s for s in protocol.routes[first] if within(s) == "induction")),
        arms={arm: (*one.path, look) for arm, one in arms.items()},
        follow_up=merged([(after[0], [fixed]), (after[1], [name for name, _ in rungs])]),
        derived=tuple(needed.rules),
    )
    return Ladder(
        protocol=tree,
        first=first,
        second=second,
        matched=matched,
        rungs=tuple(name for name, _ in rungs),
        rates=tuple(_rate(one) for _, one in rungs),
        rate=_rate(parts[fixed]),
        own=factors.index(1.0),
        exposed=factors.index(ratio),
        requested=wanted,
    )


def _exposure(arm: str, one: Treatment) -> float:
    """Learning rate times epochs."""
    exposure = 0.0 if one.learning is None else one.learning.rate * one.learning.epochs
    if exposure == 0:
        raise ProtocolError(f"{arm} is not trained in its treatment, so no rate of it can be matched; name another arm")
    return exposure


def _rate(one: Treatment) -> float:
    return 0.0 if one.learning is None else one.learning.rate


def _rung(arm: str, one: Treatment, factor: float) -> tuple[str, Treatment]:
    assert one.learning is not None
    rate = float(f"{one.learning.rate * factor:.12g}")
    name = arm if factor == 1.0 else f"{arm} at {rate:.6g}"
    return name, replace(one, learning=replace(one.learning, rate=rate))
