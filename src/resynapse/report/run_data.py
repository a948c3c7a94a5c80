"""What figures and pages are made from: a run folder, read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.analysis.analyse import Analysis
from resynapse.analysis.analysis_file import analysis_of
from resynapse.analysis.cells import Cell, Cells, units
from resynapse.analysis.parts.describe import Description
from resynapse.controls.registry import is_reference
from resynapse.protocol import Protocol
from resynapse.publication.agreement import Agreement, agreement
from resynapse.publication.comparison import Comparison, protocols_with_tables
from resynapse.report import words
from resynapse.runs.retrace import Stage, stages, structural_arm
from resynapse.runs.store.folder import Manifest, RunFolder

if TYPE_CHECKING:
    import polars as pl

LEADING = (
    "acc_combined",
    "acc_biased_1.0",
    "relapse_drop",
    "manic_relapse_probability",
    "stress_test",
    "acc_standard",
    "acc_input_2.0",
)
"""Outcomes that speak first where there is room for a few; the others follow in table order."""
REFERENCE = "untreated"
MOST_ARMS = 12
"""Of a figure; a run with every control has more than sixty."""


@dataclass(frozen=True)
class RunData:
    """A run and its statistics.

    Parameters
    ----------
    path : the run folder.
    manifest : what was run, with which seed, engine and versions.
    table : tidy table of the finished subjects.
    unfinished : subjects that are still to come.
    analyse : makes the statistics of `table`, when they are first needed.
    """

    path: Path
    manifest: Manifest
    table: pl.DataFrame
    unfinished: int
    analyse: Callable[[], Analysis]

    @classmethod
    def of(cls, folder: RunFolder) -> RunData:
        """Read a run folder.

        Raises
        ------
        RunFolderError : no run, or no finished subject, is in the folder.
        """
        manifest, unfinished, table = folder.manifest(), folder.unfinished(), folder.table()
        return cls(
            path=folder.path,
            manifest=manifest,
            table=table,
            unfinished=unfinished,
            analyse=lambda: analysis_of(folder, table),
        )

    @cached_property
    def analysis(self) -> Analysis:
        """The statistics of the table."""
        return self.analyse()

    @cached_property
    def agreement(self) -> Agreement | None:
        """Every published cell beside ours; None where no published table ships."""
        tabled = self.protocol.name in protocols_with_tables()
        return agreement(self.table, self.protocol) if tabled else None

    @property
    def protocol(self) -> Protocol:
        """The protocol that was run."""
        return self.manifest.protocol

    @property
    def comparison(self) -> Comparison | None:
        """Every published cell beside ours, without what is concluded from it."""
        return None if self.agreement is None else self.agreement.comparison

    @cached_property
    def cells(self) -> Cells:
        """The table as a matrix."""
        return Cells.of(self.table)

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """Arms with results, in the protocol's order."""
        return tuple(arm for arm in self.protocol.routes if arm in self.cells.arms)

    @cached_property
    def drawn(self) -> tuple[str, ...]:
        """Arms that a figure has room for: all but references, or those without a control where they are many."""
        made = self.protocol.variants
        found = tuple(arm for arm in self.arms if arm not in made or not is_reference(made[arm].control))
        return found if len(found) <= MOST_ARMS else tuple(arm for arm in found if arm in self.protocol.arms)

    @cached_property
    def reference(self) -> str:
        """The arm that others are compared with: the untreated one, or the first."""
        return REFERENCE if REFERENCE in self.arms else self.arms[0]

    @cached_property
    def traced(self) -> tuple[Stage, ...]:
        """The connections of the first subject before and after each step that changes them, computed again."""
        return stages(self.manifest, structural_arm(self.protocol), int(self.cells.subjects[0]))

    @cached_property
    def units(self) -> Mapping[str, str]:
        """The unit of every outcome."""
        return units(self.protocol)

    @cached_property
    def described(self) -> Mapping[Cell, Description]:
        """The description of every cell."""
        return {Cell(d.arm, d.condition, d.outcome): d for d in self.analysis.descriptions}

    @cached_property
    def leading(self) -> tuple[tuple[str, str], ...]:
        """(condition, outcome) that several arms were contrasted in, those that speak first before the others."""
        found = dict.fromkeys((o.condition, o.outcome) for o in self.analysis.orders)
        ranked = sorted(found, key=lambda key: LEADING.index(key[1]) if key[1] in LEADING else len(LEADING))
        # one outcome once, at the condition where it was measured first
        once = {outcome: (condition, outcome) for condition, outcome in reversed(ranked)}
        return tuple(key for key in ranked if once[key[1]] == key)

    def arm_title(self, arm: str) -> str:
        """What an arm is called for people."""
        return words.arm_title(self.protocol, arm)

    def title(self, condition: str, outcome: str) -> str:
        """An outcome at a condition, as a heading says it."""
        return words.cell_title(self.protocol, condition, outcome)

    def unit(self, outcome: str) -> str:
        """The unit as it is printed behind a number, with a space before it; empty for a dimensionless outcome."""
        unit = self.units.get(outcome, "1")
        return "" if unit in ("1", "count") else f" {unit}"

    def decimals(self, outcome: str) -> int:
        """Decimals of an outcome in sentences."""
        return words.titles(self.protocol).of(outcome).decimals

    def axis(self, outcome: str) -> str:
        """The unit of an outcome and which direction is better, for an axis."""
        return ", ".join(filter(None, (self.unit(outcome).strip(), words.better(self.protocol, outcome))))
