"""Differences with intervals, a row each, in one panel a unit: the common part of forest plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    """One difference; `kind` names its look, and rows of one heading are below it."""

    label: str
    heading: str
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
    places = [list(_places(group.rows)) for group in groups]
    depths = [rows[-1][0] + 1 for rows in places]
    figure, axes = panels(
        len(groups), columns=1, height=1, size=(WIDTH, _ROW * sum(depths) + 0.9 * len(groups)),
        gridspec_kw={"height_ratios": [depth + 4 for depth in depths]},
    )  # fmt: skip
    for axis, group, rows, depth in zip(axes, groups, places, depths, strict=True):
        if group.margin:
            axis.axvspan(-group.margin, group.margin, color="#56B4E9", alpha=0.15, linewidth=0)
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.set_xlabel(group.axis)
        for place, row in rows:
            if row is None:
                continue
            colour, marker = looks[row.kind]
            if row.low is not None and row.high is not None:
                axis.plot([row.low, row.high], [place, place], color=colour, linewidth=1)
            axis.plot(row.difference, place, color=colour, marker=marker, markersize=3.5)
        headings = iter(dict.fromkeys(row.heading for row in group.rows))
        names = [next(headings) if row is None else row.label for _, row in rows]
        axis.set_yticks([place for place, _ in rows], names, fontsize=6.5)
        for tick, (_, row) in zip(axis.get_yticklabels(), rows, strict=True):
            tick.set_fontweight("bold" if row is None else "normal")
        axis.set_ylim(depth - 0.4, -0.6)
        axis.tick_params(axis="y", length=0)
        axis.grid(visible=False, axis="y")
    for kind, (colour, marker) in looks.items():
        axes[0].plot([], [], color=colour, marker=marker, linestyle="none", label=kind)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(looks))
    return figure


def _places(rows: Sequence[Row]) -> Iterator[tuple[int, Row | None]]:
    """Rows with their places from the top; None for a heading."""
    place, heading = 0, None
    for row in rows:
        if row.heading != heading:
            heading = row.heading
            yield place, None
            place += 1
        yield place, row
        place += 1
