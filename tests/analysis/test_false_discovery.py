"""q values: those of statsmodels, blind to what was not tested, and no more false findings than they say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from resynapse.analysis.false_discovery import q_values

p_values = st.lists(st.floats(0, 1) | st.none() | st.just(float("nan")), max_size=30)


@given(p_values)
def test_they_are_those_of_statsmodels_over_what_was_tested(given_p: list[float | None]) -> None:
    known = [p for p in given_p if p is not None and p == p]
    found = q_values(given_p)
    assert [q is None for q in found] == [p is None or p != p for p in given_p]
    expected = multipletests(known, method="fdr_bh")[1] if known else []
    assert [q for q in found if q is not None] == pytest.approx(list(expected))


@given(p_values)
def test_q_is_never_below_p_and_keeps_its_order(given_p: list[float | None]) -> None:
    pairs = sorted((p, q) for p, q in zip(given_p, q_values(given_p), strict=True) if p is not None and q is not None)
    assert all(q >= p - 1e-12 for p, q in pairs)
    assert all(one[1] <= two[1] + 1e-12 for one, two in pairwise(pairs))


def test_of_findings_at_five_percent_no_more_than_that_are_false() -> None:
    """Over many families with 20 true and 80 false hypotheses, within the error of the simulation."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(500):
        null, real = rng.random(80), rng.beta(0.05, 5, 20)
        found = np.array(q_values([*null, *real]), dtype=float) <= 0.05
        shares.append(found[:80].sum() / max(1, found.sum()))
    assert np.mean(shares) <= 0.05 + 3 * np.std(shares) / np.sqrt(500)


def test_what_is_no_p_is_refused() -> None:
    with pytest.raises(ValueError, match="no p values"):
        q_values([0.5, 1.5])
