"""An audit as tables of text and sentences, for the command line and for a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from resynapse.audits.audit import Audit, conclude, judged_as_it_is
from resynapse.audits.claim_library import claimed, claims_of
from resynapse.audits.ledger import Entry
from resynapse.audits.rank_orders import Ranking
from resynapse.audits.verdict_text import number
from resynapse.controls import controls
from resynapse.errors import ProtocolError
from resynapse.report.figures.matrix import matrix_pictures
from resynapse.report.page.section import Card, Section, Tone
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData

MOST_LETTERS = 60
MOST_PRINTED = 4
"""Printed figures on the card of a claim; the others are in its reasons."""
MOST_EFFECTS = 3
"""Constants that are shown for each quantity, largest effect first."""


RESTATED = (
    "Statements of the article are restated in our words, with the section they are from; none is a quotation. Each is "
    "judged in every reading that its wording allows."
)


def audit_tables(audit: Audit) -> list[TextTable]:
    """Every part of an audit that holds something, the ledger first."""
    made = [
        _ledger(audit),
        _readings(audit),
        _battery(audit),
        _stability(audit),
        _unequal(audit),
        _matrix(audit),
        _rankings(audit),
        _studies(audit),
        _sensitivity(audit),
        *_maps(audit),
        _robustness(audit),
    ]
    return [table for table in made if table.rows]


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
        printed = e.figure.split("; ")
        facts = [
            ("The article", "; ".join(printed[:MOST_PRINTED]) + ("; and more" if printed[MOST_PRINTED:] else "")),
            ("Here", _here(e)),
            ("Decided by", e.deciding_run),
            ("Broken by", _controls(e.breakers)),
            ("Open under", _controls(e.undecided_in)),
            ("Other seeds", same.get(e.id, "")),
        ]
        tone, meaning = MEANING[e.verdict]
        more = [f"The article prints {e.figure}."] if printed[MOST_PRINTED:] else []
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
    return f"{_estimate(e.estimate, e.low, e.high)}, n = {e.n}"


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
            audit = conclude(judged_as_it_is(protocol, claims_of(protocol)), run_data.table)
        except ProtocolError as error:
            return Section(title=title, sentences=(f"Its claims cannot be judged by this run: {error}.",))
        sentences = (AS_IT_IS,)
    words = audit_sentences(audit)
    made = tuple(cards(audit))
    absent = sorted({name for entry in audit.claims for name in entry.not_run})
    missing = (f"Not run, so that nothing here survived them: {', '.join(absent)}.",) if absent else ()
    return Section(
        title=title,
        sentences=(*sentences, audit.summary, RESTATED, *words[2 + len(audit.claims) :], *missing),
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
            _estimate(e.estimate, e.low, e.high),
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


def _readings(audit: Audit) -> TextTable:
    """Every reading of every claim with the test that decides it as run."""
    rows = []
    for entry in audit.claims:
        for one in entry.readings:
            found = one.decides
            printed = "excluded" if one.contradicted else "allowed" if one.arithmetic else "-"
            shown = _estimate(found.estimate, found.low, found.high)
            rows.append((entry.id, one.id or "-", one.standing, printed, shown, found.bound, found.what))
    header = ("claim", "reading", "as run it", "by the article's figures", "ours [95 %]", "needed", "of")
    return TextTable("Every reading of every claim", header, tuple(rows))


def _battery(audit: Audit) -> TextTable:
    """What holds as run and fails or is no longer shown in a scenario of the battery."""
    rows = []
    for entry in audit.claims:
        for one in entry.readings:
            for check in one.checks:
                for finding, before, q in zip(check.findings, check.as_run, check.q, strict=True):
                    if before == "holds" != finding.status:
                        said = "fails" if finding in check.failures else "open"
                        rate = "-" if q is None else f"{q:.3f}"
                        shown = _estimate(finding.estimate, finding.low, finding.high)
                        name = f"{entry.id}, {one.id}" if len(entry.readings) > 1 else entry.id
                        rows.append(
                            (name, check.control, said, shown, str(finding.n), finding.bound, rate, finding.what)
                        )
    header = ("claim, reading", "nuisance control", "there", "ours [95 %]", "n", "needed", "q", "of")
    return TextTable("What holds as run, and fails or is open in the battery of nuisance controls", header, tuple(rows))


def _stability(audit: Audit) -> TextTable:
    rows = tuple((s.claim, f"{s.same} of {len(s.seeds)}", s.counts) for s in audit.stability)
    seeds = ", ".join(str(seed) for seed in audit.stability[0].seeds) if audit.stability else ""
    title = f"Verdicts over root seeds {seeds}, 10 subjects each"
    return TextTable(title, ("claim", "same as here", "verdicts"), rows)


def _unequal(audit: Audit) -> TextTable:
    arms = list(dict.fromkeys(arm for values in audit.unequal.values() for arm in values))
    rows = tuple((name, *(values.get(arm, "-") for arm in arms)) for name, values in audit.unequal.items())
    return TextTable("Constants that differ between arms", ("", *arms), rows)


def _matrix(audit: Audit) -> TextTable:
    scenarios = list(dict.fromkeys((c.role, c.constant, c.action, c.scenario) for c in audit.matrix))
    rows = []
    for role, constant, action, scenario in scenarios:
        cells = [c for c in audit.matrix if c.scenario == scenario]
        changed = [
            f"{c.claim} {c.before} -> {c.after} (shift {_estimate(c.shift, c.shift_low, c.shift_high)})"
            for c in cells
            if c.changed
        ]
        short = ", shortened" if any(c.shortened for c in cells) else ""
        counts = (f"{len(changed)} of {len(cells)}", f"{sum(c.moved for c in cells)} of {len(cells)}")
        rows.append((role, f"{constant}, {action}", scenario + short, *counts, "; ".join(changed) or "-"))
    header = ("role", "constant", "scenario", "changed", "moved", "conclusions that change (as run -> here)")
    return TextTable("Constants and conclusions", header, tuple(rows))


def _rankings(audit: Audit) -> TextTable:
    """One row a scenario: relapse in every arm, and every order of arms that is another one than as run."""
    rows = []
    for scenario in dict.fromkeys(r.scenario for r in audit.rankings):
        here = [r for r in audit.rankings if r.scenario == scenario]
        relapse = [
            f"{', '.join(f'{arm} {number(mean)}' for arm, mean in zip(r.arms, r.means, strict=True))}; {_spread(r)}"
            for r in here
            if r.relapse
        ]
        orders = [
            f"{r.outcome} at {r.condition}: {' > '.join(r.arms)}"
            for r in here
            if not r.relapse and (r.changed or not scenario)
        ]
        changed = sum(r.changed for r in here if not r.relapse)
        of = sum(not r.relapse for r in here)
        rows.append((scenario or "as run", f"{changed} of {of}", "; ".join(orders) or "-", "; ".join(relapse) or "-"))
    header = ("scenario", "orders that change", "orders", "relapse in %; difference as run ordered [95 %]")
    return TextTable("Orders of the arms by their means, and relapse, in every scenario", header, tuple(rows))


def _spread(ranking: Ranking) -> str:
    shown = _estimate(ranking.spread, ranking.low, ranking.high)
    return f"{ranking.before[0]} - {ranking.before[-1]} {shown}"


def _studies(audit: Audit) -> TextTable:
    rows = tuple((s.claim, f"{s.by_mean:.0f} %", f"{s.by_interval:.0f} %") for s in audit.studies)
    if not rows:
        return TextTable("", (), ())
    one = audit.studies[0]
    title = f"How often {one.size} of the {audit.subjects} subjects reach a claim ({one.drawn} draws)"
    return TextTable(title, ("claim", "by means alone", "with intervals"), rows)


def _sensitivity(audit: Audit) -> TextTable:
    quantities = list(dict.fromkeys(i.quantity for i in audit.sensitivity))
    rows = []
    for quantity in quantities:
        found = [i for i in audit.sensitivity if i.quantity == quantity]
        for index in sorted((i for i in found if i.effect > 0), key=lambda i: -i.effect)[:MOST_EFFECTS]:
            shown = _estimate(index.effect, index.effect_low, index.effect_high)
            beyond = "yes" if index.shown else "no"
            rows.append((quantity, index.factor, index.range, shown, number(index.signed), beyond, index.method))
    header = ("quantity", "constant", "range", "effect [95 %]", "signed", "beyond chance", "method")
    return TextTable("Sensitivity: the constants with the largest effects", header, tuple(rows))


def _maps(audit: Audit) -> list[TextTable]:
    """One row a claim and threshold, one column a point: + holds, - fails, ? open."""
    if not audit.map:
        return []
    signs = {"holds": "+", "fails": "-", "open": "?", "missing": " "}
    one = audit.map[0]
    firsts = list(dict.fromkeys(p.first_level for p in audit.map))
    rows = []
    for claim, threshold in dict.fromkeys((p.claim, p.threshold) for p in audit.map):
        here = [p for p in audit.map if p.claim == claim and p.threshold == threshold]
        shown = ("".join(signs[p.status] for p in here if p.first_level == level) for level in firsts)
        rows.append((f"{claim}, {threshold}" if threshold else claim, *shown))
    seconds = " ".join(f"{level:g}" for level in dict.fromkeys(p.second_level for p in audit.map))
    axes = f"{one.first} in columns; {one.second} at {seconds} within"
    title = f"Where each claim holds (+), fails (-) or is open (?): {axes}"
    return [TextTable(title, ("claim", *(f"{level:g}" for level in firsts)), tuple(rows))]


def _robustness(audit: Audit) -> TextTable:
    rows = tuple((r.setting, r.claim, r.status, _estimate(r.estimate, r.low, r.high), r.what) for r in audit.robustness)
    return TextTable(
        "Another task or network", ("setting", "claim", "as run it", "decides [95 %]", "what decides"), rows
    )


def _restated(entry: Entry) -> str:
    """The statement of the article in our words, where it stands, and what should be known beside it."""
    where = f" ({entry.where})" if entry.where else ""
    note = f" Note: {entry.note}" if entry.note else ""
    return f"Restated: {entry.statement}{where}{note}"


def _short(text: str) -> str:
    """A figure as a table has room for; the whole is in the JSON."""
    return (text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 3] + "...") or "-"


def _estimate(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "-"
    return number(value) if low is None or high is None else f"{number(value)} [{number(low)}, {number(high)}]"
