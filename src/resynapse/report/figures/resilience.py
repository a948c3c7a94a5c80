"""Resilience curves: accuracy along the strength of noise, arm by arm."""

from __future__ import annotations

import re

from resynapse.analysis.cells import Cell
from resynapse.report.figures.courses import course
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.style import Drawn, fitted, legend, of_all, panels
from resynapse.report.run_data import RunData

TITLE = "Resilience to noise"
FAMILIES = {
    "acc_internal": "sd of internal noise",
    "acc_input": "sd of input noise",
    "acc_biased": "mean of internal noise (its sd is 1)",
}
MOST = 6


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if curves(run_data) else "no condition measures accuracy at two strengths of the same noise"


def curves(run_data: RunData) -> dict[tuple[str, str], list[tuple[float, str]]]:
    """Strengths and outcomes of every (condition, family) that has two strengths or more."""
    found: dict[tuple[str, str], dict[float, str]] = {}
    for key in run_data.cells.keys:
        match = re.fullmatch(r"(acc_[a-z]+)_([0-9.]+)", key.outcome)
        if match and match[1] in FAMILIES:
            found.setdefault((key.condition, match[1]), {})[float(match[2])] = key.outcome
    return {curve: sorted(points.items()) for curve, points in found.items() if len(points) > 1}


def draw(run_data: RunData) -> Drawn:
    """One panel a condition and kind of noise."""
    found = curves(run_data)
    shown = list(found)[:MOST]
    figure, axes = panels(len(shown), height=2.7, sharey=True)
    told = []
    for axis, (condition, family) in zip(axes, shown, strict=False):
        axis.set(title=condition, xlabel=FAMILIES[family], ylabel="accuracy (%)", ylim=(-3, 103))
        points = found[condition, family]
        words = [course(axis, run_data, a, [(x, Cell(a, condition, o)) for x, o in points]) for a in run_data.drawn]
        told.append(f"{condition}: {', '.join(w for w in words if w)}")
    fitted(axes, len(shown))
    legend(figure, axes)
    left = f" Not drawn: {', '.join(f'{c} ({f})' for c, f in list(found)[MOST:])}." if len(found) > MOST else ""
    return Drawn(
        figure=figure,
        caption="Accuracy on the test set along the strength of noise. Thick lines: means; bands: 95 % intervals over "
        f"subjects where there are any; thin lines: {of_all(len(run_data.cells.subjects))}.{left}",
        alt=f"Line chart of accuracy in % against the strength of noise. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for key in shown for _, outcome in found[key])),
    )
