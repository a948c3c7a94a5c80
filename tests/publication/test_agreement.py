"""How far a run agrees: what is shown, what could have been shown, and which way it leans."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.analysis.made import as_published
from tests.publication.test_equivalence import CELL

import resynapse as rs
from resynapse.errors import ResynapseError
from resynapse.publication.agreement import Agreement, agreement, detectable

VERDICTS = ("equivalent", "constant", "differs", "differs, within margin", "neither", "undecided", "not run")


def _made(subjects: int, **made: float) -> Agreement:
    protocol = rs.load("switch-relapse")
    return agreement(as_published(protocol, subjects, **made), protocol)  # type: ignore[arg-type]


@pytest.mark.parametrize(("subjects", "shift"), [(1, 0.0), (3, 0.0), (10, 0.0), (10, 3.0), (60, -3.0)])
def test_every_measured_cell_has_one_conclusion(subjects: int, shift: float) -> None:
    found = _made(subjects, shift=shift)
    assert sum(found.count(verdict) for verdict in VERDICTS) == len(found.measured) == 85  # type: ignore[arg-type]
    assert found.frame().height == 129
    assert found.frame()["conclusion"].null_count() == 44


def test_not_shown_to_differ_is_not_agreement() -> None:
    """Equal means, few subjects, large spread: nothing differs, and little is shown to be close."""
    found = _made(10)
    assert found.count("differs", "differs, within margin") == 0
    assert found.count("neither") > 10
    assert found.count("equivalent") < 85 - 10


def test_a_small_difference_can_be_shown_and_be_within_the_margin() -> None:
    found = _made(60, shift=-3.0)
    assert found.count("differs, within margin") > 0
    both = [m for m in found.measured if m.verdict == "differs, within margin"]
    assert all(m.equivalent and m.cell.verdict == "differs" for m in both)


@given(st.floats(0.5, 30.0), st.floats(0.5, 30.0), st.integers(5, 60))
def test_the_detectable_shift_is_that_of_a_two_sample_t_test_beyond_the_margin(sd: float, other: float, n: int) -> None:
    """Where the margin does not bind, against the noncentral t of equal SDs."""
    found = detectable(replace(CELL, published_sd=sd * math.sqrt(9 / 10), sd=sd, n=10, published_n=10))
    assert found is not None
    error = sd * math.sqrt(2 / 10)
    bound = stats.t.ppf(0.975, 18)
    if bound * error > 2 * CELL.margin:
        power = stats.nct.sf(bound, 18, found / error) + stats.nct.cdf(-bound, 18, found / error)
        assert power == pytest.approx(0.8, abs=0.005)
    assert found > CELL.margin
    wider = detectable(replace(CELL, published_sd=sd * math.sqrt(9 / 10) + other, sd=sd, n=10, published_n=10))
    more = detectable(replace(CELL, published_sd=sd * math.sqrt(9 / 10), sd=sd, n=10 + n, published_n=10))
    assert wider is not None
    assert more is not None
    assert wider > found > more


def test_the_detectable_shift_is_called_differs_in_80_of_100() -> None:
    cell = replace(CELL, published_sd=9.0, sd=8.0)
    shift = detectable(cell)
    assert shift is not None
    rng, trials = np.random.default_rng(0), 20_000
    theirs = rng.normal(0.0, 9.0 * math.sqrt(10 / 9), (trials, 10))
    ours = rng.normal(shift, 8.0, (trials, 10))
    rejected = float(np.mean(stats.ttest_ind(ours, theirs, axis=1, equal_var=False).pvalue < 0.05))
    # Welch's degrees of freedom are estimated, which costs about half a point of power
    assert rejected == pytest.approx(0.8, abs=0.01 + 4 * math.sqrt(0.16 / trials))


def test_without_spread_or_interval_no_shift_is_detectable() -> None:
    flat = replace(CELL, published_sd=0.0, sd=0.0)
    for cell in (flat, replace(CELL, sd=None), replace(CELL, published_sd=None), replace(CELL, mean=None)):
        assert detectable(cell) is None


def test_the_looks_of_a_trajectory_lean_together() -> None:
    tracks = _made(10, shift=-1.0).tracks
    assert [(t.arm, t.looks, t.below, t.above) for t in tracks] == [
        ("ketamine", 7, 7, 0), ("ssri", 7, 7, 0), ("neurosteroid", 8, 8, 0),
    ]  # fmt: skip
    assert all(t.mean == pytest.approx(-1.0) for t in tracks)


def test_a_trajectory_is_equivalent_only_if_every_look_is() -> None:
    found = _made(10)
    own = sum(m.equivalent for m in found.measured if m.standing.kind == "own")
    tracks = {m.standing.of for m in found.measured if m.standing.kind == "trajectory"}
    whole = [
        all(m.equivalent for m in found.measured if m.standing.of == of and m.standing.kind == "trajectory")
        for of in tracks
    ]
    assert found.separate_equivalent == own + sum(whole)
    assert found.separate == 37 + 3


def test_a_wider_margin_never_shows_less() -> None:
    found = _made(10, shift=1.0)
    counts = [found.within(points, points / 100) for points in (1.0, 2.0, 5.0, 10.0, 100.0)]
    assert counts == sorted(counts)
    assert counts[2] == sum(m.equivalent for m in found.measured)


def test_a_protocol_without_tables_is_refused(tiny: rs.Protocol) -> None:
    with pytest.raises(ResynapseError, match="no published table"):
        rs.run(tiny.only(["untreated"]), subjects=1).agreement()
