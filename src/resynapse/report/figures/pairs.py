"""Every subject in every arm, and what each arm changes within the same subjects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cell
from resynapse.analysis.intervals import Interval
from resynapse.analysis.parts.contrasts import Contrast, turned
from resynapse.report.figures.dots import NAME, marks, rows_of_arms
from resynapse.report.figures.lines import headed
from resynapse.report.figures.notes import switch_note
from resynapse.report.figures.style import GREY, WIDTH, Drawn, look, of_all, panels, stacked
from resynapse.report.run_data import RunData
from resynapse.report.sections.findings import ranked, split

TITLE = "The same subjects in every arm"
MOST = 4
_ROW = 0.30
"""Inches between arms."""
Against = dict[tuple[str, str, str], Contrast]


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if run_data.leading else "no outcome is measured in two arms"


def reference_at(run_data: RunData, condition: str, outcome: str) -> str:
    """The arm that others are compared with there: that of the run, or the first one where it was not measured."""
    if Cell(run_data.reference, condition, outcome) in run_data.described:
        return run_data.reference
    return next(arm for arm in run_data.drawn if Cell(arm, condition, outcome) in run_data.described)


def differences(run_data: RunData) -> Against:
    """Each arm minus the reference arm there, by arm, condition and outcome."""
    made: Against = {}
    for one in run_data.analysis.contrasts:
        key = (one.condition, one.outcome)
        if key in run_data.leading:
            reference = reference_at(run_data, *key)
            found = one if one.other == reference else turned(one)
            if found.other == reference:
                made[found.arm, *key] = found
    return made


def draw(run_data: RunData) -> Drawn:
    """One row of two panels for each leading outcome: values, and differences from the reference."""
    shown = run_data.leading[:MOST]
    arms = {key: [arm for arm in run_data.drawn if Cell(arm, *key) in run_data.described] for key in shown}
    rows = [len(arms[key]) for key in shown]
    below, high = stacked(), _ROW * sum(rows) + 0.85 * len(shown)
    if below:
        ratios = {"height_ratios": [count + 1 for count in rows for _ in range(2)]}
        figure, axes = panels(2 * len(shown), height=1, size=(WIDTH / 2, 2 * high + 0.1), gridspec_kw=ratios)
    else:
        sizes = {"height_ratios": [count + 1 for count in rows], "width_ratios": [1.15, 1]}
        figure, axes = panels(2 * len(shown), height=1, size=(WIDTH, high + 0.1), gridspec_kw=sizes)
    against, told, numbers = differences(run_data), [], []
    # beside long names there is less room
    letters = 27 if any(len(run_data.arm_title(arm)) > NAME for arm in run_data.drawn) else 34
    for row, key in enumerate(shown):
        left, right = axes[2 * row], axes[2 * row + 1]
        against_arm = reference_at(run_data, *key)
        reference = run_data.arm_title(against_arm)
        left.set_title(headed(run_data.title(*key), letters if below else 84))
        left.set_xlabel(run_data.axis(key[1]))
        rows_of_arms(left, [(run_data.arm_title(arm), look(arm, run_data.drawn)) for arm in arms[key]])
        if below:
            rows_of_arms(right, [(run_data.arm_title(arm), look(arm, run_data.drawn)) for arm in arms[key]])
        else:
            right.sharey(left)
            right.tick_params(axis="y", labelleft=False, length=0)
            right.grid(visible=False, axis="y")
            right.spines["left"].set_visible(False)
        unit = run_data.unit(key[1]).strip()
        right.set_xlabel(
            headed(
                f"minus {reference}, same subject ({'points' if unit in ('%', 'points') else unit or 'difference'})", 36
            )
        )
        right.axvline(0, color=GREY, linewidth=0.9)
        said = []
        baseline = _values(run_data, Cell(against_arm, *key))
        for place, arm in enumerate(arms[key]):
            cell, style = Cell(arm, *key), look(arm, run_data.drawn)
            found, values = run_data.described[cell], _values(run_data, cell)
            assert values is not None
            marks(left, place, values, found.mean, found.interval, style)
            made = against.get((arm, *key))
            said.append(f"{run_data.arm_title(arm)} {found.mean:.3g}")
            if made is not None and baseline is not None:
                marks(right, place, values - baseline, made.difference, made.interval, style)
                said[-1] += f" ({made.difference:+.3g})"
            numbers.append(_numbers(cell, found.mean, found.interval, made))
        told.append(f"{run_data.title(*key)}: {ranked(run_data, split(run_data, *key))} ({', '.join(said)})")
    return Drawn(
        figure=figure,
        caption=f"Left, or above: pale dots are simulated subjects ({of_all(len(run_data.cells.subjects))}); the dark "
        "marker is the mean with its 95 % interval. Right, or below: the difference from the arm that the axis names "
        "within the same subject, which starts from the same network and meets the same noise; an interval that spans "
        "the line at 0 shows no difference.",
        alt=f"Values of each arm, with the mean difference from the first. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for _, outcome in shown)),
        numbers=numbers,
    )


def _values(run_data: RunData, cell: Cell) -> NDArray[np.float64] | None:
    return run_data.cells.column(*cell)


def _numbers(cell: Cell, mean: float, interval: Interval, made: Contrast | None) -> dict[str, str | float | None]:
    row: dict[str, str | float | None] = {**cell._asdict(), "mean": mean, "low": interval.low, "high": interval.high}
    if made is None:
        return {**row, "difference": None, "difference_low": None, "difference_high": None}
    ends = {"difference_low": made.interval.low, "difference_high": made.interval.high}
    return {**row, "difference": made.difference, **ends}
