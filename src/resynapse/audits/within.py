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

DEPTHS: tuple[Depth, ...] = ("quick", "standard", "full")
SEEDS: dict[Depth, int] = {"quick": 1, "standard": 5, "full": 5}
"""Root seeds over which verdicts are compared, by default."""
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
    found: tuple[AuditPlan, Pace] | None = None
    least = 0.0
    for depth in DEPTHS if wish.depth is None else (wish.depth,):
        whole, pace = wish.planned(depth), Pace(workers)
        folder = wish.folder(depth)
        if wish.depth is None and not _admitted(whole, wish.seed, folder):
            continue
        seconds = pace.seconds(Stages.of(whole).in_order, folder)
        if seconds <= budget.left:
            found = whole, pace
            continue
        if found is None:
            found, least = _smaller(wish, whole, pace, budget)
        break
    if found is None:
        raise OutOfTimeError(
            f"within {budget}: no audit of {wish.protocol.name} with {FEWEST} subjects fits, it takes about "
            f"{duration(least)}; give more time"
        )
    return found


def _smaller(wish: Wish, whole: AuditPlan, pace: Pace, budget: Budget) -> tuple[tuple[AuditPlan, Pace] | None, float]:
    """The same depth with the most subjects that fit, and the seconds of the smallest that was looked at."""
    seconds = 0.0
    for subjects in range(whole.subjects - 1, FEWEST - 1, -1):
        # only sections whose cohorts follow the tree's need another plan
        planned = replace(whole, subjects=subjects)
        seconds = pace.seconds(Stages.of(planned).in_order, wish.folder(whole.depth))
        if seconds <= budget.left:
            return (planned, pace), seconds
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
