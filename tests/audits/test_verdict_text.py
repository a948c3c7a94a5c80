"""Sentences of findings are made of their numbers, and say whether the claim has what it needs."""

from __future__ import annotations

import pytest

from resynapse.analysis.cells import Cell
from resynapse.audits.findings import Finding, Status
from resynapse.audits.published_arithmetic import Printed
from resynapse.audits.verdict_text import SAID, as_run, figures, listed, under

STATUSES: tuple[Status, ...] = ("holds", "fails", "open")


def finding(status: Status, worst: float | None = None) -> Finding:
    return Finding(
        status=status, what="y of a", estimate=84.2, low=80.0, high=88.0, n=10, bound="above 90", worst=worst, share=100
    )


@pytest.mark.parametrize("worst", [None, 71.25])
@pytest.mark.parametrize("status", STATUSES)
def test_a_sentence_has_estimate_interval_subjects_and_bound(status: Status, worst: float | None) -> None:
    text = as_run(finding(status, worst))
    shown = "84 %" if worst is not None else "84.2"
    assert all(part in text for part in (shown, "80.0 to 88.0", "10", "above 90", SAID[status]))
    assert ("71.2" in text) == (worst is not None)


def test_what_breaks_a_claim_is_told_from_what_leaves_it_open() -> None:
    assert "does not hold" in under("sham", finding("fails"))
    assert "no longer shown" in under("sham", finding("open"))
    assert "nothing is left" in under("sham", finding("missing"))


def test_a_list_names_each_once_and_ends_with_and() -> None:
    assert [listed(list("abc"[:n])) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_printed_counts_of_one_condition_are_one_range() -> None:
    table = {Cell("a", f"later={n}", "y"): Printed(80.0 + n, 0.05, 1.0, 0.05, 10, 100.0) for n in range(3)}
    assert figures(list(table), table) == ("a 80 to 82 (y, later)",)
    assert figures(list(table)[:1], table) == ("a 80 ± 1 (y, later)",)
