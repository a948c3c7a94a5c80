"""Forest plot: ours minus published, cell by cell, with the margin of equivalence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.analysis.equivalence import Equivalence
from resynapse.report.figures.style import GREY, WIDTH, Drawn, panels
from resynapse.report.material import Material

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Ours against the publication"
_ROW = 0.155
VERDICTS = {"equivalent": ("#0072B2", "o"), "not shown": ("#D55E00", "D")}


def lacks(material: Material) -> str:
    """Why there is no such figure; empty if there is."""
    if any(one.difference is not None for one in material.analysis.equivalence):
        return ""
    absent = next((a.reason for a in material.analysis.absent if a.part == "equivalence"), "")
    return absent or "the run has none of the published cells"


def draw(material: Material) -> Drawn:
    """Cells in points and dimensionless ones side by side, each a row."""
    cells = [one for one in material.analysis.equivalence if one.difference is not None]
    groups = [[c for c in cells if c.unit in ("pct", "pp")], [c for c in cells if c.unit not in ("pct", "pp")]]
    groups = [group for group in groups if group]
    figure, axes = panels(
        len(groups), columns=1, height=1, size=(WIDTH, _ROW * len(cells) + 0.9 * len(groups)),
        gridspec_kw={"height_ratios": [len(group) + 4 for group in groups]},
    )  # fmt: skip
    for axis, group in zip(axes, groups, strict=True):
        unit = "points" if group[0].unit in ("pct", "pp") else "dimensionless"
        margin = group[0].margin
        axis.axvspan(-margin, margin, color="#56B4E9", alpha=0.15, linewidth=0)
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.set_xlabel(f"ours minus published ({unit}); shaded: margin of {margin:g}")
        for row, cell in enumerate(group):
            _row(axis, row, cell)
        axis.set_yticks(range(len(group)), [f"{c.arm}, {c.condition}, {c.outcome}" for c in group], fontsize=6.5)
        axis.set_ylim(len(group) - 0.4, -0.6)
        axis.grid(visible=False, axis="y")
    for verdict, (colour, marker) in VERDICTS.items():
        axes[0].plot([], [], color=colour, marker=marker, linestyle="none", label=verdict)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    equal = sum(c.verdict == "equivalent" for c in cells)
    without = sum(c.difference_low is None for c in cells)
    changed = "" if not material.analysis.changed else " The protocol differs from the published one: no replication."
    return Drawn(
        figure=figure,
        caption=f"Ours minus published for {len(cells)} measured cells, with 95 % intervals"
        + (f" ({without} cells have none)" if without else "")
        + f". {equal} are equivalent within the margin by two one-sided tests; for the others it is not shown, which "
        f"is no proof of a difference.{changed}",
        alt=f"Forest plot of {len(cells)} differences from the publication: {equal} shown to be equivalent, "
        f"{len(cells) - equal} not.",
    )


def _row(axis: Axes, row: int, cell: Equivalence) -> None:
    if cell.difference is None:
        return
    colour, marker = VERDICTS.get(cell.verdict, (GREY, "s"))
    if cell.difference_low is not None and cell.difference_high is not None:
        axis.plot([cell.difference_low, cell.difference_high], [row, row], color=colour, linewidth=1)
    axis.plot(cell.difference, row, color=colour, marker=marker, markersize=3.5)
