"""The ledger: a verdict for every claim, computed from findings and published arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from resynapse.analysis.cells import Cell, Cells, Index
from resynapse.analysis.separability import separability
from resynapse.audits.findings import Finding
from resynapse.audits.linear_contrasts import combinations
from resynapse.audits.published_arithmetic import Printed, printed
from resynapse.audits.readings import ReadingResult, results_of
from resynapse.audits.scenarios import battery, missing_from
from resynapse.audits.section import AuditSection, Evidence, Table
from resynapse.audits.verdict_text import as_run, figures, listed, under, with_interval
from resynapse.audits.verdicts import Verdict, verdict_of
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One claim with its verdict.

    Parameters
    ----------
    statement, where, note : of the claim; the statement is a restatement in our words.
    figure : what the article prints for the cells of the claim; empty where nothing is printed.
    estimate, low, high : ours of what decides, with its 95 % interval; of a test about every subject, the share of
        subjects in %. None where nothing is estimated.
    n : simulated subjects behind the estimate.
    deciding_run : the one contrast, and where it is read.
    sentence : the verdict in plain words, made of the numbers.
    breakers : names of every scenario of the battery in which the claim fails.
    undecided_in : names of those in which it is no longer shown.
    cannot_separate : tests among those it reads that cannot separate arms, by the intact network; in words.
    not_run : nuisance controls that would change this protocol and are not part of the run.
    readings : everything that the verdict was computed from.
    printed : the parts of `figure`, one a cell.
    """

    id: str
    where: str
    statement: str
    note: str
    verdict: Verdict
    figure: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    deciding_run: str
    sentence: str
    breakers: tuple[str, ...] = ()
    undecided_in: tuple[str, ...] = ()
    cannot_separate: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    readings: tuple[ReadingResult, ...] = ()
    printed: tuple[str, ...] = ()


def ledger(
    claims: Sequence[Claim], cells: Cells, protocol: Protocol, table: Mapping[Cell, Printed]
) -> tuple[Entry, ...]:
    """Judge every claim; see `resynapse.audits.verdicts` for the rules.

    Parameters
    ----------
    claims : to judge, all together: failures are counted against a false-discovery rate over all of them.
    cells : results of a run of `protocol`.
    protocol : with the variants that were run.
    table : published cells; empty where none ship.
    """
    results = results_of(claims, cells, battery(protocol), table)
    absent = missing_from(protocol)
    flagged = {(one.outcome, one.condition): one.sentence for one in separability(cells, protocol) if one.flagged}
    made = []
    for claim in claims:
        entry = _entry(claim, results[claim.id], absent, table)
        parts = [part for test in claim.tests for part in combinations(test, cells.index).parts]
        read = dict.fromkeys((cell.outcome, cell.condition) for part in parts for _, cell in part.weights)
        made.append(replace(entry, cannot_separate=tuple(flagged[cell] for cell in read if cell in flagged)))
    return tuple(made)


def _entry(
    claim: Claim, results: tuple[ReadingResult, ...], absent: tuple[str, ...], table: Mapping[Cell, Printed]
) -> Entry:
    verdict = verdict_of(claim, results, complete=not absent)
    decides, where, sentence = _decided(claim, verdict, results, absent)
    breakers = [check.control for one in results for check, _ in one.breakers]
    holding = [one for one in results if one.standing == "holds"]
    undecided = [check.control for one in holding for check in one.checks if check.undecided]
    printed = figures(_cells(claim, table), table)
    return Entry(
        id=claim.id,
        where=claim.where,
        statement=claim.statement,
        note=claim.note,
        verdict=verdict,
        figure="; ".join(printed),
        printed=printed,
        estimate=decides.estimate,
        low=decides.low,
        high=decides.high,
        n=decides.n,
        deciding_run=f"{decides.what}, {where}" if decides.what else where,
        sentence=sentence,
        breakers=tuple(dict.fromkeys(breakers)),
        undecided_in=tuple(name for name in dict.fromkeys(undecided) if name not in breakers),
        not_run=absent if results else (),
        readings=results,
    )


_NOTHING = Finding(status="missing", what="")


