"""Two runs as one page: paired where it is right, and what differs is named."""

from __future__ import annotations

import pytest
from tests.report.conftest import Stated
from tests.report.pages import Page, words_of

import resynapse as rs
from resynapse.errors import ResynapseError
from resynapse.protocol import amended
from resynapse.report.run_data import RunData
from resynapse.report.sections.two_runs import versus

VALUES = {("untreated", "acute", "acc_combined"): [50.0, 51.0, 60.0, 55.0, 52.0, 53.0]}
MORE = {("untreated", "acute", "acc_combined"): [51.0, 53.0, 61.0, 55.0, 54.0, 57.0]}


def test_equal_seeds_are_paired_and_other_seeds_are_not(stated: Stated, small: rs.Protocol) -> None:
    first, second, third = (
        RunData.of(stated(small, values, seed=seed)) for values, seed in ((VALUES, 0), (MORE, 0), (MORE, 1))
    )
    paired, unpaired = versus(first, second), versus(first, third)
    for html in (paired, unpaired):
        Page.of(html)
    assert "6 subjects are in both runs: differences are paired" in paired
    assert "+1.67" in paired
    assert "between groups of subjects (Welch)" in unpaired


def test_changed_values_of_the_protocol_are_named(stated: Stated, small: rs.Protocol) -> None:
    other = amended(small, "arms.ketamine.regrow.of_pruned=0.25")
    html = versus(RunData.of(stated(small, VALUES)), RunData.of(stated(other, VALUES)))
    assert "arms.ketamine.regrow.of_pruned: 0.5 -> 0.25" in words_of(html)
    assert "1 of 1 cells in both are the same in every shared subject" in html


def test_runs_that_share_no_cell_are_refused(stated: Stated, small: rs.Protocol) -> None:
    first = RunData.of(stated(small, VALUES))
    second = RunData.of(stated(small, {("ssri", "acute", "acc_combined"): [1.0, 2.0]}))
    with pytest.raises(ResynapseError, match="no cell is in both runs"):
        versus(first, second)
