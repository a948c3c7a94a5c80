"""Differences with intervals, a row each, in panels of one unit: the common part of forest plots."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from resynapse.report.figures.style import GREY, WIDTH, panels, stacked

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.155
"""Inches between rows."""
_LETTERS = 19
"""Of a heading, to an inch."""
MOST = 64
"""Rows of a panel; of more, panels are made that a wide page puts side by side."""
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


@dataclass(frozen=True, slots=True)
class _Line:
    """What stands in one place of a panel: a difference, or a line of a heading."""

    place: int
    row: Row | None
    text: str


def forest(groups: Sequence[Group], looks: Mapping[str, Look]) -> Figure:
    """Panels one below the other, each group in as many as it needs, with the kinds named at the top of each."""
    across = WIDTH / 2 if stacked() else WIDTH
    parts = [part for group in groups for part in _parts(group)]
    lines = [list(_lines(part.rows, int(across * _LETTERS))) for part in parts]
    depths = [each[-1].place + 1 for each in lines]
    figure, axes = panels(
        len(parts), columns=1, height=1, size=(across, _ROW * sum(depths) + 0.9 * len(parts)),
        gridspec_kw={"height_ratios": [depth + 4 for depth in depths]},
    )  # fmt: skip
    limits: dict[str, list[tuple[float, float]]] = {}
    for axis, part, each, depth in zip(axes, parts, lines, depths, strict=True):
        if part.margin:
            axis.axvspan(-part.margin, part.margin, color="#56B4E9", alpha=0.15, linewidth=0)
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.set_xlabel(part.axis)
        for line in each:
            if line.row is None:
                _heading(axis, line)
            else:
                _mark(axis, line.row, line.place, looks[line.row.kind])
        rows = [line for line in each if line.row is not None]
        axis.set_yticks([line.place for line in rows], [line.text for line in rows], fontsize=6.5)
        axis.set_ylim(depth - 0.4, -0.6)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.grid(visible=False, axis="y")
        _name_kinds(axis, looks)
        limits.setdefault(part.axis, []).append(axis.get_xlim())
    for axis, part in zip(axes, parts, strict=True):
        ends = limits[part.axis]
        axis.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
    return figure


def _parts(group: Group) -> Iterator[Group]:
    """A group, or halves of it and so on, parted where a heading begins."""
    starts = [i for i, row in enumerate(group.rows) if i == 0 or row.heading != group.rows[i - 1].heading]
    if len(group.rows) + len(starts) <= MOST or len(starts) == 1:
        yield group
        return
    middle = len(group.rows) / 2
    at = min(starts[1:], key=lambda start: abs(start - middle))
    for rows in (group.rows[:at], group.rows[at:]):
        yield from _parts(replace(group, rows=rows))


def _lines(rows: Sequence[Row], letters: int) -> Iterator[_Line]:
    """Rows and headings with their places from the top, where the names of the kinds stand."""
    place, heading = 1, None
    for row in rows:
        if row.heading != heading:
            heading = row.heading
            for text in textwrap.wrap(heading, letters):
                yield _Line(place, None, text)
                place += 1
        yield _Line(place, row, row.label)
        place += 1


def _mark(axis: Axes, row: Row, place: int, look: Look) -> None:
    colour, marker = look
    if row.low is not None and row.high is not None:
        axis.plot([row.low, row.high], [place, place], color=colour, linewidth=1)
    axis.plot(row.difference, place, color=colour, marker=marker, markersize=3.5)


def _heading(axis: Axes, line: _Line) -> None:
    """From the left edge of the figure across the panel; white below, so that no line crosses the letters."""
    axis.annotate(
        line.text, (4, line.place), xycoords=("figure points", "data"), fontsize=6.2, fontweight="bold", va="center",
        annotation_clip=False, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
    ).set_in_layout(False)  # fmt: skip


def _name_kinds(axis: Axes, looks: Mapping[str, Look]) -> None:
    """The kinds in the first place of a panel, within its axes: a panel of a page stands by itself."""
    from matplotlib.lines import Line2D

    shown: list[Any] = [
        Line2D([], [], color=colour, marker=marker, markersize=4, linestyle="none", label=kind)
        for kind, (colour, marker) in looks.items()
    ]
    legend = axis.legend(handles=shown, loc="upper right", bbox_to_anchor=(1.0, 1.0), ncols=len(shown), fontsize=6.5,
                         borderaxespad=0, borderpad=0, handletextpad=0.1, columnspacing=1.2)  # fmt: skip
    legend.set_in_layout(False)
