"""Trajectories: an outcome along the counts of a condition, such as withdrawal after each length of maintenance."""

from __future__ import annotations

from resynapse.analysis.cells import Cell, at_count, courses, yes_or_no
from resynapse.analysis.families import SETTINGS
from resynapse.protocol.conditions import base
from resynapse.protocol.derived_outcomes import Below
from resynapse.report.figures.courses import course
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.style import GREY, Drawn, fitted, legend, of_all, panels
from resynapse.report.run_data import RunData

TITLE = "Along durations, cycles and doses"
MOST = 6
Panel = tuple[str, str]
"""Condition without its last count, and outcome."""


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if found(run_data) else "no outcome is measured at two counts of a condition"


def found(run_data: RunData) -> dict[Panel, dict[str, list[tuple[float, Cell]]]]:
    """Points of every arm; what a threshold is laid on comes first."""
    shares = yes_or_no(run_data.protocol)
    keys = run_data.cells.keys
    made: dict[Panel, dict[str, list[tuple[float, Cell]]]] = {}
    for (arm, within, outcome), points in courses(keys).items():
        if len(points) > 1 and outcome not in SETTINGS and outcome not in shares:
            made.setdefault((within, outcome), {})[arm] = [(count, keys[column]) for count, column in points]
    return dict(sorted(made.items(), key=lambda item: not thresholds(run_data, item[0])))


def thresholds(run_data: RunData, panel: Panel) -> list[float]:
    """The thresholds that the protocol lays on an outcome within a condition."""
    rules = [rule for rule in run_data.protocol.derived if isinstance(rule, Below)]
    return sorted({rule.threshold for rule in rules if (rule.within, rule.of) == (base(panel[0]), panel[1])})


def draw(run_data: RunData) -> Drawn:
    """One panel a condition and outcome."""
    every = found(run_data)
    shown = list(every)[:MOST]
    bands = {
        Cell(one.arm, at_count(one.within, point.count), one.outcome): point.band
        for one in run_data.analysis.dose
        for point in one.points
    }
    figure, axes = panels(len(shown), height=2.7)
    told = []
    for axis, panel in zip(axes, shown, strict=False):
        axis.set(title=panel[1], xlabel=panel[0], ylabel=run_data.unit(panel[1]).strip())
        for limit in thresholds(run_data, panel):
            axis.axhline(limit, color=GREY, linewidth=1, linestyle=(0, (2, 2)))
            axis.annotate(f"threshold {limit:g}", (0.99, limit), xycoords=("axes fraction", "data"), fontsize=7,
                          color=GREY, ha="right", va="bottom")  # fmt: skip
        arms = [arm for arm in run_data.drawn if arm in every[panel]]
        words = [course(axis, run_data, arm, every[panel][arm], bands) for arm in arms]
        told.append(f"{panel[1]} along {panel[0]}: {', '.join(w for w in words if w)}")
    fitted(axes, len(shown))
    legend(figure, axes)
    left = f" Not drawn: {', '.join(f'{o} along {w}' for w, o in list(every)[MOST:])}." if len(every) > MOST else ""
    return Drawn(
        figure=figure,
        caption="Outcomes along the counts of a condition. Thick lines: means; bands: 95 % for all counts of a line "
        "together (with two counts: for each); dashed: the threshold of a rule in the protocol; thin lines: "
        f"{of_all(len(run_data.cells.subjects))}. Counts are epochs, steps or cycles of the model, not time.{left}",
        alt=f"Line chart of outcomes along counts. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for _, outcome in shown)),
    )
