"""Kaplan-Meier: the share of subjects without relapse along counts."""

from __future__ import annotations

from resynapse.analysis.survival import Survival
from resynapse.report.figures.style import Drawn, fitted, legend, look, panels
from resynapse.report.material import Material

TITLE = "Share without relapse"
MOST = 6


def lacks(material: Material) -> str:
    """Why there is no such figure; empty if there is."""
    if material.analysis.survival:
        return ""
    return next((a.reason for a in material.analysis.absent if a.part == "survival"), "no time to relapse")


def draw(material: Material) -> Drawn:
    """One panel a rule, condition and population."""
    groups: dict[tuple[str, str, str], list[Survival]] = {}
    for one in material.analysis.survival:
        groups.setdefault((one.outcome, one.within, one.population), []).append(one)
    shown = list(groups)[:MOST]
    figure, axes = panels(len(shown), height=2.7, sharey=True)
    told = []
    for axis, key in zip(axes, shown, strict=False):
        outcome, within, population = key
        who = "of those remitted" if population == "remitted" else "of all"
        axis.set(title=f"{outcome}, {who}", xlabel=within, ylabel="without relapse (%)", ylim=(-3, 103))
        for place, curve in enumerate(groups[key]):
            style = look(curve.arm, material.arms)
            axis.step(curve.times, curve.well, where="post", color=style.colour, linestyle=style.line)
            axis.plot([], [], color=style.colour, marker=style.marker, linestyle=style.line, label=curve.arm)
            # side by side, as curves often lie on each other; before the first count there is nothing to know
            aside = (place - (len(groups[key]) - 1) / 2) * 0.02 * curve.horizon
            for time, share, interval in list(zip(curve.times, curve.well, curve.intervals, strict=True))[1:]:
                low, high = interval.low, interval.high
                ends = None if low is None or high is None else [[max(share - low, 0)], [max(high - share, 0)]]
                axis.errorbar(time + aside, share, yerr=ends, color=style.colour, marker=style.marker, capsize=2,
                              elinewidth=0.9)  # fmt: skip
            told.append(f"{outcome}, {who}, {curve.arm}: {curve.events} of {curve.n} relapsed")
    fitted(axes, len(shown))
    legend(figure, axes)
    return Drawn(
        figure=figure,
        caption="Kaplan-Meier curves of the share of simulated subjects without relapse; bars: pointwise 95 % "
        "intervals, set side by side. Relapse is an outcome below the threshold of the protocol's rule. Counts are "
        "not calendar time.",
        alt=f"Step curves of the share without relapse. {'; '.join(told)}.",
    )
