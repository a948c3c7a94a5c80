"""One text on the agreement with the publication, and its tables."""

from __future__ import annotations

import re

import pytest
from tests.analysis.made import as_published

import resynapse as rs
from resynapse.publication.agreement import Agreement, agreement
from resynapse.report.sections.agreement import (
    agreement_tables,
    agreement_words,
    direction_table,
    reference_table,
    spread_table,
)


def _made(subjects: int, **made: float) -> Agreement:
    protocol = rs.load("switch-relapse")
    return agreement(as_published(protocol, subjects, **made), protocol)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def same() -> Agreement:
    return _made(10)


@pytest.fixture(scope="module")
def far() -> Agreement:
    return _made(10, shift=-30.0, spread=4.0)


def test_the_parts_of_the_sentence_add_up_to_every_measured_cell(same: Agreement, far: Agreement) -> None:
    for found in (same, far):
        said = " ".join(agreement_words(found))
        equal, differ = (int(re.search(rf"(\d+) (?:is|are) shown to {what}", said)[1]) for what in  # type: ignore[index]
                         ("be equivalent within", "differ"))  # fmt: skip
        neither = int(re.search(r"(\d+) are neither", said)[1])  # type: ignore[index]
        constant = re.search(r"(\d+) vary on neither side", said)
        both = re.search(r"\((\d+) of them within the margin\)", said)
        total = equal + differ + neither + (int(constant[1]) if constant else 0) - (int(both[1]) if both else 0)
        assert total == 85
        assert "Settings (44 cells" in said
        assert "agree with the publication" not in said


def test_what_could_be_seen_and_what_stands_alone_is_said(same: Agreement) -> None:
    said = " ".join(agreement_words(same))
    for words in ("Power: 10 against 10 subjects", "at most 40 results of their own", "Together", "Spread: of",
                  "looks of one trajectory move together", "No intact network was tested"):  # fmt: skip
        assert words in said


def test_every_published_cell_has_a_row_with_its_conclusion(same: Agreement, far: Agreement) -> None:
    shown = agreement_tables(same)
    assert sum(len(t.rows) for t in shown) == 129
    (row,) = (r for r in shown[0].rows if r[:2] == ("ssri", "acc_combined"))
    assert row[2] == "90.5 ± 3.0"
    assert row[-1] == "equivalent"
    assert re.fullmatch(r"(?:0\.9\d+|1\.0\d*) \[0\.\d+, [12]\.\d+\]", row[-2])
    last = agreement_tables(far)[-1]
    assert last.title.startswith("Cells that differ")
    assert len(last.rows) == far.comparison.count("differs") > 20


def test_one_subject_is_told_that_it_gives_no_interval() -> None:
    said = " ".join(agreement_words(_made(1)))
    assert "have no interval (one subject" in said
    assert "Power" not in said
    assert "Spread" not in said


def test_a_wider_run_is_called_wider(far: Agreement) -> None:
    table = spread_table(far)
    assert len(table.rows) == 85
    verdicts = {row[-1] for row in table.rows}
    assert "wider" in verdicts
    assert "narrower" not in verdicts
    assert all(row[5] == "" for row in table.rows if row[-1] in ("constant", "yes or no"))


def test_a_trajectory_has_one_row(far: Agreement) -> None:
    rows = direction_table(far).rows
    assert [row[:2] for row in rows] == [(arm, "acc_biased_1.0") for arm in ("ketamine", "ssri", "neurosteroid")]
    assert all(row[2] == row[3] for row in rows)


def test_tests_without_an_intact_network_are_shown_as_such(same: Agreement) -> None:
    assert {row[-1] for row in reference_table(same).rows} == {"no reference"}
