"""Kaplan-Meier: the share of subjects without relapse along counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from resynapse.analysis.parts.survival import Survival
from resynapse.report import words
from resynapse.report.figures.lines import headed, name_ends
from resynapse.report.figures.notes import not_drawn, switch_note
from resynapse.report.figures.style import GREY, Drawn, Look, fitted, look, panels, stacked
from resynapse.report.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Share without relapse"
MOST = 8
HEIGHT = 2.7
BARS = 12
"""Counts above which intervals are a band instead of bars."""
_ROW = 9
"""Points between rows of numbers at risk."""
LONG = 18
"""Letters of a name above which it stands over its numbers, not beside them."""
_SMALL: Any = {"fontsize": 6.5, "va": "center", "textcoords": "offset points", "annotation_clip": False}


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    if run_data.analysis.survival:
        return ""
    return next((a.reason for a in run_data.analysis.absent if a.part == "survival"), "no time to relapse")


def draw(run_data: RunData) -> Drawn:
    """One panel a rule, condition and population."""
    groups: dict[tuple[str, str, str], list[Survival]] = {}
    for one in (s for s in run_data.analysis.survival if s.arm in run_data.drawn):
        groups.setdefault((one.outcome, one.within, one.population), []).append(one)
    rules = list(dict.fromkeys(key[:2] for key in groups))
    every = sorted(groups, key=lambda key: (rules.index(key[:2]), key[2]))
    shown = every[:MOST]
    most = max(len(groups[key]) for key in shown)
    figure, axes = panels(len(shown), height=HEIGHT + _ROW * (_rows(run_data) * most + 2) / 72, sharey=not stacked())
    told = []
    for axis, key in zip(axes, shown, strict=False):
        outcome, within, population = key
        title = words.outcome_title(run_data.protocol, outcome)
        axis.set(title=headed(f"{title[0].upper()}{title[1:]}: {population}"), ylim=(-3, 103))
        axis.set_ylabel("without relapse (%), higher is better")
        axis.set_xlabel(
            headed(words.along(run_data.protocol, within)), labelpad=3 + _ROW * (_rows(run_data) * len(groups[key]) + 2)
        )
        for place, curve in enumerate(groups[key]):
            _curve(axis, curve, look(curve.arm, run_data.drawn), place - (len(groups[key]) - 1) / 2)
            told.append(f"{outcome}, {population}, {curve.arm}: {curve.events} of {curve.n} relapsed")
        name_ends(
            axis,
            [
                (curve.times[-1], curve.well[-1], run_data.arm_title(curve.arm), look(curve.arm, run_data.drawn).text)
                for curve in groups[key]
            ],
            HEIGHT,
        )
        # room for marks that stand aside of the last count
        axis.set_xlim(right=axis.get_xlim()[1] + 0.04 * max(curve.horizon for curve in groups[key]))
        _at_risk(axis, groups[key], run_data)
    fitted(axes, len(shown))
    left = not_drawn([f"{run_data.title(within, outcome)}, {who}" for outcome, within, who in every[MOST:]])
    untimed = "".join(f" There is {one.why}." for one in run_data.analysis.untimed)
    return Drawn(
        figure=figure,
        caption="Kaplan-Meier curves of the share of simulated subjects without relapse, with pointwise 95 % intervals "
        f"(bars side by side, or a band where there are more than {BARS} counts). Below each panel: how many subjects "
        "are at risk at a count; the first number is the n of the curve. Relapse is an outcome below the threshold of "
        f"the protocol's rule. Counts are not calendar time.{left}{untimed}",
        alt=f"Step curves of the share without relapse. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for outcome, _, _ in shown)),
        numbers=[row for key in shown for curve in groups[key] for row in _numbers(curve)],
    )


def _numbers(curve: Survival) -> Iterator[dict[str, str | float | None]]:
    named = {"arm": curve.arm, "within": curve.within, "outcome": curve.outcome, "subjects": curve.population}
    for at, well, risk, ends in zip(curve.times, curve.well, curve.at_risk, curve.intervals, strict=True):
        yield {**named, "at": at, "well": well, "low": ends.low, "high": ends.high, "at_risk": risk}


def _curve(axis: Axes, curve: Survival, style: Look, place: float) -> None:
    """The steps from 100 % on, and the intervals of the counts that were tested."""
    at, well = (0.0, *curve.times), (100.0, *curve.well)
    axis.step(at, well, where="post", color=style.colour, linestyle=style.line)
    points = list(zip(curve.times, curve.well, curve.intervals, strict=True))
    if len(points) > BARS:
        known = [(time, i.low, i.high) for time, _, i in points if i.low is not None and i.high is not None]
        if known:
            times, low, high = zip(*known, strict=True)
            axis.fill_between(times, low, high, step="post", color=style.colour, alpha=0.12, linewidth=0)
        return
    # side by side, as curves often lie on each other
    aside = place * 0.02 * curve.horizon
    for time, share, found in points:
        ends = None
        if found.low is not None and found.high is not None:
            ends = [[max(share - found.low, 0)], [max(found.high - share, 0)]]
        axis.errorbar(time + aside, share, yerr=ends, color=style.colour, marker=style.marker, capsize=2,
                      elinewidth=0.9)  # fmt: skip


def _rows(run_data: RunData) -> int:
    """Rows that the numbers of an arm take: two where a name is too long to stand beside them."""
    return 1 + any(len(run_data.arm_title(arm)) > LONG for arm in run_data.drawn)


def _at_risk(axis: Axes, curves: Sequence[Survival], run_data: RunData) -> None:
    """Numbers of subjects below the axis, a row each arm, at counts that have room."""
    left: dict[str, Any] = {"xycoords": "axes fraction", "ha": "right", **_SMALL}
    axis.annotate("at risk", (0, 0), (-8, -20), color=GREY, **left)
    above = _rows(run_data) - 1
    for row, curve in enumerate(curves, 1):
        colour, down = look(curve.arm, run_data.drawn).text, -20 - _ROW * row * (above + 1)
        beside = {**left, "ha": "left"} if above else left
        place = (0 if above else -8, down + _ROW * above)
        axis.annotate(run_data.arm_title(curve.arm), (0, 0), place, color=colour, **beside)
        room = [curve.times[0]]
        for time, risk in zip(curve.times, curve.at_risk, strict=True):
            if time == room[0] or time - room[-1] >= curve.horizon / 9:
                room.append(time)
                axis.annotate(str(risk), (time, 0), (0, down), xycoords=("data", "axes fraction"), ha="center",
                              color=colour, **_SMALL)  # fmt: skip
