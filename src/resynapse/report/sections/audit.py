"""An audit as tables of text and sentences, for the command line and for a section of a report."""

from __future__ import annotations

from dataclasses import replace

from resynapse.audits.audit import Audit, of_run
from resynapse.audits.claim_library import claimed
from resynapse.audits.ledger import Entry
from resynapse.audits.verdict_text import with_interval
from resynapse.errors import ProtocolError
from resynapse.report.page.section import Section
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData

MOST_LETTERS = 60


RESTATED = (
    "Statements of the article are restated in our words, with the section they are from; none is a quotation. Each is "
    "judged in every reading that its wording allows."
)


def audit_tables(audit: Audit) -> list[TextTable]:
    """Every part of an audit that holds something, the ledger first."""
    return [_ledger(audit), *(TextTable(one.title, one.header, one.rows) for one in audit.tables)]


def audit_sentences(audit: Audit) -> list[str]:
    """The verdict of every claim in plain words, and what the audit did not look at."""
    said = [
        " ".join((f"{entry.id}: {entry.verdict}. {_restated(entry)} {entry.sentence}", *entry.cannot_separate))
        for entry in audit.claims
    ]
    sealed = [audit.seal.sentence] if audit.seal else []
    reduced = [f"Reduced at depth {audit.depth}: {text}." for text in audit.reduced]
    return [audit.summary, RESTATED, *said, *sealed, *reduced]


AS_IT_IS = (
    "Judged by this run and the controls that it holds. `resynapse audit` runs the whole battery of controls, and "
    "writes a report like this one with it."
)


def audit_section(run_data: RunData, audit: Audit | None = None) -> Section:
    """Ledger and matrix as a section of a report, empty where nothing is claimed.

    Parameters
    ----------
    audit : the audit of which the run is the tree; None judges the run as it is.
    """
    protocol = run_data.protocol
    sentences: tuple[str, ...] = ()
    if audit is None:
        if not (protocol.claims or protocol.name in claimed()):
            return Section(title="Audit")
        try:
            audit = of_run(protocol, run_data.table)
        except ProtocolError as error:
            return Section(title="Audit", sentences=(f"Its claims cannot be judged by this run: {error}.",))
        sentences = (AS_IT_IS,)
    return Section(
        title="Audit",
        sentences=sentences,
        tables=(_of_sentences(_ledger(audit), audit), *audit_tables(audit)[1:]),
        parts=(Section(title="Verdicts in words", points=tuple(audit_sentences(audit)[1:])),),
    )


def _ledger(audit: Audit) -> TextTable:
    same = {one.claim: f"{one.same} of {len(one.seeds)}" for one in audit.stability}
    rows = tuple(
        (
            e.id,
            e.verdict,
            _short(e.figure),
            with_interval(e.estimate, e.low, e.high),
            e.deciding_run,
            ", ".join(e.breakers) or "-",
            *([same.get(e.id, "-")] if same else []),
        )
        for e in audit.claims
    )
    header = ("claim", "verdict", "the article", "ours [95 %]", "what decides", "broken by")
    return TextTable(audit.summary, (*header, *(["same verdict in seeds"] if same else [])), rows)


def _of_sentences(ledger: TextTable, audit: Audit) -> TextTable:
    """The ledger with the statement that each verdict is about, where a page has room for it."""
    rows = tuple((row[0], e.statement, *row[1:]) for row, e in zip(ledger.rows, audit.claims, strict=True))
    return replace(ledger, header=(ledger.header[0], "statement, restated", *ledger.header[1:]), rows=rows)


def _restated(entry: Entry) -> str:
    """The statement of the article in our words, where it stands, and what should be known beside it."""
    where = f" ({entry.where})" if entry.where else ""
    note = f" Note: {entry.note}" if entry.note else ""
    return f"Restated: {entry.statement}{where}{note}"


def _short(text: str) -> str:
    """A figure as a table has room for; the whole is in the JSON."""
    return (text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 3] + "...") or "-"
