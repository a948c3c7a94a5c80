"""Trajectories: an outcome along the counts of a condition, such as withdrawal after each length of maintenance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.analysis.cells import Cell, at_count, courses, yes_or_no
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import Interval
from resynapse.protocol.conditions import base
from resynapse.protocol.derived_outcomes import Below, OtherThreshold
from resynapse.report import words
from resynapse.report.figures.lines import headed, lines
from resynapse.report.figures.notes import not_drawn, switch_note
from resynapse.report.figures.style import GREY, Drawn, fitted, panels
from resynapse.report.run_data import LEADING, RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Along durations, cycles and doses"
MOST = 6
APART = 20
"""Times that the largest count of one arm is that of another, from which on their axis is logarithmic."""
HEIGHT = 2.7
Panel = tuple[str, str]
"""Condition without its last count, and outcome."""


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if found(run_data) else "no outcome is measured at two counts of a condition"


def found(run_data: RunData) -> dict[Panel, dict[str, list[tuple[float, Cell]]]]:
    """Points of every arm; what a threshold is laid on comes first, then what leads elsewhere too."""
    shares = yes_or_no(run_data.protocol)
    keys = run_data.cells.keys
    made: dict[Panel, dict[str, list[tuple[float, Cell]]]] = {}
    for (arm, within, outcome), points in courses(keys).items():
        if len(points) > 1 and outcome not in SETTINGS and outcome not in shares:
            made.setdefault((within, outcome), {})[arm] = [(count, keys[column]) for count, column in points]
    place = {outcome: at for at, outcome in enumerate(LEADING)}
    return dict(
        sorted(made.items(), key=lambda one: (not thresholds(run_data, one[0]), place.get(one[0][1], len(place))))
    )


def thresholds(run_data: RunData, panel: Panel) -> list[float]:
    """The thresholds that the protocol lays on an outcome within a condition."""
    below = [rule for rule in run_data.protocol.derived if isinstance(rule, Below)]
    rules = [rule for rule in below if OtherThreshold.parse(rule.outcome) is None]
    return sorted({rule.threshold for rule in rules if (rule.within, rule.of) == (base(panel[0]), panel[1])})


def bands(run_data: RunData) -> dict[Cell, Interval]:
    """The band for all counts of a line together, where there is one."""
    return {
        Cell(one.arm, at_count(one.within, point.count), one.outcome): point.band
        for one in run_data.analysis.dose
        for point in one.points
    }


def draw(run_data: RunData) -> Drawn:
    """One panel a condition and outcome."""
    every = found(run_data)
    shown = list(every)[:MOST]
    whole = bands(run_data)
    figure, axes = panels(len(shown), height=HEIGHT)
    told, numbers = [], []
    for axis, panel in zip(axes, shown, strict=False):
        said, drawn = course(axis, run_data, panel, every[panel], whole)
        told.append(f"{run_data.title(*panel)}: {said}")
        numbers += drawn
    fitted(axes, len(shown))
    left = not_drawn([run_data.title(*panel) for panel in list(every)[MOST:]])
    return Drawn(
        figure=figure,
        caption="Outcomes along the counts of a condition. Lines: means; bands: 95 % for all counts of a line together "
        "(with two counts: for each); dashed: the threshold of a rule in the protocol. "
        f"{len(run_data.cells.subjects)} subjects. Counts are epochs, steps or cycles of the model, not time.{left}",
        alt=f"Line chart of outcomes along counts. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for _, outcome in shown)),
        numbers=numbers,
    )


def course(
    axis: Axes,
    run_data: RunData,
    panel: Panel,
    points: dict[str, list[tuple[float, Cell]]],
    whole: dict[Cell, Interval],
) -> tuple[str, list[dict[str, str | float | None]]]:
    """Draw one panel; its words and numbers."""
    within, outcome = panel
    axis.set(title=headed(run_data.title(*panel)), xlabel=headed(words.along(run_data.protocol, within)))
    axis.set_ylabel(run_data.axis(outcome))
    arms = {arm: points[arm] for arm in run_data.drawn if arm in points}
    limits = thresholds(run_data, panel)
    means = [run_data.described[cell].mean for each in arms.values() for _, cell in each if cell in run_data.described]
    ends = [*means, *limits]
    if run_data.unit(outcome).strip() == "%":
        axis.set_ylim(-3, 103)
    elif ends:
        room = 0.12 * (max(ends) - min(ends)) or 0.1 * abs(ends[0]) or 1.0
        axis.set_ylim(min(ends) - room, max(ends) + room)
    for limit in limits:
        axis.axhline(limit, color=GREY, linewidth=1, linestyle=(0, (2, 2)))
        axis.annotate(f"threshold {limit:g}", (0.01, limit), xycoords=("axes fraction", "data"), fontsize=7,
                      color=GREY, ha="left", va="bottom")  # fmt: skip
    if _far_apart(arms):
        axis.set_xscale("log")
        axis.set_xlabel(f"{axis.get_xlabel()}\n(each step a tenfold)")
    return lines(axis, run_data, arms, height=HEIGHT, bands=whole)


def _far_apart(arms: dict[str, list[tuple[float, Cell]]]) -> bool:
    """Whether the counts of one arm would be a dot beside those of another, as doses of two mechanisms can be."""
    counts = [[count for count, _ in points] for points in arms.values()]
    furthest = [max(each) for each in counts]
    return bool(counts) and min(map(min, counts)) > 0 and max(furthest) > APART * min(furthest)
