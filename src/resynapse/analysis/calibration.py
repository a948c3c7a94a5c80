"""Calibration: the strength of a test at which the intact network keeps a stated share of its accuracy.

A probe of fixed strength may be mild for one architecture and crushing for another. So families are compared where
their intact networks suffer alike. The intact network goes through the induction without its losses and is tested at
many strengths; between two of them accuracy is a straight line, and nothing is extrapolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from resynapse.analysis.cells import Cell, Cells, Floats
from resynapse.analysis.intervals import Interval, mean_intervals
from resynapse.analysis.matching import at_equal
from resynapse.errors import ProtocolError, nearest
from resynapse.outcomes import outcome
from resynapse.outcomes.lookup import FAMILIES
from resynapse.protocol import Assess, Node, Protocol
from resynapse.protocol.node import Path

ARM, CONDITION, PLAIN = "intact", "calibration", "acc_standard"
"""What the calibrating protocol names its arm and condition, and the accuracy without noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was found.

    Parameters
    ----------
    family : of the accuracy, such as ``acc_biased``.
    keep : share kept of what the intact network is above chance without noise, in (0, 1).
    strengths : that were tested, ascending.
    accuracy : mean of the intact network at each, in %.
    found : strength of each subject, shape (subjects,); NaN where no tested strength reaches the share.
    beneath : number of subjects that keep less at the lowest strength already.
    interval : of the mean strength over the subjects that have one.
    """

    family: str
    keep: float
    strengths: tuple[float, ...]
    accuracy: tuple[float, ...]
    found: Floats
    beneath: int
    interval: Interval

    @property
    def without(self) -> int:
        """Number of subjects for which no tested strength reaches the share."""
        return int(np.isnan(self.found).sum())

    @property
    def strength(self) -> float | None:
        """Mean strength over subjects, to three digits; None where any subject has none."""
        return None if self.without else float(f"{self.found.mean():.3g}")

    @property
    def outcome(self) -> str | None:
        """The outcome at that strength, such as ``acc_biased_1.73``."""
        return None if self.strength is None else f"{self.family}_{self.strength:g}"


def calibrating(protocol: Protocol, family: str, strengths: Sequence[float]) -> Protocol:
    """The protocol that tests the intact network: the induction without its losses, then every strength.

    Its random numbers are those of the control `healthy`.

    Raises
    ------
    ProtocolError : the family is no accuracy, or there are fewer than two strengths.
    """
    if family not in FAMILIES or outcome(f"{family}_1").kind != "accuracy":
        known = [name for name in FAMILIES if outcome(f"{name}_1").kind == "accuracy"]
        raise ProtocolError(f"no family of accuracies {family!r}; {nearest(family, known)}")
    if len(set(strengths)) < 2 or min(strengths) < 0:
        raise ProtocolError(f"strengths {', '.join(f'{s:g}' for s in strengths)}; give two or more, each 0 or more")
    measured = (PLAIN, *(f"{family}_{strength:g}" for strength in sorted(set(strengths))))
    return Protocol(
        name=f"{protocol.name}-calibration",
        title=f"The intact network of {protocol.name} under tests of rising strength",
        cite=protocol.cite,
        task=protocol.task,
        network=protocol.network,
        batch_size=protocol.batch_size,
        induction=tuple(_without_losses(protocol.induction)),
        arms={ARM: ()},
        follow_up=(Node(step=Assess(condition=CONDITION, outcomes=measured)),),
    )


def calibration(cells: Cells, protocol: Protocol, family: str, strengths: Sequence[float], keep: float) -> Calibration:
    """The strength at which each subject keeps the share.

    Parameters
    ----------
    cells : of a run of `calibrating`.
    keep : share of what the intact network is above chance without noise, in (0, 1).
    """
    tested = tuple(sorted(set(strengths)))
    names = (PLAIN, *(f"{family}_{strength:g}" for strength in tested))
    plain, *columns = (cells.values[:, cells.index[Cell(ARM, CONDITION, name)]] for name in names)
    chance = 100.0 / protocol.task.classes
    accuracies = np.array(columns)
    strength = np.repeat(np.array(tested)[:, None], len(plain), axis=1)
    wanted = chance + keep * (plain - chance)
    found = at_equal(accuracies, strength, wanted)
    (interval,) = mean_intervals(found[:, None], ["free"], cells.subjects)
    return Calibration(
        family=family,
        keep=keep,
        strengths=tested,
        accuracy=tuple(float(a.mean()) for a in accuracies),
        found=found,
        beneath=int(np.count_nonzero(accuracies[0] < wanted)),
        interval=interval,
    )


def at_calibrated(protocol: Protocol, family: str, name: str) -> Protocol:
    """The protocol with the calibrated outcome measured wherever one of its family is."""
    changed = protocol
    for node in protocol.nodes:
        step = node.step
        if not isinstance(step, Assess) or name in step.outcomes:
            continue
        if any(outcome(one).family == family for one in step.outcomes):
            changed = changed.with_outcomes(step.condition, (*step.outcomes, name))
    if changed is protocol:
        raise ProtocolError(f"protocol {protocol.name} measures no {family}; there is nothing to compare at {name}")
    return replace(changed, name=f"{protocol.name}-calibrated")


def _without_losses(path: Path) -> Path:
    """The steps that lose nothing, each where it was, so that it keeps its random stream; side paths are left out."""
    return tuple(replace(node, fork=()) for node in path if node.step is not None and not node.step.loses)
