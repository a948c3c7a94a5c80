"""Which cells are results of their own: from rules, tables and values, whatever they are called."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from tests.analysis.made import as_published

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells
from resynapse.analysis.families import SETTINGS
from resynapse.publication.comparison import compare
from resynapse.publication.independence import Standing, separate, standings


def _found(table: pl.DataFrame, protocol: rs.Protocol) -> dict[Cell, Standing]:
    return standings(compare(protocol.name, table).cells, Cells.of(table), protocol)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return as_published(rs.load("switch-relapse"), 10)


def test_every_measured_cell_has_one_standing(table: pl.DataFrame, switch_relapse: rs.Protocol) -> None:
    found = _found(table, switch_relapse)
    compared = compare(switch_relapse.name, table).cells
    assert set(found) == {Cell(c.arm, c.condition, c.outcome) for c in compared if c.outcome not in SETTINGS}
    counts = Counter(one.kind for one in found.values())
    # 18 shares and 3 probabilities of relapse; 4 standard accuracies; 3 trajectories of 6 looks
    assert (counts["function"], counts["repeat"], counts["trajectory"]) == (21, 4, 18)
    assert separate(list(found.values())) == counts["own"] + 3


def test_relapse_is_arithmetic_on_the_probe_only_if_the_rule_says_so(
    table: pl.DataFrame, switch_relapse: rs.Protocol
) -> None:
    assert {key.outcome for key, one in _found(table, switch_relapse).items() if one.kind == "function"} == {
        "manic_relapse", "manic_relapse_probability",
    }  # fmt: skip
    # the drop needs the lesioned state, which is not published
    assert _found(table, switch_relapse)[Cell("ssri", "acute", "relapse_drop")].kind == "own"
    ruleless = rs.load("switch-relapse").only(["ssri", "ketamine", "neurosteroid", "untreated"])
    from dataclasses import replace

    kinds = {one.kind for one in _found(table, replace(ruleless, derived=(), primary=())).values()}
    assert "function" not in kinds


def test_another_value_than_the_rule_gives_is_no_function(table: pl.DataFrame, switch_relapse: rs.Protocol) -> None:
    key = Cell("ssri", "maintenance=150", "manic_relapse")
    is_key = pl.all_horizontal(pl.col(name) == value for name, value in key._asdict().items())
    other = table.with_columns(pl.when(is_key).then(100 - pl.col("value")).otherwise(pl.col("value")).alias("value"))
    assert _found(table, switch_relapse)[key].kind == "function"
    assert _found(other, switch_relapse)[key].kind != "function"


def test_a_repeat_is_equal_in_every_subject_of_every_arm(table: pl.DataFrame, switch_relapse: rs.Protocol) -> None:
    key = Cell("ssri", "acute", "acc_internal_0.0")
    found = _found(table, switch_relapse)
    assert found[key] == Standing(kind="repeat", of="ssri acute acc_standard")
    assert found[Cell("ssri", "acute", "acc_standard")].kind == "own"
    moved = (pl.col("arm") == "untreated") & (pl.col("outcome") == "acc_internal_0.0") & (pl.col("subject") == 3)
    other = table.with_columns(pl.when(moved).then(pl.col("value") + 1).otherwise(pl.col("value")).alias("value"))
    assert _found(other, switch_relapse)[key].kind != "repeat"


def test_two_ceilings_are_no_repeat(switch_relapse: rs.Protocol) -> None:
    arm = switch_relapse.only(["ketamine"])
    found = _found(as_published(switch_relapse, 10).filter(pl.col("arm") == "ketamine"), arm)
    assert found[Cell("ketamine", "acute", "acc_internal_0.0")].kind == "constant"
