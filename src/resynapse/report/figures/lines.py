"""Arms along an axis of numbers: means with their intervals, each line with its name at its end."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from resynapse.analysis.cells import Cell
from resynapse.analysis.intervals import AT_THE_BOUND, Interval
from resynapse.report.figures.style import look
from resynapse.report.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = Sequence[tuple[float, Cell]]
"""Place on the axis and cell, in rising order."""
MARKS = 15
"""Most marks of a line; more would hide it."""
NAME = 18
"""Letters of a name beside a line."""
CLOSED = "A band is closed where all subjects are at 0 or 100 %: the tables say what is possible there at worst."
_LETTER, _SMALL = 8.0, 6.0
"""Points; small ones where many arms have long names."""


def lines(
    axis: Axes,
    run_data: RunData,
    arms: Mapping[str, Points],
    *,
    height: float,
    bands: Mapping[Cell, Interval] | None = None,
) -> tuple[str, list[dict[str, str | float | None]]]:
    """Draw every arm and its name.

    Parameters
    ----------
    height : of the panel in inches, which says how near names can be.
    bands : instead of each cell's own 95 % interval.

    Returns
    -------
    In words from where to where each arm goes, and the numbers drawn.
    """
    told, numbers, ends = [], [], []
    for arm, points in arms.items():
        known = [(x, cell, run_data.described[cell]) for x, cell in points if cell in run_data.described]
        if not known:
            continue
        style, title = look(arm, run_data.drawn), run_data.arm_title(arm)
        x, means = [at for at, _, _ in known], [found.mean for _, _, found in known]
        intervals = [(bands or {}).get(cell, found.interval) for _, cell, found in known]
        # where all subjects are at 0 or 100 %, the interval is a worst case, no spread that a band could show
        whole = [
            (at, mean, mean) if found.note.startswith(AT_THE_BOUND) else (at, found.low, found.high)
            for at, mean, found in zip(x, means, intervals, strict=True)
            if found.low is not None
        ]
        if whole:
            at, low, high = zip(*whole, strict=True)
            axis.fill_between(at, low, high, color=style.colour, alpha=0.18, linewidth=0)
        axis.plot(x, means, color=style.colour, marker=style.marker, linestyle=style.line, label=arm,
                  clip_on=False, zorder=3, markevery=-(-len(x) // MARKS))  # fmt: skip
        ends.append((x[-1], means[-1], title, style.text))
        told.append(f"{title} {means[0]:.3g} at {x[0]:g} to {means[-1]:.3g} at {x[-1]:g}")
        for (place, cell, found), band in zip(known, intervals, strict=True):
            numbers.append(
                {**cell._asdict(), "at": place, "mean": found.mean, "low": band.low, "high": band.high, "n": found.n}
            )
    name_ends(axis, ends, height)
    return ", ".join(told), numbers


def name_ends(axis: Axes, ends: Sequence[tuple[float, float, str, str]], height: float) -> None:
    """Names at the ends of lines, moved apart where they would touch, with a thin line to their own."""
    if not ends:
        return
    low, high = axis.get_ylim()
    right = max(x for x, _, _, _ in ends)
    left = min(axis.get_xlim()[0], right)
    point = (high - low) / (72 * height * 0.72)
    for letter in (_LETTER, _SMALL):
        # as many letters as take the same room
        wide = int(NAME * _LETTER / letter)
        wrapped = [(x, y, "\n".join(textwrap.wrap(name, wide)), colour) for x, y, name, colour in ends]
        boxes = [(y, 1.15 * letter * (1 + name.count("\n")) * point) for _, y, name, _ in wrapped]
        if sum(tall for _, tall in boxes) <= high - low:
            break
    for (x, y, name, colour), place in zip(wrapped, spread(boxes, low, high), strict=True):
        axis.annotate(
            name, (x, y), (1.035, (place - low) / (high - low)), textcoords="axes fraction", color=colour,
            fontsize=letter, va="center", annotation_clip=False, linespacing=1.0,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "alpha": 0.6, "shrinkA": 0,
                        "shrinkB": 2},
        )  # fmt: skip
    axis.set_xlim(left, right)


def spread(boxes: Sequence[tuple[float, float]], low: float, high: float) -> list[float]:
    """Places near those that are wanted at which boxes of these heights do not overlap.

    >>> [round(at, 3) for at in spread([(1.0, 2.0), (1.0, 2.0)], 0.0, 10.0)]
    [1.0, 3.0]
    """
    order = sorted(range(len(boxes)), key=lambda i: boxes[i][0])
    at = [boxes[i][0] for i in order]
    size = [boxes[i][1] for i in order]
    for _ in range(200):
        moved = False
        for i in range(len(at) - 1):
            short = (size[i] + size[i + 1]) / 2 - (at[i + 1] - at[i])
            if short > 1e-9 * (high - low):
                at[i], at[i + 1], moved = at[i] - short / 2, at[i + 1] + short / 2, True
        at[0] = max(at[0], low + size[0] / 2)
        at[-1] = min(at[-1], max(high - size[-1] / 2, at[0] if len(at) == 1 else low))
        if not moved:
            break
    made = [0.0] * len(at)
    for place, i in zip(at, order, strict=True):
        made[i] = place
    return made


def headed(text: str, letters: int = 38) -> str:
    """A title over as many lines as it needs."""
    return "\n".join(textwrap.wrap(text, letters))
