"""The manic probe and the activation of each arm, subject by subject."""

from __future__ import annotations

import numpy as np

from resynapse.analysis.cells import Cell
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.style import Drawn, arms_below, fitted, look, of_all, panels, some
from resynapse.report.run_data import RunData

TITLE = "Manic probe and activation"
MOST = 6


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if _shown(run_data) else "neither acc_biased_* nor activation_magnitude is measured at a condition"


def _shown(run_data: RunData) -> list[tuple[str, str]]:
    keys = dict.fromkeys((k.condition, k.outcome) for k in run_data.cells.keys if "=" not in k.condition)
    return [k for k in keys if k[1].startswith("acc_biased_") or k[1] == "activation_magnitude"]


def draw(run_data: RunData) -> Drawn:
    """One panel a condition and outcome: subjects as points, mean with interval beside them."""
    every = _shown(run_data)
    figure, axes = panels(len(every[:MOST]), height=2.6)
    told = []
    for axis, (condition, outcome) in zip(axes, every, strict=False):
        arms = [arm for arm in run_data.drawn if Cell(arm, condition, outcome) in run_data.described]
        axis.set(title=f"{outcome}, {condition}", ylabel=run_data.unit(outcome).strip())
        arms_below(axis, arms)
        if outcome.startswith("acc_"):
            axis.set_ylim(-3, 103)
        words = []
        for place, arm in enumerate(arms):
            style, cell = look(arm, run_data.drawn), Cell(arm, condition, outcome)
            values = run_data.cells.values[:, run_data.cells.keys.index(cell)]
            values = values[~np.isnan(values)]
            values = values[some(len(values))]
            # spread by rank, so that equal values stand side by side and nothing is drawn by lot
            spread = (np.arange(len(values)) % 7 - 3) * 0.035
            axis.plot(place - 0.12 + spread, values, color=style.colour, marker=style.marker, linestyle="none",
                      alpha=0.4, markersize=3.5, markeredgewidth=0)  # fmt: skip
            found = run_data.described[cell]
            low, high = found.interval.low, found.interval.high
            ends = None if low is None or high is None else [[max(found.mean - low, 0)], [max(high - found.mean, 0)]]
            axis.errorbar(place + 0.2, found.mean, yerr=ends, color=style.colour, marker=style.marker, capsize=3)
            words.append(f"{arm} {found.mean:.3g}")
        told.append(f"{outcome} at {condition}: {', '.join(words)}")
    fitted(axes, len(every[:MOST]))
    left = f" Not drawn: {', '.join(f'{o} at {c}' for c, o in every[MOST:])}." if every[MOST:] else ""
    return Drawn(
        figure=figure,
        caption="The manic probe (accuracy under internal noise with a mean above 0; lower is worse) and the "
        f"activation magnitude. Pale points: {of_all(len(run_data.cells.subjects))}; beside them the mean and its 95 "
        f"% interval where there is one. A low accuracy is not mania.{left}",
        alt=f"Points of each arm with means. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for _, outcome in every)),
    )
