"""Waterfall: from the second arm to the first, component by component."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.analysis.numbers import number
from resynapse.attribution.attribution import Attribution, Contrast
from resynapse.report.figures.style import COLOURS, GREY, WIDTH, Drawn, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UP, DOWN = COLOURS[2], COLOURS[4]
_ROW = 0.24
"""Inches between rows."""


def waterfall(found: Attribution) -> Drawn:
    """One panel an outcome; bars are shares, lines their 95 % intervals."""
    with styled():
        rows = [len(one.shares) + 2 for one in found.contrasts]
        figure, axes = panels(
            len(rows), columns=1, height=1, size=(WIDTH, _ROW * sum(rows) + 0.75 * len(rows)),
            gridspec_kw={"height_ratios": rows},
        )  # fmt: skip
        for axis, one in zip(axes, found.contrasts, strict=True):
            _draw(axis, one, found)
    each = [f"{one.name}: {_in_words(one)}" for one in found.contrasts]
    return Drawn(
        figure=figure,
        caption=f"From {found.second} (first row) to {found.first} (last row), component by component. A bar is the "
        "Shapley share of a component: the mean, over all orders in which the components can be exchanged, of what its "
        "exchange changes. Lines are 95 % intervals of the share over subjects, drawn at the end of the bar. Shares "
        "add up to the difference between the arms; their order on the page means nothing.",
        alt=f"Waterfall of {found.first} minus {found.second}. " + " ".join(f"{text}." for text in each),
    )


def _draw(axis: Axes, one: Contrast, found: Attribution) -> None:
    labels = [f"{found.second}", *(share.name for share in one.shares), f"{found.first}"]
    level = one.second
    axis.barh(0, level, color=GREY, height=0.6)
    for place, share in enumerate(one.shares, 1):
        colour = UP if share.share >= 0 else DOWN
        axis.barh(place, share.share, left=level, color=colour, height=0.6)
        if share.low is not None and share.high is not None:
            axis.plot([level + share.low, level + share.high], [place, place], color="#000000", linewidth=0.9)
        furthest = max(level, level + share.share, level + (share.high or 0.0))
        axis.annotate(
            number(share.share, signed=True), (furthest, place), fontsize=6.5, va="center", xytext=(4, 0),
            textcoords="offset points",
        )  # fmt: skip
        axis.plot([level + share.share] * 2, [place, place + 1], color=GREY, linewidth=0.6)
        level += share.share
    axis.barh(len(one.shares) + 1, one.first, color=GREY, height=0.6)
    axis.set_yticks(range(len(labels)), labels, fontsize=7.5)
    axis.set_ylim(len(labels) - 0.5, -0.5)
    axis.margins(x=0.08)
    axis.set_title(one.name)
    axis.set_xlabel(one.unit if one.unit != "1" else "dimensionless")
    axis.grid(visible=False, axis="y")


def _in_words(one: Contrast) -> str:
    shares = ", ".join(f"{share.name} {number(share.share, signed=True)}" for share in one.shares)
    return f"from {number(one.second)} to {number(one.first)}, {shares}"
