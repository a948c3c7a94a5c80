"""The matrix: what becomes of every conclusion when one constant is changed.

Many shifts are tested at once, so which of them are shown is decided by a false-discovery rate over the whole matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.false_discovery import q_values
from resynapse.analysis.intervals import is_constant
from resynapse.audits.findings import WORST_FIRST, Finding, Status, find, paired, values
from resynapse.audits.linear_contrasts import Combinations, combinations
from resynapse.audits.perturbations import Amendment
from resynapse.audits.readings import FALSE_DISCOVERIES, touched
from resynapse.audits.scenarios import AS_RUN, Scenario, scenarios
from resynapse.audits.section import AuditSection, Evidence, Table
from resynapse.audits.verdict_text import with_interval
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One conclusion in one scenario.

    Parameters
    ----------
    constant, action, role, scenario : the row.
    claim : the column: the claim's id, and the reading where it is not the first.
    before, after : the status of all tests of the claim, as run and in this scenario, both over the counts that
        this scenario has.
    what, estimate, low, high, n : the contrast that decides in this scenario, as in `Finding`.
    as_run : the estimate of the same test as run.
    shift, shift_low, shift_high : of that contrast in this scenario minus as run, paired by subject, with its 95 %
        interval; None where it cannot be paired.
    q : of the shift, the smallest false-discovery rate over the matrix at which it counts; None where there is no
        shift to test.
    shortened : whether this scenario was followed over the first duration alone.
    """

    constant: str
    action: str
    role: str
    scenario: str
    claim: str
    before: Status
    after: Status
    what: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    as_run: float | None
    shift: float | None
    shift_low: float | None
    shift_high: float | None
    p: float | None
    shortened: bool
    q: float | None = None

    def plain(self) -> dict[str, Any]:
        """Plain data, both intervals as pairs."""
        row = asdict(self) | {"changed": self.changed, "moved": self.moved}
        for ends, low, high in (("interval", "low", "high"), ("shift_interval", "shift_low", "shift_high")):
            pair = [row.pop(low), row.pop(high)]
            row[ends] = None if None in pair else pair
        return row

    @property
    def changed(self) -> bool:
        """Whether the conclusion is another one than as run."""
        return self.before != self.after

    @property
    def moved(self) -> bool:
        """Whether what decides is shown to be another number than as run, at a false-discovery rate of 5 %."""
        return self.q is not None and self.q <= FALSE_DISCOVERIES


def matrix(
    claims: Sequence[Claim], cells: Cells, protocol: Protocol, amendments: Iterable[Amendment]
) -> tuple[MatrixCell, ...]:
    """Every reading in every scenario that touches it; where a scenario leaves its cells alone there is no cell."""
    found = [
        cell
        for amendment in amendments
        for scenario in scenarios(protocol, amendment.name)
        for run in [alike(cells, scenario)]
        for claim in claims
        for name, reading in claim.named
        for cell in _cells(name, reading, cells, run, scenario, amendment)
    ]
    rates = q_values([cell.p for cell in found])
    return tuple(replace(cell, q=q) for cell, q in zip(found, rates, strict=True))


def status_of(reading: Reading, cells: Cells, scenario: Scenario = AS_RUN) -> tuple[Status, tuple[Finding, ...]]:
    """The worst status of the tests of a reading, and each finding."""
    there = replace(scenario, among=reading.selects) if reading.among else scenario
    findings = tuple(find(test, cells, there) for test in reading.tests)
    return min((f.status for f in findings), key=WORST_FIRST.index), findings


def alike(cells: Cells, scenario: Scenario) -> Cells:
    """The run without what this scenario lacks, so that both are read over the same counts."""
    arms = scenario.arms
    return cells.only([c for c in cells.keys if c.arm not in arms or c._replace(arm=arms[c.arm]) in cells.index])


def _cells(
    name: str, reading: Reading, cells: Cells, run: Cells, scenario: Scenario, amendment: Amendment
) -> Iterator[MatrixCell]:
    if not any(touched(test, cells, scenario) for test in reading.tests):
        return
    here = [combinations(test, cells.index, scenario) for test in reading.tests]
    there = [combinations(test, run.index) for test in reading.tests]
    before, as_run = status_of(reading, run)
    after, findings = status_of(reading, cells, scenario)
    if before == "missing":
        return
    at = next(i for i, finding in enumerate(findings) if finding.status == after)
    decides = findings[at]
    shift, low, high, p = _shift(cells, scenario, decides.what, here[at], there[at])
    yield MatrixCell(
        constant=amendment.constant,
        action=amendment.action,
        role=amendment.role,
        scenario=scenario.name,
        claim=name,
        before=before,
        after=after,
        what=decides.what,
        estimate=decides.estimate,
        low=decides.low,
        high=decides.high,
        n=decides.n,
        as_run=as_run[at].estimate,
        shift=shift,
        shift_low=low,
        shift_high=high,
        p=p,
        shortened=amendment.shortened,
    )


def _shift(
    cells: Cells, scenario: Scenario, what: str, here: Combinations, there: Combinations
) -> tuple[float | None, float | None, float | None, float | None]:
    """The combination that decides, in this scenario minus as run, with its interval and the p of no shift."""
    for one, other in zip(here.parts, there.parts, strict=False):
        if one.name == what and one != other:
            differences = values(cells, one, scenario) - values(cells, other)
            return *paired(differences, cells), _p_of_no_shift(differences)
    return None, None, None, None


def _p_of_no_shift(differences: Floats) -> float | None:
    """Two-sided, Student's t; equal differences are what they are."""
    from scipy.stats import ttest_1samp

    kept = differences[~np.isnan(differences)]
    if len(kept) < 2:
        return None
    if is_constant(kept):
        return 1.0 if abs(float(kept[0])) < 1e-9 else 0.0
    return float(ttest_1samp(kept, 0.0).pvalue)


def _judge(evidence: Evidence) -> tuple[MatrixCell, ...]:
    planned = evidence.planned
    return matrix(planned.claims, evidence.cells, planned.protocol, planned.amendments)


def _tables(found: Sequence[MatrixCell], _: int) -> Iterator[Table]:
    scenarios = list(dict.fromkeys((c.role, c.constant, c.action, c.scenario) for c in found))
    rows = []
    for role, constant, action, scenario in scenarios:
        cells = [c for c in found if c.scenario == scenario]
        changed = [
            f"{c.claim} {c.before} -> {c.after} (shift {with_interval(c.shift, c.shift_low, c.shift_high)})"
            for c in cells
            if c.changed
        ]
        short = ", shortened" if any(c.shortened for c in cells) else ""
        counts = (f"{len(changed)} of {len(cells)}", f"{sum(c.moved for c in cells)} of {len(cells)}")
        rows.append((role, f"{constant}, {action}", scenario + short, *counts, "; ".join(changed) or "-"))
    header = ("role", "constant", "scenario", "changed", "moved", "conclusions that change (as run -> here)")
    yield Table("Constants and conclusions", header, tuple(rows))


SECTION = AuditSection(name="matrix", judge=_judge, tables=_tables)
