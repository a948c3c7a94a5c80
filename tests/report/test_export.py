"""Exports: every value comes back from the CSV, and every LaTeX table is well formed."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from resynapse.errors import ResynapseError
from resynapse.report.export import LONG, escaped, export, latex
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData


def test_the_table_of_results_comes_back_to_the_last_bit(run_data: RunData, tmp_path: Path) -> None:
    written = export(run_data, tmp_path / "out")
    assert {p.name for p in written} >= {
        "results.csv",
        "statistics.csv",
        "comparison.csv",
        "clinical.csv",
        "README.txt",
    }
    again = pl.read_csv(tmp_path / "out" / "results.csv", schema={**run_data.table.schema, "disclaimer": pl.String})
    assert again.drop("disclaimer").equals(run_data.table)
    numbers = pl.read_csv(tmp_path / "out" / "statistics.csv", infer_schema_length=None)
    assert numbers.height == run_data.analysis.frame().height


def test_every_latex_table_has_its_columns(run_data: RunData, tmp_path: Path) -> None:
    for path in export(run_data, tmp_path / "out"):
        if path.suffix == ".tex":
            text = path.read_text()
            columns = re.search(r"\\begin\{(?:tabular|longtable)\}\{(l+)\}", text)
            assert columns
            rows = re.findall(r"^(.*) \\\\$", text, flags=re.MULTILINE)
            assert rows
            for row in rows:
                assert len(re.findall(r"(?<!\\)&", row)) == len(columns[1]) - 1
            assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


@pytest.mark.parametrize("letter", "&%$#_{}~^\\<>")
def test_no_letter_of_a_name_is_a_command(letter: str) -> None:
    assert escaped(letter) != letter
    assert escaped(f"a{letter}b").startswith("a\\")


def test_a_row_that_begins_with_a_bracket_is_no_option() -> None:
    assert "{[1, 2]} & x \\\\" in latex(TextTable("t", ("a", "b"), (("[1, 2]", "x"),)), "t")


def test_long_tables_break_over_pages() -> None:
    rows = tuple((str(i),) for i in range(LONG + 1))
    assert "\\begin{longtable}" in latex(TextTable("t", ("n",), rows), "t")
    assert "\\begin{tabular}" in latex(TextTable("t", ("n",), rows[:LONG]), "t")


def test_the_clinical_statement_goes_with_every_clinical_file(run_data: RunData, tmp_path: Path) -> None:
    assert run_data.analysis.clinical is not None
    statement = run_data.analysis.clinical.statement
    out = tmp_path / "out"
    written = export(run_data, out)
    assert statement in (out / "README.txt").read_text()
    assert set(pl.read_csv(out / "clinical.csv")["statement"]) == {statement}
    assert statement in set(pl.read_csv(out / "statistics.csv", infer_schema_length=None)["note"].drop_nulls())
    (table,) = (p for p in written if "clinical" in p.name and p.suffix == ".tex")
    assert escaped(statement) in table.read_text()


def test_the_readme_names_every_file(run_data: RunData, tmp_path: Path) -> None:
    written = export(run_data, tmp_path / "out")
    text = (tmp_path / "out" / "README.txt").read_text()
    for path in written:
        assert (path.name if path.parent.name == "out" else f"{path.parent.name}/") in text or path.name == "README.txt"


def test_a_run_folder_or_a_file_is_no_place_for_an_export(run_data: RunData, tmp_path: Path) -> None:
    with pytest.raises(ResynapseError, match="is a run folder"):
        export(run_data, run_data.path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ResynapseError, match="is a file"):
        export(run_data, tmp_path / "file")