def _decided(
    claim: Claim, verdict: Verdict, results: Sequence[ReadingResult], absent: Sequence[str]
) -> tuple[Finding, str, str]:
    """What decides a verdict, where that is read, and the verdict in a sentence."""
    measured = [one for one in results if one.standing != "missing"]
    first = measured[0].findings[0] if measured else _NOTHING
    if verdict == "by construction":
        text = "It is true by how the model is built, so that no result could say otherwise; it is no finding."
        return first, "as run" if measured else "the model", f"{text} {as_run(first)}" if measured else text
    if verdict == "not testable here" and claim.basis == "outside":
        return _NOTHING, "outside the model", "No simulation of this kind can show it."
    if verdict == "not testable here":
        decides = results[0].decides
        missing = listed(decides.missing)
        return decides, "not measured", f"This protocol does not measure {missing}, so the claim cannot be tested here."
    if verdict == "contradicted by the article's own numbers":
        excluded = results[0].contradicted
        assert excluded is not None
        decides = results[0].decides
        ours = "Not measured here." if decides.status == "missing" else as_run(decides)
        return decides, "the published tables", f"{excluded.sentence} {ours}"
    if verdict in ("mixed", "undecided", "not supported"):
        standing = {"mixed": "fails", "undecided": "open", "not supported": "fails"}[verdict]
        one = next(one for one in measured if one.standing == standing)
        return one.decides, _where(one, results), " ".join(_told(one, results) for one in measured)
    told = " ".join(_told(one, results) for one in measured)
    broken = sorted((pair for one in measured for pair in one.breakers), key=lambda pair: pair[1].worst is not None)
    if broken:
        check, found = broken[0]
        names = list(dict.fromkeys(c.control for c, _ in broken))
        also = f" It also fails under {listed(names[1:])}." if len(names) > 1 else ""
        return found, f"under {check.control}", f"{told} {under(check.control, found)}{also}"
    if absent:
        return first, f"as run; without {listed(absent)}", f"{told} Not part of this run: {listed(absent)}."
    passed = list(dict.fromkeys(check.control for one in measured for check in one.checks if not check.undecided))
    unsure = list(dict.fromkeys(check.control for one in measured for check in one.checks if check.undecided))
    held = f" It holds under {listed(passed)} as well." if passed else ""
    left = f" Not shown either way under {listed(unsure)}." if unsure else ""
    return first, "as run", told + held + left


def _where(one: ReadingResult, results: Sequence[ReadingResult]) -> str:
    read = f", read as {one.id}" if len(results) > 1 else ""
    return ("the published tables" if one.contradicted else "as run") + read


def _told(one: ReadingResult, results: Sequence[ReadingResult]) -> str:
    """What became of one reading, in a sentence."""
    excluded = one.contradicted
    text = as_run(one.decides) if excluded is None else f"{excluded.sentence} {as_run(one.decides)}"
    if len(results) == 1:
        return text
    verb = {"holds": "holds", "fails": "fails", "open": "is open", "missing": "is not measured"}[one.standing]
    return f"Read as {one.id} it {verb}: {text[0].lower()}{text[1:]}"


def _cells(claim: Claim, table: Mapping[Cell, Printed]) -> list[Cell]:
    """The published cells of the claim's tests, in order."""
    parts = [part for test in claim.tests for part in combinations(test, Index(table)).parts]
    return list(dict.fromkeys(cell for part in parts for _, cell in part.weights))


def ledger_of(protocol: Protocol, table: pl.DataFrame) -> tuple[Entry, ...]:
    """The ledger of a run of a tree with claims."""
    return ledger(protocol.claims, Cells.of(table, protocol), protocol, printed(protocol.name))


def _judge(evidence: Evidence) -> tuple[Entry, ...]:
    protocol = evidence.planned.protocol
    return ledger(protocol.claims, evidence.cells, protocol, printed(protocol.name))


def _tables(entries: Sequence[Entry], _: int) -> Iterator[Table]:
    yield _readings(entries)
    yield _battery(entries)


def _readings(entries: Sequence[Entry]) -> Table:
    """Every reading of every claim with the test that decides it as run."""
    rows = []
    for entry in entries:
        for one in entry.readings:
            found = one.decides
            printed_there = any(said.says != "not printed" for said in one.arithmetic)
            allowed = "excluded" if one.contradicted else "allowed" if printed_there else "-"
            shown = with_interval(found.estimate, found.low, found.high)
            rows.append((entry.id, one.id or "-", one.standing, allowed, shown, found.bound, found.what))
    header = ("claim", "reading", "as run it", "by the article's figures", "ours [95 %]", "needed", "of")
    return Table("Every reading of every claim", header, tuple(rows))


def _battery(entries: Sequence[Entry]) -> Table:
    """What holds as run and fails or is no longer shown in a scenario of the battery."""
    rows = []
    for entry in entries:
        for one in entry.readings:
            for check in one.checks:
                for finding, before, q in zip(check.findings, check.as_run, check.q, strict=True):
                    if before == "holds" != finding.status:
                        status = "fails" if finding in check.failures else "open"
                        rate = "-" if q is None else f"{q:.3f}"
                        shown = with_interval(finding.estimate, finding.low, finding.high)
                        name = f"{entry.id}, {one.id}" if len(entry.readings) > 1 else entry.id
                        rows.append(
                            (name, check.control, status, shown, str(finding.n), finding.bound, rate, finding.what)
                        )
    header = ("claim, reading", "nuisance control", "there", "ours [95 %]", "n", "needed", "q", "of")
    return Table("What holds as run, and fails or is open in the battery of nuisance controls", header, tuple(rows))


SECTION = AuditSection(name="claims", judge=_judge, tables=_tables)
