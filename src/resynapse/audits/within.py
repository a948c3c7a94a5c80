"""An audit that fits into a budget of time: the deepest one, and of it as many subjects as fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from resynapse.audits.perturbations import Depth
from resynapse.audits.plan import AuditPlan, plan
from resynapse.audits.stages import Pace, Stages
from resynapse.errors import OutOfTimeError, RunFolderError
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.runs.admission import engine_for
from resynapse.runs.duration import duration
from resynapse.runs.planning.budget import Budget
from resynapse.runs.store.folder import Manifest, RunFolder

SEEDS: dict[Depth, int] = {"light": 1, "quick": 1, "standard": 5, "full": 5}
"""Root seeds over which verdicts are compared, by default."""
DEEPER = 4
"""A deeper audit takes at least so many times as long, and is not timed where it cannot fit."""
FEWEST = 2
"""Subjects below which nothing has an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an audit is asked to be.

    Parameters
    ----------
    depth : None for the deepest that fits, or ``quick`` without a budget.
    subjects : of the tree; None for those of the depth. The most, with a budget.
    seed, seeds : the first root seed, and how many; None for those of the depth.
    folder : of the audit at each depth.
    """

    protocol: Protocol
    claims: Sequence[Claim]
    depth: Depth | None
    subjects: int | None
    seed: int
    seeds: int | None
    folder: Callable[[Depth], Path]

    def planned(self, depth: Depth, subjects: int | None = None) -> AuditPlan:
        """The plan at a depth."""
        seeds = range(self.seed, self.seed + (SEEDS[depth] if self.seeds is None else self.seeds))
        made = plan(self.protocol, self.claims, depth, self.subjects if subjects is None else subjects)
        return replace(made, seeds=tuple(seeds))


def fitted(wish: Wish, budget: Budget | None, workers: int | None = None) -> tuple[AuditPlan, Pace]:
    """The plan of an audit, and how fast its stages are.

    Raises
    ------
    OutOfTimeError : an audit of `FEWEST` subjects does not fit into the budget.
    """
    if budget is None:
        return wish.planned(wish.depth or "quick"), Pace(workers)
    found, least = None, 0.0
    for depth in ("quick", "standard", "full") if wish.depth is None else (wish.depth,):
        planned = wish.planned(depth)
        if wish.depth is None and not _admitted(planned, wish.seed, wish.folder(depth)):
            continue
        # a deeper audit is no gain if it has fewer subjects than it needs
        larger, least = _largest(planned, wish, budget, workers, whole=found is not None)
        found = larger or found
        if larger is None or larger[0].subjects < planned.subjects or DEEPER * least > budget.left:
            break
    if found is None and wish.depth is None:
        found, least = _largest(wish.planned("light"), wish, budget, workers)
    if found is None:
        raise OutOfTimeError(
            f"within {budget}: no audit of {wish.protocol.name} with {FEWEST} subjects fits, it takes about "
            f"{duration(least)}; give more time"
        )
    return found


def _largest(
    planned: AuditPlan, wish: Wish, budget: Budget, workers: int | None, *, whole: bool = False
) -> tuple[tuple[AuditPlan, Pace] | None, float]:
    """A plan with as many subjects as fit, all of them if `whole`; and the seconds of the smallest it looked at."""
    pace, seconds = Pace(workers), 0.0
    least = planned.subjects if whole else min(FEWEST, planned.subjects)
    for subjects in range(planned.subjects, least - 1, -1):
        smaller = replace(planned, subjects=subjects)
        seconds = pace.seconds(Stages.of(smaller).in_order, wish.folder(planned.depth), budget.left)
        if seconds <= budget.left:
            return (smaller, pace), seconds
    return None, seconds


def _admitted(planned: AuditPlan, seed: int, folder: Path) -> bool:
    """Whether a folder has no tree yet, or that of this plan."""
    protocol = planned.protocol
    wanted = Manifest(protocol, seed, engine_for(protocol), planned.subjects, ())
    try:
        RunFolder(folder / Stages.of(planned).tree.name).admit(wanted)
    except RunFolderError:
        return False
    return True
