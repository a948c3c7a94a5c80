"""Resilience curves: accuracy along the strength of noise, arm by arm."""

from __future__ import annotations

import re

from resynapse.analysis.cells import Cell
from resynapse.report import words
from resynapse.report.figures.lines import CLOSED, headed, lines
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.style import Drawn, fitted, panels, stacked
from resynapse.report.run_data import RunData

TITLE = "Resilience to noise"
FAMILIES = {
    "acc_internal": "sd of internal noise",
    "acc_input": "sd of input noise",
    "acc_biased": "mean of internal noise (its sd is 1)",
}
MOST = 6
HEIGHT = 2.7
Curve = tuple[str, str]
"""Condition and family of outcomes."""


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if curves(run_data) else "no condition measures accuracy at two strengths of the same noise"


def curves(run_data: RunData) -> dict[Curve, list[tuple[float, str]]]:
    """Strengths and outcomes of every (condition, family) that has two strengths or more."""
    found: dict[Curve, dict[float, str]] = {}
    for key in run_data.cells.keys:
        match = re.fullmatch(r"(acc_[a-z]+)_([0-9.]+)", key.outcome)
        if match and match[1] in FAMILIES:
            found.setdefault((key.condition, match[1]), {})[float(match[2])] = key.outcome
    return {curve: sorted(points.items()) for curve, points in found.items() if len(points) > 1}


def points(run_data: RunData, curve: Curve) -> dict[str, list[tuple[float, Cell]]]:
    """The cells of every arm along a curve."""
    strengths = curves(run_data)[curve]
    return {arm: [(x, Cell(arm, curve[0], outcome)) for x, outcome in strengths] for arm in run_data.drawn}


def draw(run_data: RunData) -> Drawn:
    """One panel a condition and kind of noise."""
    found = curves(run_data)
    shown = list(found)[:MOST]
    figure, axes = panels(len(shown), height=HEIGHT, sharey=not stacked())
    told, numbers = [], []
    for axis, curve in zip(axes, shown, strict=False):
        condition, family = curve
        title = words.condition_title(run_data.protocol, condition)
        axis.set(title=headed(title[0].upper() + title[1:]), xlabel=FAMILIES[family], ylim=(-3, 103))
        axis.set_ylabel("accuracy (%), higher is better")
        said, drawn = lines(axis, run_data, points(run_data, curve), height=HEIGHT)
        told.append(f"{title}: {said}")
        numbers += drawn
    fitted(axes, len(shown))
    left = f" Not drawn: {', '.join(f'{c} ({f})' for c, f in list(found)[MOST:])}." if len(found) > MOST else ""
    return Drawn(
        figure=figure,
        caption="Accuracy on the test set along the strength of noise: means, with bands of 95 % intervals over "
        f"{len(run_data.cells.subjects)} subjects where there are any. {CLOSED}{left}",
        alt=f"Line chart of accuracy in % against the strength of noise. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for curve in shown for _, outcome in found[curve])),
        numbers=numbers,
    )
