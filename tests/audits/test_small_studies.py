"""Small studies drawn from a cohort."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.audits.small_studies import small_studies


def cohort(values: list[float]) -> Cells:
    rows = [("p", "", s, "a", "acute", "acc_clean", v) for s, v in enumerate(values)]
    return Cells.of(
        pl.DataFrame(
            rows, schema=["protocol", "variant", "subject", "arm", "condition", "outcome", "value"], orient="row"
        )
    )


def claim(bound: str) -> rs.Protocol:
    return rs.loads(
        "name: p\narms: {a: [assess: {condition: acute, outcomes: [acc_clean]}]}\nclaims:\n"
        f"- {{id: c, statement: s, tests: [{bound}]}}"
    )


def test_what_is_true_of_all_is_always_reached_and_what_is_far_never() -> None:
    cells = cohort([50.0 + s for s in range(20)])
    (always,) = small_studies(claim("mean: {of: acc_clean of a at acute, above: 10}").claims, cells)
    (never,) = small_studies(claim("mean: {of: acc_clean of a at acute, above: 90}").claims, cells)
    assert (always.by_mean, always.by_interval) == (100.0, 100.0)
    assert (never.by_mean, never.by_interval) == (0.0, 0.0)


def test_studies_are_drawn_with_replacement_as_from_the_population_behind_the_cohort() -> None:
    cells = cohort([10.0] + [90.0] * 19)
    (found,) = small_studies(claim("every: {of: acc_clean of a at acute, above: 50}").claims, cells)
    # a study leaves one given subject of twenty out with (19 / 20)^10; without replacement it would be a half
    share = 0.95**10
    assert found.by_mean == pytest.approx(100 * share, abs=4 * 100 * np.sqrt(share * (1 - share) / found.drawn))


def test_an_interval_asks_for_more_than_a_mean() -> None:
    cells = cohort([float(v) for v in range(40, 60)])
    (found,) = small_studies(claim("mean: {of: acc_clean of a at acute, above: 48}").claims, cells)
    assert found.by_interval < found.by_mean


def test_ten_of_ten_are_no_proof_of_a_share_and_are_one_of_an_accuracy() -> None:
    cells = cohort([100.0] * 20)
    claims = claim("mean: {of: acc_clean of a at acute, above: 75}").claims
    (accuracy,) = small_studies(claims, cells)
    (share,) = small_studies(claims, replace(cells, flags=frozenset({"acc_clean"})))
    assert (accuracy.by_interval, share.by_mean) == (100.0, 100.0)
    # ten of ten leave 69 % possible
    assert share.by_interval == 0.0


def test_a_cohort_of_less_than_two_studies_says_nothing() -> None:
    assert small_studies(claim("mean: {of: acc_clean of a at acute, above: 1}").claims, cohort([50.0] * 19)) == ()
