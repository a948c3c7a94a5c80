"""Published means and SDs: what no values behind them can contradict is never called contradicted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.analysis.cells import Cell
from resynapse.audits.claim_library import claims_of
from resynapse.audits.published_arithmetic import Printed, compute, printed
from resynapse.protocol import load
from resynapse.protocol.claim_tests import Difference, Every, Mean

A, B = Cell("a", "acute", "acc_clean"), Cell("b", "acute", "acc_clean")
values = st.lists(st.floats(0, 100), min_size=2, max_size=12)


def as_printed(of: list[float]) -> Printed:
    """A cell as an article prints it: one decimal, population SD."""
    return Printed(round(float(np.mean(of)), 1), 0.05, round(float(np.std(of)), 1), 0.05, len(of), 100.0)


@given(values, st.floats(0, 100))
def test_a_true_statement_about_every_value_is_never_contradicted(of: list[float], gap: float) -> None:
    table = {A: as_printed(of)}
    assert compute(Every(of="acc_clean of a at acute", above=min(of) - 1e-6), table).says != "contradicted"
    assert compute(Every(of="acc_clean of a at acute", below=max(of) + 1e-6), table).says != "contradicted"
    if gap < min(of) or gap > min(of):
        said = compute(Every(of="acc_clean of a at acute", above=gap), table).says
        assert not (said == "implied" and gap > min(of))


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=12))
def test_a_true_paired_statement_is_never_contradicted(pairs: list[tuple[float, float]]) -> None:
    one, other = [list(side) for side in zip(*pairs, strict=True)]
    table = {A: as_printed(one), B: as_printed(other)}
    mean = float(np.mean(np.subtract(one, other)))
    test = Difference(of="acc_clean of a at acute", minus="acc_clean of b at acute", above=mean - 0.2)
    assert compute(test, table).says != "contradicted"


def test_the_bound_on_the_smallest_value_is_reached() -> None:
    # nine equal values and one above them: the smallest is as near to the mean as the SD allows
    of = [90.0] * 9 + [92.0]
    table = {A: Printed(float(np.mean(of)), 0.0, float(np.std(of)), 0.0, 10, None)}
    assert compute(Every(of="acc_clean of a at acute", above=89.999), table).says != "contradicted"
    assert compute(Every(of="acc_clean of a at acute", above=90.001), table).says == "contradicted"


@pytest.mark.parametrize(
    ("of", "test"),
    [
        ([100.0] * 9 + [99.0], Every(of="acc_clean of a at acute", above=98.8)),
        ([0.0] * 9 + [1.0], Every(of="acc_clean of a at acute", below=1.2)),
    ],
)
def test_rounding_near_a_ceiling_or_floor_is_taken_at_its_most_lenient(of: list[float], test: Every) -> None:
    # 99.9 with SD 0.3: a mean of 99.95 would need a value of 98.2, one of 99.7 does not
    assert compute(test, {A: as_printed(of)}).says != "contradicted"


@given(st.lists(st.sampled_from([99.0, 99.5, 99.9, 100.0]), min_size=2, max_size=12))
def test_values_at_a_ceiling_are_never_contradicted(of: list[float]) -> None:
    test = Every(of="acc_clean of a at acute", above=min(of) - 1e-6)
    assert compute(test, {A: as_printed(of)}).says != "contradicted"


def test_a_ceiling_makes_the_bound_tighter() -> None:
    test = Every(of="acc_clean of a at acute", above=91.0)
    # 3.7 / 3 below 92.4 is 91.2, but values of at most 100 cannot reach it
    assert compute(test, {A: Printed(92.4, 0.0, 3.7, 0.0, 10, None)}).says == "possible"
    assert compute(test, {A: Printed(92.4, 0.0, 3.7, 0.0, 10, 100.0)}).says == "contradicted"


def test_means_are_contradicted_only_beyond_the_widest_pairing() -> None:
    test = Difference(of="acc_clean of a at acute", minus="acc_clean of b at acute", above=0)
    table = {A: Printed(50.0, 0.05, 5.0, 0.05, 10, 100.0), B: Printed(53.0, 0.05, 5.0, 0.05, 10, 100.0)}
    assert compute(test, table).says == "possible"
    assert compute(test, {**table, B: Printed(70.0, 0.05, 5.0, 0.05, 10, 100.0)}).says == "contradicted"
    assert compute(Mean(of="acc_clean of c at acute", above=0), table).says == "not printed"


def test_shares_of_subjects_have_their_spread_from_their_mean() -> None:
    cell = printed("switch-relapse")[Cell("ssri", "maintenance=150", "manic_relapse")]
    assert cell.sd == pytest.approx(30.0)
    assert printed("demo") == {}


def test_the_articles_own_tables_allow_most_of_its_claims() -> None:
    table = printed("switch-relapse")
    said = {
        name: {compute(test, table).says for test in reading.tests}
        for claim in claims_of(load("switch-relapse"))
        for name, reading in claim.named
    }
    # 91.6 with SD 3.9 in ten subjects cannot be above 91 throughout, whatever the values
    assert said["every-seed"] == {"contradicted"}
    assert said["near-ceiling"] == {"implied"}
    assert "contradicted" not in said["relapse-order"]


def test_a_charitable_reading_is_excluded_by_no_table_unless_the_sentence_is() -> None:
    """Sentences that are true of the tables in one fair reading: against an intact network, by gain and activation."""
    table = printed("switch-relapse")
    excluded = {
        claim.id
        for claim in claims_of(load("switch-relapse"))
        if claim.readings
        and all(any(compute(t, table).says == "contradicted" for t in r.tests) for r in claim.readings)
    }
    assert excluded == {"latent", "every-seed", "washed-out"}


def test_printed_extremes_bound_every_value() -> None:
    cell = Cell("a", "acute", "y")
    plain = Printed(70.0, 0.05, 15.0, 0.05, 10, 100.0)
    test = Every(of="y of a at acute", above=30)
    assert compute(test, {cell: plain}).says == "possible"
    assert compute(test, {cell: replace(plain, smallest=50.0, largest=100.0)}).says == "implied"
    assert compute(test, {cell: replace(plain, smallest=20.0)}).says == "contradicted"


def test_a_share_of_subjects_is_no_matter_of_means_and_sds() -> None:
    cell = Cell("a", "acute", "y")
    test = Every(of="y of a at acute", above=91, share=60)
    assert compute(test, {cell: Printed(91.6, 0.05, 3.9, 0.05, 10, 100.0)}).says == "possible"
