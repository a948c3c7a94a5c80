"""One reading of a claim in a run, in its battery of controls, and on the published figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from resynapse.analysis.cells import Cell, Cells
from resynapse.analysis.false_discovery import q_values
from resynapse.audits.findings import Finding, Status, find
from resynapse.audits.linear_contrasts import combinations
from resynapse.audits.published_arithmetic import Arithmetic, Printed, compute
from resynapse.audits.scenarios import AS_RUN, Scenario
from resynapse.protocol.arms import Arm
from resynapse.protocol.claim_tests import Test
from resynapse.protocol.claims import Claim, Reading

Standing = Literal["holds", "open", "fails", "missing"]
FALSE_DISCOVERIES = 0.05
"""Share of false ones among the failures that break a claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A reading in the scenario of one nuisance control.

    Parameters
    ----------
    control : name of the scenario.
    findings : one a test that it touches.
    as_run : what the run itself says to each of these tests; only what holds there can be broken here.
    q : of each finding, the smallest false-discovery rate at which it counts as a failure; None where it has no p.
    """

    control: str
    findings: tuple[Finding, ...]
    as_run: tuple[Status, ...]
    q: tuple[float | None, ...] = ()

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What holds as run, fails here, and survives the false-discovery rate of the whole battery."""
        return tuple(
            finding
            for finding, before, q in zip(self.findings, self.as_run, self.q, strict=True)
            if before == "holds" and finding.status == "fails" and q is not None and q <= FALSE_DISCOVERIES
        )

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """What holds as run, is no longer shown here, and is no failure either."""
        failures = self.failures
        pairs = zip(self.findings, self.as_run, strict=True)
        return tuple(f for f, before in pairs if before == "holds" != f.status and f not in failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingResult:
    """One reading of a claim with everything that was found about it.

    Parameters
    ----------
    id, interpretation, among : of the reading.
    standing : ``fails`` where a test fails as run or on the published figures, ``holds`` where all tests hold and the
        figures allow them, else ``open``; ``missing`` where this run does not measure it.
    findings, arithmetic : one a test, as run and on the published figures.
    checks : one a scenario of the battery that touches it.
    """

    id: str
    interpretation: str
    among: str
    standing: Standing
    findings: tuple[Finding, ...]
    arithmetic: tuple[Arithmetic, ...]
    checks: tuple[Check, ...] = ()

    @property
    def contradicted(self) -> Arithmetic | None:
        """What the published figures exclude."""
        return next((a for a in self.arithmetic if a.says == "contradicted"), None)

    @property
    def breakers(self) -> tuple[tuple[Check, Finding], ...]:
        """What breaks it where it holds as run: shifts of means before single exceptions, the surest first."""
        if self.standing != "holds":
            return ()
        found = [(check, finding, q) for check in self.checks for finding, q in _failures(check)]
        return tuple((c, f) for c, f, q in sorted(found, key=lambda one: (one[1].worst is not None, one[2])))

    @property
    def decides(self) -> Finding:
        """The finding that says most as run: what is missing, a failure, what is open, or the first of all."""
        excluded = self.contradicted
        if excluded is not None:
            return self.findings[self.arithmetic.index(excluded)]
        for status in ("missing", "fails", "open"):
            for finding in self.findings:
                if finding.status == status:
                    return finding
        return self.findings[0]


def read(reading: Reading, cells: Cells, battery: Sequence[Scenario], table: Mapping[Cell, Printed]) -> ReadingResult:
    """One reading as run, in every scenario of the battery that touches it, and on the published figures.

    The q of its checks are still to be set: they depend on all other claims (`with_rates`).
    """
    as_run = replace(AS_RUN, among=reading.selects)
    findings = tuple(find(test, cells, as_run) for test in reading.tests)
    arithmetic = tuple(compute(test, table) for test in reading.tests) if not reading.among else ()
    return ReadingResult(
        id=reading.id,
        interpretation=reading.interpretation,
        among=reading.among,
        standing=_standing(findings, arithmetic),
        findings=findings,
        arithmetic=arithmetic,
        checks=tuple(_checks(reading, cells, battery, findings)),
    )


def with_rates(results: Mapping[str, Sequence[ReadingResult]]) -> dict[str, tuple[ReadingResult, ...]]:
    """The same results with the false-discovery rate over every check of every claim (Benjamini-Hochberg).

    What does not hold as run has no rate: it cannot be broken, and its many failures would make the others look rarer.
    """
    every = [
        finding.p if before == "holds" else None
        for found in results.values()
        for one in found
        for check in one.checks
        for finding, before in zip(check.findings, check.as_run, strict=True)
    ]
    rates = iter(q_values(every))
    return {
        claim: tuple(
            replace(one, checks=tuple(replace(c, q=tuple(next(rates) for _ in c.findings)) for c in one.checks))
            for one in found
        )
        for claim, found in results.items()
    }


def _failures(check: Check) -> Iterator[tuple[Finding, float]]:
    failures = check.failures
    for finding, q in zip(check.findings, check.q, strict=True):
        if q is not None and finding in failures:
            yield finding, q


def _standing(findings: Sequence[Finding], arithmetic: Sequence[Arithmetic]) -> Standing:
    if any(a.says == "contradicted" for a in arithmetic):
        return "fails"
    statuses: set[Status] = {f.status for f in findings}
    for status in ("missing", "fails", "open"):
        if status in statuses:
            return status
    return "holds"


def _checks(
    reading: Reading, cells: Cells, battery: Sequence[Scenario], findings: Sequence[Finding]
) -> Iterator[Check]:
    pairs = list(zip(reading.tests, findings, strict=True))
    for scenario in battery:
        there = replace(scenario, among=reading.selects)
        read = [(find(test, cells, there), before.status) for test, before in pairs if touched(test, cells, scenario)]
        if read:
            yield Check(control=scenario.name, findings=tuple(f for f, _ in read), as_run=tuple(b for _, b in read))


def touched(test: Test, cells: Cells, scenario: Scenario) -> bool:
    """Whether a scenario changes what a test reads, and changes it on both sides of a comparison.

    An arm that another control made (``ssri:no-gain``) is comparable with a changed arm only where it was changed too.
    """
    here, there = combinations(test, cells.index, scenario), combinations(test, cells.index)
    if here.missing or here.parts == there.parts:
        return False
    arms = {measure.arm for measure in test.measures}
    return not scenario.arms or all(arm in scenario.arms or not _made_of(arm, scenario) for arm in arms)


def _made_of(arm: str, scenario: Scenario) -> bool:
    """Whether a control made this arm of one that the scenario changes."""
    made = Arm.parse(arm)
    return bool(made.control) and made.name in scenario.arms


def results_of(
    claims: Sequence[Claim], cells: Cells, battery: Sequence[Scenario], table: Mapping[Cell, Printed]
) -> dict[str, tuple[ReadingResult, ...]]:
    """Every reading of every claim, by the claim's id."""
    found = {c.id: tuple(read(reading, cells, battery, table) for reading in c.readings) for c in claims}
    return with_rates(found)
