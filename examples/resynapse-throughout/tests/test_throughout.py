"""The test is found by its entry point, bounds every count, and its audit section names the closest one."""

import json

import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.audits.audit import Audit, of_run
from resynapse.audits.findings import find
from resynapse.protocol.claim_tests import claim_tests

PROTOCOL = """
name: lasting
task: {kind: gaussian-blobs, train: 256, test: 128, clean: 16}
network: {hidden: [16, 12]}
induction: [{train: {epochs: 4, lr: 5.0e-3}}]
arms:
  untreated: []
follow_up:
  - train: {epochs: 3, lr: 1.0e-3}
    at: [0, 1, 2, 3]
    fork:
      - prune_more: {of_active: 0.5}
      - assess: {condition: course, outcomes: [acc_combined, sparsity]}
claims:
  - {id: lasts, statement: It lasts., tests: [{throughout: {of: acc_combined of untreated at course, above: 1}}]}
  - {id: thin, statement: It is thin., tests: [{throughout: {of: sparsity of untreated at course, above: 90}}]}
"""


@pytest.fixture(scope="module")
def run() -> rs.Run:
    return rs.run(rs.loads(PROTOCOL), subjects=3, workers=1)


@pytest.fixture(scope="module")
def audit(run: rs.Run) -> Audit:
    return of_run(run.protocol, run.table())


def means(run: rs.Run) -> pl.Series:
    accuracy = run.table().filter(pl.col("outcome") == "acc_combined")
    return accuracy.group_by("condition").agg(pl.col("value").mean())["value"]


def test_the_installed_kind_is_part_of_the_language(run: rs.Run) -> None:
    assert "throughout" in claim_tests()
    assert [test.kind for claim in rs.Run(run.path).protocol.claims for test in claim.tests] == ["throughout"] * 2


def test_the_bound_is_on_the_lowest_mean_and_not_on_the_mean_of_means(run: rs.Run) -> None:
    kinds, cells = claim_tests(), Cells.of(run.table(), run.protocol)
    course = means(run)
    between = (course.min() + course.mean()) / 2
    assert course.min() < between < course.mean()
    measure = "acc_combined of untreated at course"
    above_mean = find(kinds["mean"](of=measure, above=between), cells)
    found = find(kinds["throughout"](of=measure, above=between), cells)
    assert above_mean.estimate == pytest.approx(course.mean())
    assert found.estimate == pytest.approx(course.min())


def test_the_section_names_the_closest_count(run: rs.Run, audit: Audit) -> None:
    lasts, thin = audit.closest
    lowest = means(run).min()
    assert lasts.mean == pytest.approx(lowest)
    assert lasts.to_spare == pytest.approx(lowest - 1)
    assert thin.to_spare < 0


def test_it_is_in_every_form_of_an_audit(audit: Audit) -> None:
    assert [one["claim"] for one in json.loads(audit.to_json())["closest"]] == ["lasts", "thin"]
    assert any(table.title.startswith("Closest to the bound") for table in audit.tables)
