"""Censored and missing values are said wherever a number rests on them."""

from __future__ import annotations

import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.analyse import Analysis, analyse
from resynapse.analysis.censoring import ceiling_of, ceilings
from resynapse.outcomes import catalogue
from resynapse.report.page.tables import article_tables
from resynapse.report.sections.statistics import statistics_tables
from resynapse.tolerance import CEILING

TEXT = """
name: made
arms: {a: [], b: []}
follow_up:
  - assess: {condition: acute, outcomes: [tolerance_internal, tolerance_snr as firm, acc_standard]}
"""
VALUES: dict[tuple[str, str], list[float | None]] = {
    ("a", "tolerance_internal"): [CEILING, 3.0, CEILING, 5.0, 6.0, 7.0],
    ("b", "tolerance_internal"): [1.0, 2.0, 3.0, 4.0, None, None],
    ("a", "firm"): [CEILING, 1.0, 2.0, 3.0, 4.0, 5.0],
    ("b", "firm"): [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    # an accuracy that happens to be 64 % is no bound
    ("a", "acc_standard"): [64.0, 65.0, 64.0, 66.0, 67.0, 68.0],
    ("b", "acc_standard"): [50.0, 51.0, 52.0, 53.0, 54.0, 55.0],
}


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"protocol": "made", "subject": s, "arm": arm, "condition": "acute", "outcome": outcome, "value": value}
            for (arm, outcome), values in VALUES.items()
            for s, value in enumerate(values)
            if value is not None
        ]
    )


@pytest.fixture(scope="module")
def analysis(table: pl.DataFrame) -> Analysis:
    return analyse(table, rs.loads(TEXT))


def test_a_cell_counts_its_values_at_the_ceiling_under_whatever_name(analysis: Analysis) -> None:
    found = {(d.arm, d.outcome): (d.censored, d.n) for d in analysis.descriptions}
    assert found == {
        ("a", "tolerance_internal"): (2, 6),
        ("b", "tolerance_internal"): (0, 4),
        ("a", "firm"): (1, 6),
        ("b", "firm"): (0, 6),
        ("a", "acc_standard"): (0, 6),
        ("b", "acc_standard"): (0, 6),
    }
    assert ceilings(rs.loads(TEXT)) == {"tolerance_internal": CEILING, "firm": CEILING}


def test_remarks_name_the_cells_that_are_bounds_and_those_without_value(analysis: Analysis) -> None:
    said = "\n".join(analysis.remarks)
    assert "tolerance_internal is censored at 64 in a at acute (2 of 6)" in said
    assert "firm is censored at 64 in a at acute (1 of 6)" in said
    assert "tolerance_internal has no value for every subject in b at acute (2 of 6)" in said
    assert "acc_standard" not in said


def test_tables_and_the_long_form_say_so_too(analysis: Analysis, table: pl.DataFrame) -> None:
    (descriptions, *_) = statistics_tables(analysis)
    shown = {row[0]: row[3] for row in descriptions.rows if row[2] == "tolerance_internal"}
    assert shown == {"a": "6 (2 censored)", "b": "4"}
    censored = analysis.frame().filter(pl.col("quantity") == "censored")
    assert censored.select("arm", "outcome", "value").rows() == [("a", "tolerance_internal", 2.0), ("a", "firm", 1.0)]
    (printed,) = article_tables("made", table)
    cells = {row[0]: row[1:] for row in printed.rows}
    assert cells["tolerance_internal"][0].startswith("≥ ")
    assert not cells["tolerance_internal"][1].startswith("≥ ")
    assert not cells["acc_standard"][0].startswith("≥ ")


def test_only_tolerances_have_a_ceiling() -> None:
    assert {o.name for o in catalogue() if o.ceiling is not None} == {
        f"tolerance_{kind}" for kind in ("input", "internal", "biased", "snr")
    }
    assert ceiling_of("manic_relapse") is None
