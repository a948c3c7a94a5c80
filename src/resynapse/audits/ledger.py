"""The ledger: a verdict for every claim, computed from findings and published arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from resynapse.analysis.cells import Cell, Cells
from resynapse.audits.arithmetic import Arithmetic, Printed, compute
from resynapse.audits.combinations import combinations
from resynapse.audits.findings import Finding, find
from resynapse.audits.words import as_run, figure, under
from resynapse.audits.worlds import World, applies, worlds
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim, Survival

Verdict = Literal[
    "supported", "holds as run", "not supported", "contradicted by the article's own numbers", "not testable here"
]
VERDICTS: tuple[Verdict, ...] = (
    "supported", "holds as run", "not supported", "contradicted by the article's own numbers", "not testable here",
)  # fmt: skip
"""Every verdict; `docs/audit.md` says when each is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A claim in the world of one control.

    Parameters
    ----------
    control : its name.
    run : whether the run holds what the control changes.
    findings : one a test; of the claim, or of the control's own. None where it changes nothing in the protocol.
    """

    control: str
    run: bool
    findings: tuple[Finding, ...] = ()

    @property
    def breaker(self) -> Finding | None:
        """What breaks the claim here: a test that fails, or else one that is no longer shown, or nobody left."""
        for status in ("fails", "open", "missing"):
            for finding in self.findings:
                if finding.status == status:
                    return finding
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One claim with its verdict.

    Parameters
    ----------
    figure : what the article prints for the cells of the claim; empty where nothing is printed.
    estimate, low, high : ours of what decides, with its 95 % interval; of a test about every subject, the share of
        subjects in %. None where nothing is estimated.
    n : simulated subjects behind the estimate.
    deciding_run : the one contrast, and the world in which it is read.
    sentence : the verdict in plain words, made of the numbers.
    findings, arithmetic, checks : everything it was computed from.
    """

    id: str
    where: str
    statement: str
    reading: str
    verdict: Verdict
    figure: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    deciding_run: str
    sentence: str
    findings: tuple[Finding, ...] = ()
    arithmetic: tuple[Arithmetic, ...] = ()
    checks: tuple[Check, ...] = field(default=())


def ledger(
    claims: Iterable[Claim], cells: Cells, protocol: Protocol, table: Mapping[Cell, Printed]
) -> tuple[Entry, ...]:
    """Judge every claim.

    Parameters
    ----------
    claims : to judge.
    cells : results of a run of `protocol`.
    protocol : with the variants that were run.
    table : published cells; empty where none ship.
    """
    return tuple(judge(claim, cells, protocol, table) for claim in claims)


def judge(claim: Claim, cells: Cells, protocol: Protocol, table: Mapping[Cell, Printed]) -> Entry:
    """One claim; see `docs/audit.md` for the rules."""
    said = tuple(compute(test, table) for test in claim.tests)
    findings = tuple(find(test, cells) for test in claim.tests)
    checks = tuple(_check(claim, control, cells, protocol) for control in claim.controls)
    verdict, decides, where, sentence = _verdict(findings, said, checks)
    return Entry(
        id=claim.id,
        where=claim.where,
        statement=claim.statement,
        reading=claim.reading,
        verdict=verdict,
        figure=figure(_cells(claim, table), table),
        estimate=decides.estimate,
        low=decides.low,
        high=decides.high,
        n=decides.n,
        deciding_run=f"{decides.what}, {where}",
        sentence=sentence,
        findings=findings,
        arithmetic=said,
        checks=checks,
    )


def _verdict(
    findings: tuple[Finding, ...], said: tuple[Arithmetic, ...], checks: tuple[Check, ...]
) -> tuple[Verdict, Finding, str, str]:
    """The verdict, our finding of what decides it, where that is read, and the sentence."""
    for arithmetic, finding in zip(said, findings, strict=True):
        if arithmetic.says == "contradicted":
            ours = "Not run here." if finding.status == "missing" else as_run(finding)
            text = f"{arithmetic.sentence} {ours}"
            return "contradicted by the article's own numbers", finding, "the published tables", text
    for finding in findings:
        if finding.status == "missing":
            text = f"This protocol does not measure {', '.join(finding.missing)}, so the claim cannot be tested here."
            return "not testable here", finding, "not measured", text
    for status in ("fails", "open"):
        for finding in findings:
            if finding.status == status:
                return "not supported", finding, "as run", as_run(finding)
    for breaker in sorted((c for c in checks if c.run and c.breaker), key=_severity):
        found = breaker.breaker
        assert found is not None
        text = f"{as_run(findings[0])} {under(breaker.control, found)}"
        return "holds as run", found, f"control {breaker.control}", text
    missing = [check.control for check in checks if not check.run]
    if missing:
        text = f"{as_run(findings[0])} What it must survive is not part of this run: {', '.join(missing)}."
        return "not testable here", findings[0], f"as run; without {', '.join(missing)}", text
    passed = [check.control for check in checks if check.findings]
    survived = f" It survives {', '.join(passed)}." if passed else ""
    return "supported", findings[0], "as run", as_run(findings[0]) + survived


def _severity(check: Check) -> int:
    found = check.breaker
    return 3 if found is None else ("fails", "missing", "open").index(found.status)


def _check(claim: Claim, control: Survival, cells: Cells, protocol: Protocol) -> Check:
    if control.among:
        read: tuple[World, ...] = (World(name=control.control, among=control.selects),)
    elif control.tests:
        read = (World(name=control.control),)
    else:
        read = worlds(protocol, control.control)
        if not read and not applies(protocol, control.control):
            return Check(control=control.control, run=True)
    tests = control.tests or claim.tests
    findings = tuple(find(test, cells, world) for world in read for test in tests)
    measured = not control.tests or all(f.status != "missing" for f in findings)
    return Check(control=control.control, run=bool(read) and measured, findings=findings)


def _cells(claim: Claim, table: Mapping[Cell, Printed]) -> list[Cell]:
    """The published cells of the claim's tests, in order."""
    parts = [part for test in claim.tests for part in combinations(test, table).parts]
    return list(dict.fromkeys(cell for part in parts for _, cell in part.weights))
