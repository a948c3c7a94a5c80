"""Differences with intervals, a row each, in one panel a unit: the common part of forest plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resynapse.report.figures.style import GREY, WIDTH, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROW = 0.155
"""Inches between rows."""
Look = tuple[str, str]
"""Colour and marker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One difference; `kind` names its look."""

    label: str
    difference: float
    low: float | None
    high: float | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of one unit, with the margin that is shaded; 0 for none."""

    axis: str
    margin: float
    rows: Sequence[Row]


def forest(groups: Sequence[Group], looks: Mapping[str, Look]) -> Figure:
    """One panel a group, with a legend of the kinds."""
    total = sum(len(group.rows) for group in groups)
    figure, axes = panels(
        len(groups), columns=1, height=1, size=(WIDTH, _ROW * total + 0.9 * len(groups)),
        gridspec_kw={"height_ratios": [len(group.rows) + 4 for group in groups]},
    )  # fmt: skip
    for axis, group in zip(axes, groups, strict=True):
        if group.margin:
            axis.axvspan(-group.margin, group.margin, color="#56B4E9", alpha=0.15, linewidth=0)
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.set_xlabel(group.axis)
        for place, row in enumerate(group.rows):
            colour, marker = looks[row.kind]
            if row.low is not None and row.high is not None:
                axis.plot([row.low, row.high], [place, place], color=colour, linewidth=1)
            axis.plot(row.difference, place, color=colour, marker=marker, markersize=3.5)
        axis.set_yticks(range(len(group.rows)), [row.label for row in group.rows], fontsize=6.5)
        axis.set_ylim(len(group.rows) - 0.4, -0.6)
        axis.grid(visible=False, axis="y")
    for kind, (colour, marker) in looks.items():
        axes[0].plot([], [], color=colour, marker=marker, linestyle="none", label=kind)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(looks))
    return figure
