"""The report of a run: every section of its page, and the page."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from resynapse.analysis.flow import flow as selection
from resynapse.audits.audit import Audit
from resynapse.protocol.conditions import base
from resynapse.protocol.population.distributions import TRAIT
from resynapse.protocol.prose.titles import named
from resynapse.report import words
from resynapse.report.beside import Drawer
from resynapse.report.figures import FIGURES
from resynapse.report.page.page import page
from resynapse.report.page.section import Opening, Picture, Section
from resynapse.report.page.tables import TextTable, flow_table
from resynapse.report.pictures import every_picture, networks
from resynapse.report.run_data import RunData
from resynapse.report.sections.agreement import (
    agreement_tables,
    agreement_words,
    direction_table,
    reference_table,
    shown_words,
    spread_table,
)
from resynapse.report.sections.audit import audit_section
from resynapse.report.sections.citations import citations
from resynapse.report.sections.directions import beside_findings
from resynapse.report.sections.limitations import limitations
from resynapse.report.sections.methods import methods
from resynapse.report.sections.opening import opening
from resynapse.report.sections.provenance import provenance
from resynapse.report.sections.results import results
from resynapse.report.sections.statistics import tables_by_part
from resynapse.report.sections.undecided import undecided


def report(run_data: RunData, *, audit: Audit | None = None, beside: Drawer | None = None) -> str:
    """The page of a run, as HTML that needs nothing else.

    Parameters
    ----------
    audit : an audit of which the run is the tree: its ledger comes first. By default the claims of the protocol are
        judged by the controls that the run holds, after the results.
    beside : a process that draws some of the figures meanwhile.
    """
    protocol = run_data.protocol
    title = f"{protocol.name}: {'audit' if audit else 'report'} of a simulated run"
    first, sections = contents(run_data, audit=audit, beside=beside)
    return page(title, protocol.title, sections, first)


def contents(
    run_data: RunData, *, audit: Audit | None = None, beside: Drawer | None = None
) -> tuple[Opening, tuple[Section, ...]]:
    """The first screen and the sections of a report."""
    protocol = run_data.protocol
    with _no_collector(), networks(run_data) as ready:
        rests = audit_section(run_data, audit)
        pictures = every_picture(run_data, ready, beside)
    sections = (
        *((rests,) if audit is not None else ()),
        results(run_data, pictures),
        *((rests,) if audit is None else ()),
        _publication(run_data, pictures),
        beside_findings(run_data.analysis.clinical),
        _methods(run_data, pictures),
        limitations(run_data),
        Section(title="How to cite", points=tuple(citations(protocol))),
        provenance(run_data),
    )
    return opening(run_data, pictures.get("overview"), audit), sections


def flow(run_data: RunData) -> TextTable:
    """How many subjects each arm has at each condition."""
    cells = run_data.cells
    present = ~np.isnan(cells.values)
    tested: dict[tuple[str, str], list[int]] = {}
    for column, key in enumerate(cells.keys):
        if key.condition != TRAIT:
            tested.setdefault((key.arm, base(key.condition)), []).append(int(present[:, column].sum()))
    conditions = list(dict.fromkeys(condition for _, condition in tested))
    titles = words.titles(run_data.protocol)
    size, finished = str(run_data.manifest.subjects), str(len(cells.subjects))
    rows = tuple(
        (
            titles.column(arm),
            size,
            finished,
            *(_range(tested.get((arm, condition), [])) for condition in conditions),
        )
        for arm in run_data.arms
    )
    header = ("arm", "cohort", "finished", *(named(titles.condition(one), one) for one in conditions))
    return TextTable("Subjects in each arm and condition", header, rows)


def _range(counts: list[int]) -> str:
    if not counts:
        return "not tested"
    return str(counts[0]) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _methods(run_data: RunData, pictures: Mapping[str, Picture]) -> Section:
    """The protocol as a diagram and in words, and who was tested."""
    made = methods(run_data)
    where = Section(
        title="Flow of subjects",
        sentences=_flow_words(run_data),
        tables=(flow(run_data), flow_table(selection(run_data.protocol, run_data.table), run_data.protocol)),
    )
    absent = [
        f"{kind.title} ({name}): {kind.lacks(run_data)}" for name, kind in FIGURES.items() if kind.lacks(run_data)
    ]
    parts = (*made.parts, where, Section(title="Figures that do not apply", points=absent))
    return replace(made, pictures=(pictures["trial"],), parts=parts)


def _flow_words(run_data: RunData) -> tuple[str, ...]:
    said = [
        "Nobody is allocated by lot: every subject goes through every arm, from the identical state after induction."
    ]
    if run_data.unfinished:
        said.append(undecided(run_data))
    if any(node.when is not None for node in run_data.protocol.nodes):
        said.append(
            "Some steps are taken only by subjects that meet a condition, so that some tests have fewer subjects."
        )
    return tuple(said)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Drawings are a hundred thousand objects that stay: looking for unused ones takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _publication(run_data: RunData, pictures: Mapping[str, Picture]) -> Section:
    title = "Comparison with the publication"
    if run_data.agreement is None:
        return Section(title=title)
    equivalence = tables_by_part(run_data.analysis).get("equivalence", ())
    every = (
        *agreement_tables(run_data.agreement),
        *equivalence,
        spread_table(run_data.agreement),
        direction_table(run_data.agreement),
        reference_table(run_data.agreement),
    )
    first = shown_words(run_data.agreement)
    more = tuple(said for said in agreement_words(run_data.agreement) if said != first)
    return Section(
        title=title,
        sentences=(first,),
        pictures=tuple(pictures[name] for name in ("forest",) if name in pictures),
        parts=(
            Section(title="What this comparison can show", points=more),
            Section(title="Every published cell", folded=True, tables=tuple(t for t in every if t.rows)),
        ),
    )
