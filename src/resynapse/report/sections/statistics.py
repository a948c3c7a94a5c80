"""The statistics of a run as tables of text, part by part."""

from __future__ import annotations

from collections.abc import Collection

from resynapse.analysis.analyse import Analysis
from resynapse.analysis.part_registry import parts
from resynapse.report.page.tables import TextTable


def tables_by_part(analysis: Analysis) -> dict[str, tuple[TextTable, ...]]:
    """The tables of every part that found something, by the name of the part."""
    known, made = parts(), {}
    for name, found in analysis.items():
        tables = []
        for table in known[name].shown if found else ():
            rows = tuple(tuple(cell(item) for cell in table.columns.values()) for item in table.rows(found))
            if rows:
                tables.append(TextTable(table.title, tuple(table.columns), rows))
        if tables:
            made[name] = tuple(tables)
    return made


def statistics_tables(analysis: Analysis, *, without: Collection[str] = ()) -> list[TextTable]:
    """Every table of an analysis, those of some parts left out."""
    return [table for name, tables in tables_by_part(analysis).items() if name not in without for table in tables]


def method_sentences(analysis: Analysis) -> list[str]:
    """How each part that found something was computed."""
    known = parts()
    said = (known[name].method_sentence(found) for name, found in analysis.items() if found)
    return [sentence for sentence in said if sentence]


def beside_tables(analysis: Analysis) -> list[str]:
    """What must be said beside the tables, such as the statement of the clinical side-by-side."""
    known = parts()
    return [sentence for name, found in analysis.items() if found for sentence in known[name].beside(found)]
