"""Tables in the article's form."""

from __future__ import annotations

import re

import polars as pl
import pytest

import resynapse as rs
from resynapse.publication.comparison import published
from resynapse.report.page.tables import article_tables
from resynapse.report.sections.citations import citations


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """A made-up run of two subjects, so that every shown number is known."""
    cells = published("switch-relapse").select("arm", "condition", "outcome")
    return pl.concat([cells.with_columns(value=pl.lit(v), subject=pl.lit(s)) for s, v in enumerate((40.0, 60.0))])


def test_tables_are_grouped_as_in_the_article_with_arms_side_by_side(table: pl.DataFrame) -> None:
    found = {t.title.split(" (mean")[0]: t for t in article_tables("switch-relapse", table)}
    assert list(found)[:3] == ["Table 1", "Table 2", "Table 3"]
    assert found["Table 1"].header == ("", "untreated", "ketamine", "ssri", "neurosteroid")
    assert [r[0] for r in found["Table 1"].rows] == ["sparsity", "acc_clean", "acc_standard", "acc_combined"]
    durations = [f"maintenance={d}" for d in (25, 50, 100, 150, 200, 300)]
    assert [r[0] for r in found["relapse by maintenance"].rows] == durations


def test_every_value_of_a_run_without_tables_is_shown() -> None:
    run = pl.DataFrame(
        {
            "arm": ["a", "a", "b"],
            "condition": ["acute", "m=1", "acute"],
            "outcome": ["acc_clean", "gain", "acc_clean"],
            "subject": [0, 0, 0],
            "value": [50.0, 1.25, 75.0],
        }
    )
    text = "\n".join(t.markdown() for t in article_tables("mine", run))
    for shown in ("50.0", "1.250", "75.0"):
        assert shown in text


def test_means_and_sds_are_those_of_the_run(table: pl.DataFrame) -> None:
    (first, *_) = article_tables("switch-relapse", table)
    assert first.rows[0][1] == "50.0 ± 14.1"
    assert "n = 2" in first.title


def test_markdown_is_a_table(table: pl.DataFrame) -> None:
    for one in article_tables("switch-relapse", table):
        title, blank, *lines = one.markdown().splitlines()
        assert title.startswith("**")
        assert blank == ""
        assert len({line.count("|") for line in lines}) == 1
        assert re.fullmatch(r"(\| --- )+\|", lines[1])


def test_citations_name_the_article_the_methods_in_use_and_the_software() -> None:
    full = list(citations(rs.load("switch-relapse")))
    assert "doi:10.5281/zenodo.18298989" in full[0]
    for method in ("Adam", "Magnitude pruning", "Gradient-guided regrowth"):
        assert any(method in line for line in full)
    assert any("resynapse" in line for line in full)
    assert not any("10.24432/C50P49" in line for line in full)
    assert any("10.24432/C50P49" in line for line in citations(rs.load("digits-switch-relapse")))
    untrained = list(citations(rs.loads("name: x\narms: {a: [{assess: c}]}")))
    assert "follows no publication" in untrained[0]
    assert not any("Adam" in line or "runing" in line for line in untrained)
    own = list(citations(rs.loads("name: x\ncite: 10.1000/mine\narms: {a: [{assess: c}]}")))
    assert own[0] == "Protocol x: 10.1000/mine"


def test_arms_that_the_article_does_not_have_stand_beside_its_own(table: pl.DataFrame) -> None:
    sham = table.filter(pl.col("arm") == "ssri").with_columns(arm=pl.lit("ssri:sham"), value=pl.col("value") + 1)
    found = {t.title.split(" (mean")[0]: t for t in article_tables("switch-relapse", pl.concat([table, sham]))}
    assert found["Table 1"].header == ("", "untreated", "ketamine", "ssri", "neurosteroid", "ssri:sham")
    assert found["Table 1"].rows[0][-1] == "51.0 ± 14.1"


def test_n_stands_in_each_cell_where_it_differs(table: pl.DataFrame) -> None:
    fewer = table.filter((pl.col("arm") != "ssri") | (pl.col("subject") == 0))
    (first, *_) = article_tables("switch-relapse", fewer)
    assert "n in brackets" in first.title
    assert first.rows[0][1:] == ("50.0 ± 14.1 (2)", "50.0 ± 14.1 (2)", "40.0 (1)", "50.0 ± 14.1 (2)")
