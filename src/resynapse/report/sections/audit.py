"""An audit as tables of text and sentences, for the command line and for a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from resynapse.audits.audit import Audit, of_run
from resynapse.audits.claim_library import claimed
from resynapse.audits.ledger import Entry
from resynapse.audits.verdict_text import with_interval
from resynapse.controls import controls
from resynapse.errors import ProtocolError
from resynapse.report.figures.matrix import matrix_pictures
from resynapse.report.page.section import Card, Section, Tone
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData

MOST_LETTERS = 60
MOST_PRINTED = 4
"""Printed figures on the card of a claim; the others are in its reasons."""


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


MEANING: dict[str, tuple[Tone, str]] = {
    "supported": ("good", "every reading holds, also in every control that touches it"),
    "holds as run": ("open", "it holds in the run, but not in every control, or a control was not run"),
    "not supported": ("bad", "every reading fails in this run"),
    "undecided": ("open", "a reading is neither shown nor excluded by this many networks"),
    "mixed": ("open", "one fair reading of the sentence holds and another fails"),
    "contradicted by the article's own numbers": ("bad", "the published tables exclude every reading"),
    "not testable here": ("plain", "no simulation of this kind can show it, or it was not measured"),
    "by construction": ("plain", "it is true by how the model is built; no result could say otherwise"),
}
"""How each verdict is coloured, and what it means."""


def cards(audit: Audit) -> Iterator[Card]:
    """Each claim with its verdict, the figure of the article, ours, and what breaks it."""
    same = {one.claim: f"{one.same} of {len(one.seeds)} seeds have the same verdict" for one in audit.stability}
    for e in audit.claims:
        facts = [
            ("The article", "; ".join(e.printed[:MOST_PRINTED]) + ("; and more" if e.printed[MOST_PRINTED:] else "")),
            ("Here", _here(e)),
            ("Decided by", e.deciding_run),
            ("Broken by", _controls(e.breakers)),
            ("Open under", _controls(e.undecided_in)),
            ("Other seeds", same.get(e.id, "")),
        ]
        tone, meaning = MEANING[e.verdict]
        more = [f"The article prints {e.figure}."] if e.printed[MOST_PRINTED:] else []
        yield Card(
            name=e.id,
            statement=e.statement,
            where=e.where,
            verdict=e.verdict,
            tone=tone,
            meaning=meaning,
            facts=[(name, text) for name, text in facts if text],
            details=[text for text in (e.sentence, e.note, *e.cannot_separate, *more) if text],
        )


def _here(e: Entry) -> str:
    if e.estimate is None:
        return ""
    return f"{with_interval(e.estimate, e.low, e.high)}, n = {e.n}"


def _controls(names: Sequence[str]) -> str:
    """Controls with what they isolate, as most names say little."""
    every = controls()
    known = {name: every[name].isolates if name in every else "" for name in names}
    return "; ".join(f"{name} ({text})" if text else name for name, text in known.items())


def audit_section(run_data: RunData, audit: Audit | None = None) -> Section:
    """Ledger and matrix as a section of a report, empty where nothing is claimed.

    Parameters
    ----------
    audit : the audit of which the run is the tree; None judges the run as it is.
    """
    protocol = run_data.protocol
    title = "What the conclusions rest on"
    sentences: tuple[str, ...] = ()
    given = audit is not None
    if audit is None:
        if not (protocol.claims or protocol.name in claimed()):
            return Section(title=title)
        try:
            audit = of_run(protocol, run_data.table)
        except ProtocolError as error:
            return Section(title=title, sentences=(f"Its claims cannot be judged by this run: {error}.",))
        sentences = (AS_IT_IS,)
    words = audit_sentences(audit)
    made = tuple(cards(audit))
    # the first screen of an audit's page has the counts already
    said = () if given and not audit.changed else (audit.summary,)
    absent = sorted({name for entry in audit.claims for name in entry.not_run})
    missing = (f"Not run, so that nothing here survived them: {', '.join(absent)}.",) if absent else ()
    return Section(
        title=title,
        sentences=(*sentences, *said, RESTATED, *words[2 + len(audit.claims) :], *missing),
        cards=made if given else (),
        pictures=matrix_pictures(audit),
        parts=(
            Section(title="Each conclusion of the article", folded=True, cards=() if given else made),
            Section(
                title="The ledger and every number behind it",
                folded=True,
                tables=(_of_sentences(_ledger(audit), audit), *audit_tables(audit)[1:]),
            ),
        ),
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
