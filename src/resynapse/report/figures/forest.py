"""Forest plot: ours minus published, cell by cell, with the margin of equivalence."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.publication.equivalence import Equivalence
from resynapse.report import words
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.rows import Group, Row, forest
from resynapse.report.figures.style import Drawn
from resynapse.report.run_data import RunData

TITLE = "Ours against the publication"
LOOKS = {"equivalent": ("#0072B2", "o"), "constant": ("#009E73", "s"), "not shown": ("#D55E00", "D")}


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    if any(one.difference is not None for one in run_data.analysis.equivalence):
        return ""
    absent = next((a.reason for a in run_data.analysis.absent if a.part == "equivalence"), "")
    return absent or "the run has none of the published cells"


def draw(run_data: RunData) -> Drawn:
    """Cells in points above dimensionless ones, each a row."""
    cells = [one for one in run_data.analysis.equivalence if one.difference is not None]
    equal, constant, open_ = (sum(one.verdict == verdict for one in cells) for verdict in LOOKS)
    without = sum(one.difference_low is None for one in cells)
    none = f" ({without} cells have none)" if without else ""
    changed = "" if not run_data.analysis.changed else " The protocol differs from the published one: no replication."
    return Drawn(
        figure=forest(list(_groups(run_data, cells)), LOOKS),
        caption=f"Ours minus published for {len(cells)} measured cells, with 95 % intervals{none}. {equal} are "
        f"equivalent within the margin by two one-sided tests; {constant} vary on neither side and lie within it, "
        f"untested; for {open_} it is not shown, which is no proof of a difference.{changed}",
        alt=f"Forest plot of {len(cells)} differences from the publication: {equal} shown to be equivalent, "
        f"{constant} constant on both sides, {open_} not shown.",
        note=switch_note(run_data, (one.outcome for one in cells)),
        numbers=[
            {
                "arm": c.arm,
                "condition": c.condition,
                "outcome": c.outcome,
                "difference": c.difference,
                "low": c.difference_low,
                "high": c.difference_high,
                "margin": c.margin,
                "verdict": c.verdict,
            }
            for c in cells
        ],
    )


def _groups(run_data: RunData, cells: list[Equivalence]) -> Iterator[Group]:
    for unit, member in (("points", True), ("dimensionless", False)):
        group = [cell for cell in cells if (cell.unit in ("pct", "pp")) is member]
        if group:
            axis = f"ours minus published ({unit});\nshaded: margin of {group[0].margin:g}"
            outcomes = list(dict.fromkeys(cell.outcome for cell in group))
            conditions = list(dict.fromkeys(cell.condition for cell in group))
            ordered = sorted(group, key=lambda c: (outcomes.index(c.outcome), conditions.index(c.condition)))
            rows = [row for cell in ordered for row in _row(run_data, cell)]
            yield Group(axis=axis, margin=group[0].margin, rows=rows)


def _row(run_data: RunData, cell: Equivalence) -> Iterator[Row]:
    if cell.difference is not None:
        yield Row(
            label=run_data.arm_title(cell.arm),
            heading=words.cell_title(run_data.protocol, cell.condition, cell.outcome),
            difference=cell.difference,
            low=cell.difference_low,
            high=cell.difference_high,
            kind=cell.verdict,
        )
