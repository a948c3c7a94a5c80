"""Paired slopes: every subject in every arm, joined by a line."""

from __future__ import annotations

import numpy as np

from resynapse.analysis.cells import Cell
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.style import GREY, Drawn, arms_below, fitted, look, of_all, panels, some
from resynapse.report.run_data import RunData

TITLE = "The same subjects in every arm"
MOST = 4


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if run_data.leading else "no outcome is measured in two arms"


def draw(run_data: RunData) -> Drawn:
    """The leading outcomes, one panel each."""
    shown = run_data.leading[:MOST]
    figure, axes = panels(len(shown), height=2.7)
    told = []
    for axis, (condition, outcome) in zip(axes, shown, strict=False):
        # a variant stands beside the arm it is made of
        arms = [arm for arm in run_data.drawn if Cell(arm, condition, outcome) in run_data.described]
        columns = [run_data.cells.keys.index(Cell(arm, condition, outcome)) for arm in arms]
        values = run_data.cells.values[:, columns]
        axis.set(title=f"{outcome}, {condition}", ylabel=run_data.unit(outcome).strip())
        arms_below(axis, arms)
        for subject in some(len(values)):
            axis.plot(range(len(arms)), values[subject], color=GREY, alpha=0.45, linewidth=0.7)
        for place, arm in enumerate(arms):
            style = look(arm, run_data.drawn)
            axis.plot(place, np.nanmean(values[:, place]), color=style.colour, marker=style.marker, markersize=7)
        means = np.nanmean(values, axis=0)
        told.append(f"{outcome} at {condition}: {', '.join(f'{a} {m:.3g}' for a, m in zip(arms, means, strict=True))}")
    fitted(axes, len(shown))
    return Drawn(
        figure=figure,
        caption="Each grey line is one simulated subject in every arm, the same network before treatment and under the "
        f"same noise; {of_all(len(run_data.cells.subjects))}. Large markers: means. The lines join arms for the eye: "
        "arms have no order.",
        alt=f"Lines that join each subject's values in the arms. Means: {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for _, outcome in shown)),
    )
