"""The report of a run: every section of its page, and the page."""

from __future__ import annotations

import numpy as np

from resynapse.analysis.flow import flow as selection
from resynapse.audits.audit import Audit
from resynapse.protocol.conditions import base
from resynapse.protocol.population.distributions import TRAIT
from resynapse.protocol.prose.titles import named, titles_of
from resynapse.report.figures import FIGURES, draw
from resynapse.report.figures.style import inline, render
from resynapse.report.page.page import page
from resynapse.report.page.section import Picture, Section
from resynapse.report.page.tables import TextTable, flow_table, titled
from resynapse.report.run_data import RunData
from resynapse.report.sections.agreement import (
    agreement_tables,
    agreement_words,
    direction_table,
    reference_table,
    spread_table,
)
from resynapse.report.sections.audit import audit_section
from resynapse.report.sections.citations import citations
from resynapse.report.sections.clinical import clinical_section
from resynapse.report.sections.limitations import limitations
from resynapse.report.sections.methods import methods
from resynapse.report.sections.provenance import provenance
from resynapse.report.sections.statistics import statistics_tables, tables_by_part
from resynapse.report.sections.summary import summary


def report(run_data: RunData, *, audit: Audit | None = None) -> str:
    """The page of a run, as HTML that needs nothing else.

    Parameters
    ----------
    audit : an audit of which the run is the tree; by default its claims are judged by the controls that it holds.
    """
    protocol = run_data.protocol
    pictures, absent = _pictures(run_data)
    sections = (
        summary(run_data),
        methods(run_data),
        Section(
            title="Flow of subjects",
            sentences=_flow_words(run_data),
            tables=(flow(run_data), flow_table(selection(protocol, run_data.table), protocol)),
        ),
        Section(title="Figures", pictures=pictures, parts=(Section(title="Figures that do not apply", points=absent),)),
        Section(
            title="Tables",
            sentences=(TABLES,),
            tables=tuple(
                titled(table, titles_of(protocol))
                for table in statistics_tables(run_data.analysis, without=OWN_SECTION)
            ),
        ),
        _publication(run_data),
        clinical_section(run_data.analysis.clinical),
        audit_section(run_data, audit),
        limitations(run_data),
        Section(title="How to cite", points=tuple(citations(protocol))),
        provenance(run_data),
    )
    return page(f"{protocol.name}: report of a simulated run", protocol.title, sections)


OWN_SECTION = ("equivalence", "clinical")
"""Parts that have a section of their own."""
TABLES = (
    "A click on a column sorts by it; CSV saves a table with the numbers as shown. `resynapse export` writes every "
    "number in full. Square brackets hold 95 % intervals."
)


def flow(run_data: RunData) -> TextTable:
    """How many subjects each arm has at each condition."""
    cells = run_data.cells
    present = ~np.isnan(cells.values)
    tested: dict[tuple[str, str], list[int]] = {}
    for column, key in enumerate(cells.keys):
        if key.condition != TRAIT:
            tested.setdefault((key.arm, base(key.condition)), []).append(int(present[:, column].sum()))
    conditions = list(dict.fromkeys(condition for _, condition in tested))
    titles = titles_of(run_data.protocol)
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


def _flow_words(run_data: RunData) -> tuple[str, ...]:
    said = [
        "Nobody is allocated by lot: every subject goes through every arm, from the identical state after induction."
    ]
    if run_data.unfinished:
        said.append(f"{run_data.unfinished} of {run_data.manifest.subjects} subjects are still to come.")
    if any(node.when is not None for node in run_data.protocol.nodes):
        said.append(
            "Some steps are taken only by subjects that meet a condition, so that some tests have fewer subjects."
        )
    return tuple(said)


def _pictures(run_data: RunData) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    made, absent = [], []
    for name, kind in FIGURES.items():
        reason = kind.lacks(run_data)
        if reason:
            absent.append(f"{name}: {reason}")
            continue
        drawn = draw(run_data, name)
        svg = inline(render(drawn, "svg"), name, drawn.alt)
        made.append(Picture(name=name, title=kind.title, caption=drawn.caption, svg=svg))
    return tuple(made), tuple(absent)


def _publication(run_data: RunData) -> Section:
    title = "Comparison with the publication"
    if run_data.agreement is None:
        return Section(title=title)
    equivalence = tables_by_part(run_data.analysis).get("equivalence", ())
    return Section(
        title=title,
        points=agreement_words(run_data.agreement),
        tables=tuple(
            table
            for table in (
                *agreement_tables(run_data.agreement),
                *equivalence,
                spread_table(run_data.agreement),
                direction_table(run_data.agreement),
                reference_table(run_data.agreement),
            )
            if table.rows
        ),
    )
