"""The picture that carries a run: resilience on the left, the course after stopping on the right."""

from __future__ import annotations

from resynapse.report import words
from resynapse.report.figures import resilience, trajectories
from resynapse.report.figures.lines import CLOSED, headed, lines
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.style import Drawn, panels
from resynapse.report.run_data import RunData
from resynapse.report.sections.headline import headline_of_run

TITLE = "Resilience, and the course afterwards"
HEIGHT = 3.0


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    if not resilience.lacks(run_data) or not trajectories.lacks(run_data):
        return ""
    return f"{resilience.lacks(run_data)}, and {trajectories.lacks(run_data)}"


def draw(run_data: RunData) -> Drawn:
    """At most two panels: the first curve of resilience, and the first trajectory, which has the threshold."""
    curves = list(resilience.curves(run_data))[:1]
    every = trajectories.found(run_data)
    of_each: dict[str, trajectories.Panel] = {}
    for panel in every:
        of_each.setdefault(panel[1], panel)  # two courses of one outcome would say little more
    courses = list(of_each.values())[: 1 if curves else 2]
    figure, axes = panels(len(curves) + len(courses), height=HEIGHT)
    told, numbers, shown = [], [], []
    for axis, curve in zip(axes, curves, strict=False):
        axis.set(
            title=headed(f"Accuracy as noise grows, {words.condition_title(run_data.protocol, curve[0])}"),
            xlabel=resilience.FAMILIES[curve[1]],
        )
        axis.set(ylabel="accuracy (%), higher is better", ylim=(-3, 103))
        said, drawn = lines(axis, run_data, resilience.points(run_data, curve), height=HEIGHT)
        told.append(f"accuracy as noise grows: {said}")
        numbers += drawn
        shown += [outcome for _, outcome in resilience.curves(run_data)[curve]]
    whole = trajectories.bands(run_data)
    for axis, panel in zip(axes[len(curves) :], courses, strict=False):
        said, drawn = trajectories.course(axis, run_data, panel, every[panel], whole)
        told.append(f"{run_data.title(*panel)}: {said}")
        numbers += drawn
        shown.append(panel[1])
    return Drawn(
        figure=figure,
        caption=f"Means of {len(run_data.cells.subjects)} simulated subjects with 95 % bands; every subject passes "
        f"through every arm.{f' {CLOSED}' if curves else ''}",
        alt=f"Line chart. {headline_of_run(run_data)} {'; '.join(told)}.",
        note=switch_note(run_data, shown),
        numbers=numbers,
    )
