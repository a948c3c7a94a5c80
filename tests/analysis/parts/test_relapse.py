"""Relapse: who is counted, among whom, and an interval that knows that counts of one subject are one network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.intervals import mean_interval, proportion_interval
from resynapse.analysis.parts.relapse import Relapse, relapse
from resynapse.protocol import dump, parse
from resynapse.protocol.derived_outcomes import Below, Mean, derive

Tidy = Callable[..., pl.DataFrame]

COUNTS = (25, 50, 100, 150, 200, 300)


def _cells(tidy: Tidy, acute: list[float | None], after: list[list[float | None]], arm: str = "ssri") -> Cells:
    """`after` has one list a subject, one value a count."""
    values: dict[tuple[str, str, str], list[float | None]] = {(arm, "acute", "acc_biased_1.0"): acute}
    for index, count in enumerate(COUNTS[: len(after[0])]):
        values[arm, f"maintenance={count}", "acc_biased_1.0"] = [row[index] for row in after]
    return Cells.of(tidy(values))


def _relapse(tidy: Tidy, acute: list[float | None], after: list[list[float | None]]) -> Relapse:
    (found,) = relapse(_cells(tidy, acute, after), rs.load("switch-relapse"))
    return found


def test_relapse_is_counted_among_all_and_among_those_who_had_remitted(tidy: Tidy) -> None:
    found = _relapse(tidy, [80, 80, 50, 50], [[50, 70], [70, 70], [50, 50], [70, 50]])
    assert (found.remission, found.discontinued) == ("acute", False)
    assert found.of_all.value == pytest.approx(100 * (0.5 + 0 + 1 + 0.5) / 4)
    assert found.of_remitted is not None
    assert (found.of_remitted.value, found.of_remitted.n) == (25.0, 2)
    first = found.counts[0]
    assert (first.count, first.of_all.value, first.of_all.n) == (25.0, 50.0, 4)
    assert first.of_remitted is not None
    assert (first.of_remitted.value, first.of_remitted.n) == (50.0, 2)


probe = st.integers(30, 90)


@given(st.lists(st.tuples(probe, st.lists(st.tuples(probe, probe), min_size=2, max_size=2)), min_size=1, max_size=6))
def test_relapse_is_counted_from_the_state_that_is_discontinued(
    tidy: Tidy, subjects: list[tuple[int, list[tuple[int, int]]]]
) -> None:
    """Each subject: the probe at acute, and right before and after the stop at two durations."""
    values: dict[tuple[str, str, str], list[float]] = {
        ("neurosteroid", "acute", "acc_biased_1.0"): [acute for acute, _ in subjects]
    }
    for place, count in enumerate(COUNTS[:2]):
        for side, condition in enumerate(("maintained", "maintenance")):
            column = [stops[place][side] for _, stops in subjects]
            values["neurosteroid", f"{condition}={count}", "acc_biased_1.0"] = column
    (found,) = (r for r in relapse(Cells.of(tidy(values)), rs.load("switch-relapse")) if r.within == "maintenance")
    assert (found.remission, found.discontinued) == ("maintained", True)
    for place, at in enumerate(found.counts):
        # whatever acute said: who was below before the stop had nothing to lose
        had = [stops[place][0] >= 60 for _, stops in subjects]
        lost = [stops[place][0] >= 60 > stops[place][1] for _, stops in subjects]
        assert at.fates is not None
        assert at.of_remitted is not None
        assert at.fates.relapsed.value == pytest.approx(100 * np.mean(lost))
        assert at.fates.never_well.value == pytest.approx(100 * (1 - np.mean(had)))
        assert at.of_remitted.n == sum(had)
    ever_had = [any(before >= 60 for before, _ in stops) for _, stops in subjects]
    ever_lost = [any(before >= 60 > after for before, after in stops) for _, stops in subjects]
    assert found.fates is not None
    assert found.of_remitted is not None
    assert found.fates.relapsed.value == pytest.approx(100 * np.mean(ever_lost))
    assert found.fates.never_well.value == pytest.approx(100 * (1 - np.mean(ever_had)))
    own = [
        np.mean([100 * (after < 60) for before, after in stops if before >= 60])
        for (_, stops), had_once in zip(subjects, ever_had, strict=True)
        if had_once
    ]
    assert found.of_remitted.n == len(own)
    assert found.of_remitted.value == (pytest.approx(np.mean(own)) if own else None)


def test_never_well_relapsed_and_well_are_all_subjects(tidy: Tidy) -> None:
    found = _relapse(tidy, [80, 80, 50, 59.9], [[50, 70], [70, 70], [50, 50], [70, 70]])
    for fates in (found.fates, *(at.fates for at in found.counts)):
        assert fates is not None
        shares = [fates.never_well.value, fates.relapsed.value, fates.well.value]
        assert sum(s for s in shares if s is not None) == pytest.approx(100.0)
    assert found.fates is not None
    assert found.fates.never_well.value == 50.0
    assert found.fates.relapsed.value == 25.0


def test_the_threshold_itself_is_no_relapse(tidy: Tidy) -> None:
    found = _relapse(tidy, [60, 60], [[60, 60], [59.999, 60]])
    assert found.of_all.value == 25.0
    assert found.fates is not None
    assert found.fates.never_well.value == 0.0


def test_counts_of_one_subject_that_agree_carry_no_information_of_their_own(tidy: Tidy) -> None:
    """Six counts that are one answer: the interval is that of the subjects, and the design effect is six, by n - 1."""
    rng = np.random.default_rng(1)
    acute: list[float | None] = [80.0] * 20
    answers = rng.random(20) < 0.4
    found = _relapse(tidy, acute, [[50.0 if a else 70.0] * 6 for a in answers])
    exact = proportion_interval(int(answers.sum()), 20)
    assert (found.of_all.interval.low, found.of_all.interval.high) == (exact.low, exact.high)
    assert found.design_effect == pytest.approx(6 * 20 / 19)


def test_independent_counts_have_a_design_effect_near_one(tidy: Tidy) -> None:
    rng = np.random.default_rng(2)
    after = np.where(rng.random((400, 6)) < 0.3, 50.0, 70.0).tolist()
    found = _relapse(tidy, [80.0] * 400, after)
    # a variance ratio of 400 subjects has a standard error of about sqrt(2 / 400); five of them
    assert found.design_effect == pytest.approx(1.0, abs=5 * np.sqrt(2 / 400))


def test_the_interval_covers_the_share_of_clustered_counts(tidy: Tidy) -> None:
    """Subjects with their own liability: 300 cohorts of ten; coverage may miss 95 % by the known skewness, not more."""
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(300):
        liability = rng.beta(2, 2, 10)
        own = 100 * rng.binomial(6, liability) / 6
        hits += 50.0 in mean_interval(own, "percent")
    # 0.93 or better, less four binomial standard errors of 300 cohorts
    assert hits / 300 > 0.93 - 4 * np.sqrt(0.93 * 0.07 / 300)


def test_at_the_bound_the_interval_is_that_of_the_subjects_not_of_their_counts(tidy: Tidy) -> None:
    found = _relapse(tidy, [80.0] * 10, [[70.0] * 6] * 10)
    assert found.of_all.value == 0.0
    assert found.of_all.interval.high == pytest.approx(30.85, abs=0.01)
    assert found.design_effect is None


def test_nobody_remitted_is_said_not_divided_by(tidy: Tidy) -> None:
    found = _relapse(tidy, [30.0] * 3, [[20.0, 20.0]] * 3)
    assert found.of_remitted is not None
    assert (found.of_remitted.value, found.of_remitted.n) == (None, 0)
    assert found.of_remitted.interval.note == "no value"


def test_without_a_test_before_there_is_no_remission(tidy: Tidy) -> None:
    values = {("ssri", f"maintenance={c}", "acc_biased_1.0"): [50, 70] for c in COUNTS}
    (found,) = relapse(Cells.of(tidy(values)), rs.load("switch-relapse"))
    assert found.of_remitted is None
    assert found.fates is None
    assert "no test of remission" in found.note


def test_along_cycles_count_zero_tests_remission_and_is_counted_among_all(tidy: Tidy) -> None:
    values = {
        ("ssri", f"cycle={c}", "acc_combined"): column for c, column in ((0, [90, 70]), (1, [85, 75]), (2, [75, 79]))
    }
    (found,) = relapse(Cells.of(tidy(values)), rs.load("chronic-stress"))
    assert found.remission == "cycle=0"
    assert [(at.count, at.of_all.value) for at in found.counts] == [(0.0, 50.0), (1.0, 50.0), (2.0, 100.0)]
    assert found.of_all.value == pytest.approx(100 * (1 / 3 + 1) / 2)
    assert found.counts[0].of_remitted is None
    assert found.of_remitted is not None
    assert (found.of_remitted.value, found.of_remitted.n) == (50.0, 1)
    assert found.fates is not None
    assert (found.fates.never_well.value, found.fates.relapsed.value) == (50.0, 50.0)


@pytest.mark.parametrize("name", ["kindling", "chronic-stress"])
def test_relapse_of_all_is_the_protocols_own_share_of_cycles(name: str, tidy: Tidy) -> None:
    """A `mean` of the rule over its condition, as `share_of_cycles_relapsed` in kindling, counts cycle 0 too."""
    protocol = rs.load(name)
    rule = next(r for r in protocol.derived if isinstance(r, Below))
    rng = np.random.default_rng(5)
    values = {("ssri", f"{rule.within}={c}", rule.of): rng.uniform(40, 100, 9).tolist() for c in range(6)}
    mean = Mean(outcome="share", of=rule.outcome, within=rule.within, condition="course")
    own = [
        derive([rule, mean], {(k[1], k[2]): column[subject] for k, column in values.items()})["course", "share"]
        for subject in range(9)
    ]
    (found,) = relapse(Cells.of(tidy(values)), protocol)
    assert found.of_all.value == pytest.approx(np.mean(own))


def test_a_test_before_treatment_is_no_test_of_remission(tidy: Tidy, tiny: rs.Protocol) -> None:
    content = dump(tiny)
    content["induction"].append({"assess": {"condition": "baseline", "outcomes": ["acc_biased_1.0"]}})
    values: dict[tuple[str, str, str], list[float]] = {("ssri", "baseline", "acc_biased_1.0"): [30.0, 30.0]}
    values |= {("ssri", f"maintenance={c}", "acc_biased_1.0"): [70.0, 50.0] for c in (2, 4)}
    (found,) = relapse(Cells.of(tidy(values)), parse(content))
    assert (found.remission, found.of_remitted, found.fates) == ("", None, None)
    values |= {("ssri", "acute", "acc_biased_1.0"): [80.0, 80.0]}
    (found,) = relapse(Cells.of(tidy(values)), parse(content))
    assert found.remission == "acute"
    assert found.fates is not None
    assert found.fates.never_well.value == 0.0


def test_a_rule_that_asks_for_the_first_step_below_has_its_fates(tidy: Tidy) -> None:
    values: dict[tuple[str, str, str], list[float]] = {("ssri", "maintained", "acc_biased_1.0"): [80.0, 80.0, 50.0]}
    values |= {("ssri", f"washout={c}", "acc_biased_1.0"): [80.0, 80.0 - c, 50.0] for c in (0, 25, 50)}
    (found,) = relapse(Cells.of(tidy(values)), rs.load("washout"))
    assert (found.outcome, found.within, found.remission) == ("manic_relapse_step", "washout", "maintained")
    assert found.fates is not None
    shares = (found.fates.never_well.value, found.fates.relapsed.value, found.fates.well.value)
    assert shares == pytest.approx((100 / 3, 100 / 3, 100 / 3))


def test_a_subject_that_misses_a_count_is_judged_by_the_others(tidy: Tidy) -> None:
    found = _relapse(tidy, [80, 80], [[50, None], [70, 70]])
    assert found.of_all.value == 50.0
    assert found.counts[1].of_all.n == 1


def test_it_agrees_with_the_derived_outcomes_of_a_real_run(tiny: rs.Protocol) -> None:
    run = rs.run(tiny, subjects=3)
    means = {
        r["arm"]: r["mean"] for r in run.summary().filter(outcome="manic_relapse_probability").iter_rows(named=True)
    }
    found = relapse(Cells.of(run.table()), tiny)
    assert {r.arm: r.of_all.value for r in found} == pytest.approx(means)


def test_a_rule_among_some_subjects_counts_those_alone(tidy: Tidy, tiny: rs.Protocol) -> None:
    content = dump(tiny)
    (below,) = (rule["below"] for rule in content["derived"] if "below" in rule)
    below["among"] = "acc_combined >= 90 at acute"
    values: dict[tuple[str, str, str], list[float | None]] = {
        ("ssri", "acute", "acc_combined"): [95.0, 80.0, 90.0, None], ("ssri", "acute", "acc_biased_1.0"): [80.0] * 4,
    }  # fmt: skip
    values |= {("ssri", f"maintenance={c}", "acc_biased_1.0"): [50.0, 50.0, 70.0, 50.0] for c in (2, 4)}
    (found,) = relapse(Cells.of(tidy(values)), parse(content))
    assert (found.of_all.value, found.of_all.n) == (50.0, 2)
