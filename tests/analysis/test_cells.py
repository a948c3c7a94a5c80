"""The table as a matrix: nothing is lost, nothing moves, units follow from the protocol."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells, before_the_arms, by_presence, counted, courses, units, yes_or_no

Tidy = Callable[..., pl.DataFrame]


def test_every_value_stands_at_its_subject_and_cell(tiny: rs.Protocol) -> None:
    table = rs.run(tiny, subjects=2).table()
    cells = Cells.of(table)
    assert cells.subjects.tolist() == [0, 1]
    for row in table.sample(40, seed=1).iter_rows(named=True):
        column = cells.column(row["arm"], row["condition"], row["outcome"])
        assert column is not None
        assert column[row["subject"]] == row["value"]
    assert np.sum(~np.isnan(cells.values)) == table.height


def test_the_order_of_the_rows_moves_no_value(tidy: Tidy) -> None:
    table = tidy({("a", "c", "o"): [1, 2, None, 4], ("b", "c", "o"): [5, None, 7, 8]})
    cells, shuffled = Cells.of(table), Cells.of(table.sample(fraction=1, shuffle=True, seed=3))
    for key in cells.keys:
        np.testing.assert_array_equal(cells.column(*key), shuffled.column(*key))
    assert np.isnan(cells.values[2, 0])
    assert cells.column("a", "c", "else") is None
    assert set(cells.arms) == {"a", "b"}


def test_columns_of_the_same_subjects_form_one_group() -> None:
    nan = float("nan")
    values = np.array([[1, nan, 3], [4, 5, 6.0]])
    groups = [(columns, present.tolist()) for columns, present in by_presence(values)]
    assert groups == [([0, 2], [True, True]), ([1], [False, True])]


@pytest.mark.parametrize(
    ("condition", "means"),
    [
        ("maintenance=25", ("maintenance", 25.0)),
        ("course=3,15", ("course=3", 15.0)),
        ("dose=0.05", ("dose", 0.05)),
        ("acute", None),
    ],
)
def test_a_condition_with_counts_is_a_name_and_a_last_count(condition: str, means: object) -> None:
    assert counted(condition) == means


def test_courses_run_by_number_not_by_name() -> None:
    keys = [Cell("a", f"m={c}", "o") for c in (100, 25, 50)]
    assert courses(keys) == {("a", "m", "o"): [(25.0, 1), (50.0, 2), (100.0, 0)]}


def test_units_follow_from_definitions_and_rules() -> None:
    unit = units(rs.load("switch-relapse"))
    assert unit["acc_combined"] == unit["manic_relapse"] == unit["manic_relapse_probability"] == "%"
    assert unit["relapse_drop"] == "points"
    assert unit["activation_magnitude"] == unit["protection"] == "1"
    kindling = units(rs.load("kindling"))
    assert kindling["stress_test"] == "%"
    assert kindling["first_relapse"] == "count"
    assert units(rs.load("dose"))["turnover"] == "%"
    assert yes_or_no(rs.load("kindling")) == {"relapse", "autonomous", "manic_relapse"}
    assert yes_or_no(rs.load("chronic-stress")) == {"below_80", "relapsed"}
    chronic, dose = units(rs.load("chronic-stress")), units(rs.load("dose"))
    assert (chronic["final_accuracy"], chronic["total_drop"], chronic["relapsed"]) == ("%", "points", "%")
    assert (dose["improvement"], dose["improvement_per_dose"], dose["dose_l2"]) == ("points", "1", "1")
    assert kindling["scar_fraction"] == "%"


def test_what_stands_before_the_arms_is_known_with_all_that_is_derived_from_it() -> None:
    assert before_the_arms(rs.load("fragility")) == {"intact", "depth", "pruned", "sweep", "trait"}
    assert before_the_arms(rs.load("switch-relapse")) == {"trait"}


def test_every_outcome_of_a_run_has_a_unit(tiny: rs.Protocol) -> None:
    made = rs.run(tiny, subjects=1).table()
    assert set(made["outcome"]) <= set(units(tiny))
    assert isinstance(made, pl.DataFrame)


def test_statistics_name_the_conditions_that_the_run_wrote(tmp_path: Path) -> None:
    """Whole numbers among fractions, large ones, and ones with many digits."""
    protocol = rs.loads("""
name: doses
task: {kind: gaussian-blobs, train: 60, test: 30, clean: 20}
network: {hidden: [4]}
induction: [{train: {epochs: 1, lr: 0.001}}, {prune: {sparsity: 0.5}}]
arms:
  a: [{sweep: {dose: [0.1234567891, 1.0, 2.5, 12345678]}, do: [{assess: {condition: dose, outcomes: [acc_clean]}}]}]
derived: [{below: {outcome: low, of: acc_clean, threshold: 101, within: dose}}]
""")
    run = rs.run(protocol, subjects=3, out=tmp_path / "run", engine="reference")
    written = set(run.table()["condition"])
    frame = run.analyse().frame()
    for part in frame["part"].unique():
        named = set(frame.filter(pl.col("part") == part)["condition"].drop_nulls())
        assert named <= {*written, "dose"}, part
    assert written <= set(frame.filter(pl.col("part") == "dose")["condition"])
