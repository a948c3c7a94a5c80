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
        who = "subjects that had remitted" if population == "remitted" else "all subjects"
        axis.set(title=f"{outcome}, {who}", xlabel=within, ylabel="without relapse (%)", ylim=(-3, 103))
        for curve in groups[key]:
            style = look(curve.arm, material.arms)
            label = f"{curve.arm}"
            axis.step(curve.times, curve.well, where="post", color=style.colour, linestyle=style.line)
            axis.plot(curve.times, curve.well, color=style.colour, marker=style.marker, linestyle="none")
            axis.plot([], [], color=style.colour, marker=style.marker, linestyle=style.line, label=label)
            known = [(t, i.low, i.high) for t, i in zip(curve.times, curve.intervals, strict=True)]
            ends = [(t, low, high) for t, low, high in known if low is not None and high is not None]
            if ends:
                at, low, high = zip(*ends, strict=True)
                axis.fill_between(at, low, high, step="post", color=style.colour, alpha=0.12, linewidth=0)
            told.append(f"{outcome}, {who}, {curve.arm}: {curve.events} of {curve.n} relapsed")
    fitted(axes, len(shown))
    legend(figure, axes)
    return Drawn(
        figure=figure,
        caption="Kaplan-Meier curves of the share of simulated subjects without relapse; bands: pointwise 95 % intervals. "
        "Relapse is an outcome below the threshold of the protocol's rule. Counts are not calendar time.",
        alt=f"Step curves of the share without relapse. {'; '.join(told)}.",
    )
