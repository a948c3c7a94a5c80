"""The runs of an audit: the tree and what its sections need beside it, and what is still missing of each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from resynapse.audits.plan import AuditPlan
from resynapse.audits.section import Stage
from resynapse.audits.sections import sections
from resynapse.cores import usable_cores
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.store.folder import RunFolder

TREE = "tree"


@dataclass(frozen=True, slots=True)
class Stages:
    """The tree, and by section the runs beside it."""

    tree: Stage
    wanted: dict[str, tuple[Stage, ...]]

    @classmethod
    def of(cls, planned: AuditPlan) -> Stages:
        """The runs of a plan."""
        tree = Stage(name=TREE, protocol=planned.protocol, subjects=planned.subjects)
        return cls(tree, {section.name: tuple(section.stages(planned)) for section in sections()})

    @property
    def in_order(self) -> tuple[Stage, ...]:
        """As they are run: other root seeds come last, as they matter least."""
        beside = (one for stages in self.wanted.values() for one in stages)
        return (self.tree, *sorted(beside, key=lambda one: one.seed is not None))


def missing(folder: Path, stage: Stage) -> int:
    """Subjects of a stage that are still to be run."""
    run = RunFolder(folder / stage.name)
    if not run.manifest_path.exists():
        return stage.subjects
    return max(0, stage.subjects - run.manifest().subjects) + run.unfinished()


@dataclass(slots=True)
class Pace:
    """How long the stages of one plan take on this machine; each is timed once.

    Parameters
    ----------
    workers : subjects at a time; None for the cores that this process may use.
    """

    workers: int | None = None
    _timed: dict[str, Estimate] = field(default_factory=dict)

    def each(self, stage: Stage) -> Estimate:
        """What one subject of a stage costs."""
        if stage.name not in self._timed:
            self._timed[stage.name] = Estimate.rehearse(stage.protocol, busy=True)
        return self._timed[stage.name]

    def alone(self, stage: Stage, folder: Path) -> float:
        """Seconds of what is missing of a stage."""
        subjects = missing(folder, stage)
        rounds = -(-subjects // min(self.workers or usable_cores(), stage.subjects))
        return rounds * self.each(stage).seconds if subjects else 0.0

    def seconds(self, stages: Iterable[Stage], folder: Path, most: float = math.inf) -> float:
        """Seconds of all that is missing of some stages, with what can only be planned after them.

        Parameters
        ----------
        most : once there are more than these, the other stages are not timed.
        """
        total = 0.0
        for stage in stages:
            total += self.alone(stage, folder) * (1 + stage.then_share)
            if total > most:
                break
        return total
