"""Statistics as tables of text: a table for each part, blanks instead of invented numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.analysis.analyse import Analysis
from resynapse.analysis.intervals import Interval
from resynapse.analysis.numbers import interval_text, number
from resynapse.report.figures import draw
from resynapse.report.figures.survival import lacks
from resynapse.report.run_data import RunData
from resynapse.report.sections.statistics import beside_tables, method_sentences, statistics_tables, tables_by_part


@pytest.fixture(scope="module")
def found(tiny: rs.Protocol) -> Analysis:
    return rs.run(tiny, subjects=3).analyse()


def test_every_part_that_applies_has_a_table_with_full_rows(found: Analysis) -> None:
    tables = {t.title: t for t in statistics_tables(found)}
    for start in (
        "Every arm",
        "Contrasts",
        "Orders",
        "Relapse",
        "No time to relapse",
        "Subjects needed",
        "Clinical",
    ):
        assert any(title.startswith(start) for title in tables), start
    assert not any(title.startswith(("Equivalence", "Time to relapse")) for title in tables)
    for table in tables.values():
        assert {len(row) for row in table.rows} == {len(table.header)}
    descriptions = next(t for t in tables.values() if t.title.startswith("Every arm"))
    assert len(descriptions.rows) == len(found.descriptions)


def test_time_to_relapse_and_where_there_is_none_stand_beside_each_other(run_data: RunData) -> None:
    tables = {t.title.partition(":")[0]: t for t in statistics_tables(run_data.analysis)}
    assert {row[1] for row in tables["Time to relapse along counts"].rows} == {"kept"}
    assert tables["No time to relapse"].rows == (("maintenance", "discontinue, decay"),)
    assert "There is no time to relapse along maintenance" in draw(run_data, "survival").caption


def test_every_table_belongs_to_a_part_and_every_computed_part_says_how(run_data: RunData) -> None:
    found = tables_by_part(run_data.analysis)
    assert set(found) == {name for name, of_part in run_data.analysis.items() if of_part}
    everything = statistics_tables(run_data.analysis)
    assert everything == [table for tables in found.values() for table in tables]
    rest = statistics_tables(run_data.analysis, without=("equivalence", "clinical"))
    assert everything == [*rest, *found["equivalence"], *found["clinical"]]
    # the contrasts of curves and the conditions without time are covered by the sentence of the curves, clinical
    # findings by their own section
    assert len(method_sentences(run_data.analysis)) == len(set(found) - {"survival_contrasts", "untimed", "clinical"})


def test_where_no_counts_are_time_the_figure_says_why(found: Analysis, run_data: RunData) -> None:
    assert lacks(replace(run_data, analyse=lambda: found)).startswith("no time to relapse along maintenance")


def test_what_must_be_said_beside_clinical_figures_is_said(found: Analysis) -> None:
    said = " ".join(beside_tables(found))
    assert "Only directions and rank orders are compared" in said
    assert "No figure: Switch with neurosteroids" in said
    assert "all are held out" in said
    assert beside_tables(found.only(["acc_combined"])) == []


def test_numbers_have_the_digits_they_need() -> None:
    assert [number(v) for v in (97.25, 2.5, 0.1234, 0.0, None)] == ["97.2", "2.50", "0.123", "0", ""]
    assert number(0.5, signed=True) == "+0.500"


@given(st.floats(1e-12, 1e6), st.booleans())
def test_no_number_but_zero_is_printed_as_zero(size: float, negative: bool) -> None:
    value = -size if negative else size
    # half a unit of the third significant digit
    assert float(number(value)) == pytest.approx(value, rel=5.01e-3)
    assert float(number(value, signed=True)) == float(number(value))


def test_an_interval_is_its_ends_or_its_reason() -> None:
    assert interval_text(Interval(low=1.0, high=20.0, method="m")) == "[1.00, 20.0]"
    assert interval_text(Interval(note="one subject: no interval")) == "one subject: no interval"
