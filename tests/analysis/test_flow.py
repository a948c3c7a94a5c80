"""The flow of subjects: numbers that add up, points nobody reached, and cells without a subject."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.flow import FLOW, flow, with_unreached
from resynapse.analysis.summaries import summary
from resynapse.protocol import loads
from resynapse.report.page.tables import article_tables

TEXT = """
name: tiny
task: {kind: gaussian-blobs, train: 64, test: 64, clean: 8}
network: {hidden: [8, 6]}
arms:
  none: []
  drawn: [{prune: {sparsity: {uniform: [0.1, 0.9], name: depth}}}]
follow_up:
  - assess: {condition: acute, outcomes: [sparsity, acc_clean]}
  - enrol: sparsity >= 40
  - assess: {condition: middle, outcomes: [sparsity]}
  - enrol: {when: sparsity > 100, condition: never}
  - assess: {condition: late, outcomes: [sparsity]}
derived:
  - drop: {outcome: change, of: sparsity, before: acute, after: late}
  - below: {outcome: low, of: sparsity, threshold: 50, within: middle}
  - below: {outcome: low_among_deep, of: sparsity, threshold: 95, within: acute, among: sparsity >= 40 at acute}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> rs.Run:
    return rs.run(loads(TEXT), subjects=8, engine="reference", out=tmp_path_factory.mktemp("flow") / "run")


def test_numbers_are_those_of_the_subjects_and_add_up(run: rs.Run) -> None:
    depth = run.table().filter(arm="drawn", condition="acute", outcome="sparsity")["value"]
    deep = int((depth >= 40).sum())
    assert 0 < deep < 8
    assert run.flow().rows() == [
        ("none", "enrolment", "sparsity >= 40", 8, 0, 8),
        ("none", "never", "sparsity > 100", 0, 0, 0),
        ("drawn", "enrolment", "sparsity >= 40", 8, deep, 8 - deep),
        ("drawn", "never", "sparsity > 100", deep, 0, deep),
    ]


def test_n_differs_from_cell_to_cell_and_is_said(run: rs.Run) -> None:
    n = {row[:3]: row[5] for row in run.summary().rows()}
    deep = run.flow().row(2)[4]
    assert n["drawn", "acute", "sparsity"] == 8
    assert n["drawn", "middle", "sparsity"] == n["drawn", "middle", "low"] == deep
    assert n["drawn", "acute", "low_among_deep"] == deep
    text = "\n".join(table.markdown() for table in article_tables("tiny", run.table()))
    assert "n in brackets" in text
    assert f"({deep})" in text


def test_cells_that_nobody_reached_are_there_without_a_value(run: rs.Run) -> None:
    rows = {row[:3]: row[3:] for row in run.summary().rows()}
    for cell in (("drawn", "late", "sparsity"), ("drawn", "acute", "change"), ("none", "middle", "low")):
        assert rows[cell] == (None, None, 0)
    assert rows["none", "acute", "low_among_deep"] == (None, None, 0)


def test_a_run_without_selection_has_an_empty_flow_and_no_empty_cell(tiny: rs.Protocol) -> None:
    table = rs.run(tiny, subjects=1).table()
    assert flow(tiny, table).schema == pl.Schema(FLOW)
    assert flow(tiny, table).is_empty()
    assert with_unreached(summary(table), tiny).equals(summary(table))


def test_a_crossing_that_never_came_is_a_cell_without_subjects() -> None:
    text = TEXT[: TEXT.index("derived")] + (
        "  - sweep: {s: [1, 2]}\n    do: [{assess: {condition: probe, outcomes: [sparsity]}}]\nderived:\n"
        "  - first: {outcome: crossing, of: sparsity, threshold: -1, within: probe, condition: course}\n"
    ).replace("  - sweep", "  - sweep", 1)
    run = rs.run(loads(text), subjects=1, engine="reference")
    found = run.summary().filter(outcome="crossing", condition="course")
    assert found["n"].to_list() == [0, 0]


def test_the_flow_of_a_folder_is_that_of_the_run(run: rs.Run, tmp_path: Path) -> None:
    assert rs.Run(run.path).flow().equals(run.flow())
