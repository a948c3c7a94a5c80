"""What is not decided yet: by a run or an audit that is not finished, and what more subjects would add."""

from __future__ import annotations

import math

from resynapse.analysis.parts.planning import half_width_of
from resynapse.audits.audit import Audit
from resynapse.report.run_data import RunData
from resynapse.report.sections.findings import FEW, listed, split

MANY = 100
"""Subjects that a published result would better rest on."""


def undecided(run_data: RunData) -> str:
    """Of an unfinished run, which leading outcomes do not tell the arms apart yet; empty of a finished one."""
    if not run_data.unfinished:
        return ""
    n, whole = len(run_data.cells.subjects), run_data.manifest.subjects
    text = f"{run_data.unfinished} of {whole} simulated subjects are still to come."
    names = []
    for key in run_data.leading[:FEW]:
        one = split(run_data, *key)
        if len(one.leading) > 1 and not one.following and one.contrast is not None and one.contrast.sd != 0:
            names.append(run_data.title(*key))
    if names:
        text += (
            f" Not decided by {n}: which arm leads in {listed(names)}; with all {whole}, intervals have about "
            f"{100 * math.sqrt(n / whole):.0f} % of their width."
        )
    return text


def undecided_of_audit(audit: Audit) -> str:
    """Which claims are neither shown nor excluded, and what was not run at all."""
    names = [entry.id for entry in audit.claims if entry.verdict == "undecided"]
    said = [f"undecided by {audit.subjects} simulated subjects: {listed(names)}"] if names else []
    return "; ".join((*said, *audit.reduced))


def of_hundred(run_data: RunData) -> str:
    """What a hundred subjects would add to a smaller run; empty where nothing varies, or as many are there."""
    n = len(run_data.cells.subjects)
    if not 2 <= n < MANY:
        return ""
    for key in run_data.leading[:FEW]:
        one = split(run_data, *key).contrast
        if one is None or not one.sd:
            continue
        now, then = half_width_of(one.sd, one.n), half_width_of(one.sd, MANY)
        digits = run_data.decimals(one.outcome)
        arms = " minus ".join(run_data.arm_title(arm) for arm in (one.arm, one.other))
        return (
            f"With {MANY} subjects, 95 % intervals would have about {100 * then / now:.0f} % of their width: "
            f"{run_data.title(*key)}, {arms}, would be known to plus or minus {then:.{digits}f} instead of "
            f"{now:.{digits}f} (from the SD of {one.n} subjects)."
        )
    return ""
