"""Findings in plain sentences, made of their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from resynapse.analysis.cells import Cell
from resynapse.audits.findings import Finding, Status
from resynapse.audits.published_arithmetic import Printed
from resynapse.protocol.conditions import base

SAID: dict[Status, str] = {
    "holds": "as the claim needs",
    "fails": "not as the claim needs",
    "open": "not shown either way",
    "missing": "not measured",
}
"""What a status means for a claim."""


def number(value: float) -> str:
    """A number as sentences and tables show it: one decimal, three below 1.

    >>> number(84.234), number(0.19612)
    ('84.2', '0.196')
    """
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.3g}"


def estimate(finding: Finding) -> str:
    """The estimate with its interval and subjects."""
    if finding.estimate is None:
        return "nothing"
    if finding.worst is not None:
        text = f"{finding.estimate:.0f} % of {finding.n} simulated subjects"
    else:
        text = number(finding.estimate)
    if finding.low is None or finding.high is None:
        return f"{text} (no interval)"
    return f"{text} (95 % interval {number(finding.low)} to {number(finding.high)})"


def with_interval(value: float | None, low: float | None, high: float | None) -> str:
    """A number with its interval as tables show it; a dash for none.

    >>> with_interval(84.2, 80.0, None), with_interval(84.2, 80.0, 88.0)
    ('84.2', '84.2 [80.0, 88.0]')
    """
    if value is None:
        return "-"
    return number(value) if low is None or high is None else f"{number(value)} [{number(low)}, {number(high)}]"


def listed(names: Sequence[str]) -> str:
    """Names as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def as_run(finding: Finding) -> str:
    """What the run says to a test."""
    if finding.status == "missing":
        return f"Not measured: {', '.join(finding.missing) or finding.what}."
    if finding.worst is not None:
        text = f"{finding.what} is {finding.bound} in {estimate(finding)}"
        needed = "all are needed" if finding.share == 100 else f"more than {finding.share:g} % are needed"
        return f"{text}, the furthest value being {number(finding.worst)}; {needed}: {SAID[finding.status]}."
    text = f"In {finding.n} simulated subjects {finding.what} is {estimate(finding)}"
    return f"{text}; {finding.bound} is needed: {SAID[finding.status]}."


def under(control: str, finding: Finding) -> str:
    """What breaks a claim in the scenario of a control."""
    if finding.status == "missing":
        return f"Under {control} nothing is left to test: no value of {finding.what}."
    end = "the claim is no longer shown" if finding.status == "open" else "the claim does not hold"
    if finding.worst is not None:
        return f"Under {control} {end}: {finding.what} is {finding.bound} in {estimate(finding)}."
    return f"Under {control} {end}: {finding.what} is {estimate(finding)}, where {finding.bound} is needed."


def figures(cells: Sequence[Cell], table: Mapping[Cell, Printed]) -> tuple[str, ...]:
    """What the article prints: means with SDs, counts of one condition as a range."""
    shown = []
    for (arm, condition, outcome), group in groupby(cells, key=lambda c: (c.arm, base(c.condition), c.outcome)):
        found = [table[cell] for cell in group]
        means = [p.mean for p in found]
        if len(found) > 1:
            text = f"{min(means):g} to {max(means):g}"
        else:
            text = f"{means[0]:g}" + ("" if found[0].sd is None else f" ± {found[0].sd:.3g}")
        shown.append(f"{arm} {text} ({outcome}, {condition})")
    return tuple(shown)
