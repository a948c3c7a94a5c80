"""Time to relapse: Kaplan-Meier, bands, log-rank and restricted means against lifelines and closed forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from lifelines.utils import restricted_mean_survival_time

import resynapse as rs
from resynapse.analysis.cells import Cells, at_count
from resynapse.analysis.intervals import proportion_interval
from resynapse.analysis.kaplan_meier import Times, first_below, kaplan_meier
from resynapse.analysis.parts.contrasts import sign_flip
from resynapse.analysis.parts.survival import survival
from resynapse.protocol import dump, parse

Tidy = Callable[..., pl.DataFrame]

COUNTS = (25.0, 50.0, 100.0, 150.0, 200.0, 300.0)


def _times(rng: np.random.Generator, n: int, censoring: bool) -> Times:
    time = rng.choice(COUNTS, n)
    relapsed = rng.random(n) < 0.6
    time = np.where(relapsed, time, time if censoring else COUNTS[-1])
    return Times(np.arange(n), time, relapsed, COUNTS[-1])


@pytest.mark.parametrize("censoring", [True, False])
def test_the_curve_is_that_of_lifelines(censoring: bool) -> None:
    times = _times(np.random.default_rng(1), 40, censoring)
    well, _ = kaplan_meier(times, (0.0, *COUNTS))
    theirs = KaplanMeierFitter().fit(times.time, times.relapsed).survival_function_at_times([0.0, *COUNTS])
    assert well == pytest.approx(100 * theirs.to_numpy())


def test_with_early_censoring_the_band_is_greenwoods_on_the_log_log_scale() -> None:
    times = _times(np.random.default_rng(2), 40, censoring=True)
    _, intervals = kaplan_meier(times, COUNTS)
    fitted = KaplanMeierFitter().fit(times.time, times.relapsed)
    band = fitted.confidence_interval_.reindex(COUNTS).to_numpy()
    for interval, (low, high) in zip(intervals, band, strict=True):
        if interval.low is None:
            assert "Greenwood" in interval.note
        else:
            assert (interval.low, interval.high) == pytest.approx((100 * low, 100 * high))


def test_without_early_censoring_each_share_is_a_plain_share_of_subjects() -> None:
    times = _times(np.random.default_rng(3), 12, censoring=False)
    well, intervals = kaplan_meier(times, COUNTS)
    for count, share, interval in zip(COUNTS, well, intervals, strict=True):
        alive = int(np.sum(~(times.relapsed & (times.time <= count))))
        assert share == pytest.approx(100 * alive / 12)
        assert interval == proportion_interval(alive, 12)


def test_the_first_count_below_the_threshold_is_the_time() -> None:
    nan = float("nan")
    below = np.array([[0, 1, 0], [1, 1, 1], [0, 0, 0], [0, nan, 1], [0, 0, nan]])
    times = first_below(below, (10.0, 20.0, 30.0), np.arange(5))
    assert times.time.tolist() == [20.0, 10.0, 30.0, 30.0, 20.0]
    assert times.relapsed.tolist() == [True, True, False, True, False]
    assert not times.complete
    assert first_below(below[:3], (10.0, 20.0, 30.0), np.arange(3)).complete


def _cells(tidy: Tidy, **arms: np.ndarray) -> Cells:
    """All had remitted when maintained; each arm has its first step of the washout below the threshold, by subject."""
    values: dict[tuple[str, str, str], list[float]] = {}
    for arm, first in arms.items():
        values[arm, "maintained", "acc_biased_1.0"] = [90.0] * len(first)
        for count in COUNTS:
            values[arm, f"washout={count:g}", "acc_biased_1.0"] = [50.0 if t <= count else 80.0 for t in first]
    return Cells.of(tidy(values))


@pytest.fixture
def two(tidy: Tidy) -> tuple[Cells, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    a, b = rng.choice([*COUNTS, np.inf], 11), rng.choice([25.0, 50.0, 100.0, np.inf], 11)
    return _cells(tidy, ketamine=a, ssri=b), a, b


def test_the_restricted_mean_is_the_area_under_the_curve(two: tuple[Cells, np.ndarray, np.ndarray]) -> None:
    cells, a, _ = two
    curve = survival(cells, rs.load("washout"))[0][0]
    fitted = KaplanMeierFitter().fit(np.minimum(a, 300.0), np.isfinite(a))
    assert curve.horizon == 300.0
    assert curve.restricted_mean == pytest.approx(restricted_mean_survival_time(fitted, t=300.0))
    assert curve.restricted_mean == pytest.approx(np.minimum(a, 300.0).mean())
    assert curve.events == np.isfinite(a).sum()
    assert curve.at_risk[0] == 11
    low, high = curve.restricted_interval.low, curve.restricted_interval.high
    assert low is not None
    assert high is not None
    assert low < curve.restricted_mean < high


def test_log_rank_is_that_of_lifelines_and_the_paired_test_that_of_the_differences(
    two: tuple[Cells, np.ndarray, np.ndarray],
) -> None:
    cells, a, b = two
    (found, *_) = survival(cells, rs.load("washout"))[1]
    assert (found.arm, found.other) == ("ssri", "ketamine")
    short = [np.minimum(x, 300.0) for x in (b, a)]
    theirs = logrank_test(*short, np.isfinite(b), np.isfinite(a))
    assert found.logrank_p == pytest.approx(theirs.p_value)
    differences = short[0] - short[1]
    assert found.difference == pytest.approx(differences.mean())
    assert found.p == sign_flip(differences[:, None], np.arange(11))[0][0]
    assert found.n == 11


def test_the_median_is_the_first_count_at_which_half_have_relapsed(tidy: Tidy) -> None:
    cells = _cells(tidy, ssri=np.array([25.0, 50.0, np.inf, np.inf]), ketamine=np.full(4, np.inf))
    curves, _ = survival(cells, rs.load("washout"))
    assert {(c.arm, c.population): c.median for c in curves} == {
        ("ssri", "remitted"): 50.0, ("ssri", "all"): 50.0, ("ketamine", "remitted"): None, ("ketamine", "all"): None,
    }  # fmt: skip


def test_nobody_relapsing_is_no_test_but_a_bound(tidy: Tidy) -> None:
    cells = _cells(tidy, ssri=np.full(10, np.inf), ketamine=np.full(10, np.inf))
    curves, found = survival(cells, rs.load("washout"))
    assert curves[0].intervals[-1].low == pytest.approx(69.15, abs=0.01)
    assert {(c.logrank_p, c.logrank_note) for c in found} == {(None, "no subject relapsed in either arm")}
    assert found[0].note == "no subject relapsed in either arm"
    assert found[0].p == 1.0


def test_those_who_never_remitted_are_not_at_risk(tidy: Tidy) -> None:
    values = {("ssri", f"washout={c:g}", "acc_biased_1.0"): [50.0, 50.0, 80.0] for c in COUNTS}
    values["ssri", "maintained", "acc_biased_1.0"] = [30.0, 90.0, 90.0]
    curves, _ = survival(Cells.of(tidy(values)), rs.load("washout"))
    assert {(c.population, c.n, c.events) for c in curves} == {("remitted", 2, 1), ("all", 3, 2)}


def test_different_subjects_in_two_arms_are_compared_by_log_rank_alone(tidy: Tidy) -> None:
    values: dict[tuple[str, str, str], list[float | None]] = {}
    for arm, mine in (("ketamine", (0, 1, 2)), ("ssri", (3, 4, 5))):
        for c in COUNTS:
            values[arm, f"washout={c:g}", "acc_biased_1.0"] = [
                (50.0 if arm == "ssri" else 80.0) if s in mine else None for s in range(6)
            ]
    _, (found,) = survival(Cells.of(tidy(values)), rs.load("washout"))
    assert found.difference is None
    assert found.note == "no subject is in both curves"
    assert found.logrank_p == pytest.approx(logrank_test([300.0] * 3, [25.0] * 3, [False] * 3, [True] * 3).p_value)


def test_time_along_the_washout_is_found_for_each_duration_of_maintenance(tiny: rs.Protocol) -> None:
    content = dump(tiny)
    discontinue, decay, assess = content["follow_up"][-1]["fork"]
    content["follow_up"][-1]["fork"] = [discontinue, {**decay, "at": [10, 30, 50], "fork": [assess]}]
    washout = parse(content)
    table = rs.run(washout, subjects=3).table()
    curves, _ = survival(Cells.of(table), washout)
    assert {(c.within, c.times) for c in curves} == {
        ("maintenance=2", (10.0, 30.0, 50.0)), ("maintenance=4", (10.0, 30.0, 50.0)),
    }  # fmt: skip
    assert {at_count(c.within, t) for c in curves for t in c.times} <= set(table["condition"])


def test_an_arm_of_one_or_two_subjects_has_no_log_rank_p(tidy: Tidy) -> None:
    values: dict[tuple[str, str, str], list[float | None]] = {}
    for arm, remitted in (("ketamine", 10), ("ssri", 1), ("untreated", 3)):
        values[arm, "maintained", "acc_biased_1.0"] = [90.0 if s < remitted else 30.0 for s in range(10)]
        for c in COUNTS:
            values[arm, f"washout={c:g}", "acc_biased_1.0"] = [80.0 if arm == "ketamine" else 50.0] * 10
    found = survival(Cells.of(tidy(values)), rs.load("washout"))[1]
    tested = {frozenset((c.arm, c.other)): c for c in found if c.population == "remitted"}
    one = tested[frozenset(("ssri", "ketamine"))]
    assert one.logrank_p is None
    assert one.logrank_note == "1 subject in an arm: no log-rank p below 3"
    assert tested[frozenset(("untreated", "ketamine"))].logrank_p is not None


def test_nothing_is_said_of_a_count_at_which_nobody_was_tested(two: tuple[Cells, np.ndarray, np.ndarray]) -> None:
    curves, _ = survival(two[0], rs.load("washout"))
    assert {c.times for c in curves} == {COUNTS}
    assert {len(c.intervals) for c in curves} == {len(COUNTS)}


def test_the_long_table_has_no_condition_that_does_not_exist(looked_at: rs.Protocol) -> None:
    run = rs.run(looked_at, subjects=3)
    found = run.analyse().frame().filter(pl.col("part").str.starts_with("time to relapse"))
    conditions = set(found.filter(pl.col("quantity") == "still well")["condition"])
    assert conditions <= set(run.table()["condition"])
    assert found.filter(pl.col("quantity") == "at risk").height == found.filter(quantity="still well").height


def test_who_is_below_at_count_zero_has_relapsed_at_zero(tidy: Tidy) -> None:
    """As the protocol's own `first` rule says; among the remitted time starts after that test."""
    stress = {0: [50.0, 90.0, 90.0, 90.0], 1: [70.0, 50.0, 90.0, 90.0], 2: [50.0, 50.0, 90.0, 90.0]}
    values = {("ssri", f"cycle={c}", "stress_test"): column for c, column in stress.items()}
    curves, _ = survival(Cells.of(tidy(values)), rs.load("kindling"))
    found = {c.population: c for c in curves}
    assert (found["all"].times, found["all"].well) == ((0.0, 1.0, 2.0), (75.0, 50.0, 50.0))
    assert found["all"].restricted_mean == pytest.approx(np.mean([0, 1, 2, 2]))
    assert (found["remitted"].n, found["remitted"].times) == (3, (1.0, 2.0))
    assert found["remitted"].restricted_mean == pytest.approx(np.mean([1, 2, 2]))


def test_time_to_relapse_along_the_washout_of_the_library(tidy: Tidy) -> None:
    """`washout` lays its threshold by `first` rules: the curve has their values as its times."""
    steps = range(0, 130, 5)
    values: dict[tuple[str, str, str], list[float]] = {}
    for arm, first in (("ketamine", (20, 60, 100, 999)), ("ssri", (5, 5, 10, 999))):
        values[arm, "maintained", "acc_biased_1.0"] = [90.0] * 4
        for c in steps:
            values[arm, f"washout={c}", "acc_biased_1.0"] = [50.0 if t <= c else 80.0 for t in first]
    curves, found = survival(Cells.of(tidy(values)), rs.load("washout"))
    remitted = {c.arm: c for c in curves if (c.outcome, c.population) == ("manic_relapse_step", "remitted")}
    assert (remitted["ketamine"].events, remitted["ketamine"].median) == (3, 60.0)
    assert remitted["ketamine"].restricted_mean == pytest.approx((20 + 60 + 100 + 125) / 4)
    assert remitted["ketamine"].intervals[-1] == proportion_interval(1, 4)
    one = next(c for c in found if c.population == "remitted")
    assert one.difference == pytest.approx((-15 - 55 - 90 + 0) / 4)
    theirs = logrank_test([5, 5, 10, 125], [20, 60, 100, 125], [True] * 3 + [False], [True] * 3 + [False])
    assert one.logrank_p == pytest.approx(theirs.p_value)
