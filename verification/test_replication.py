"""Ten simulated subjects meet the published tables, by criteria fixed here that hold under any dependence of cells."""

from __future__ import annotations

import math

import polars as pl
import pytest
from scipy import stats

import resynapse as rs
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import welch
from resynapse.publication.comparison import Comparison, compare, published
from resynapse.report.sections.agreement import agreement_words

FAMILY_LEVEL = 0.05
CLEAR = 0.001
"""Level at which a published difference between two arms counts as clear."""


def test_no_cell_differs_by_more_than_chance_allows_in_so_many_cells(
    comparison: Comparison, replication: rs.Run
) -> None:
    """Bonferroni over the measured cells: valid although cells of one subject depend on each other."""
    print("\n".join(agreement_words(replication.agreement())))
    measured = [c for c in comparison.cells if c.outcome not in SETTINGS]
    beyond = []
    for cell in measured:
        assert cell.mean is not None
        assert cell.sd is not None
        assert cell.published_sd is not None
        assert cell.difference is not None
        _, df, error = welch(cell.published_sd * math.sqrt(10 / 9), 10, cell.sd, cell.n)
        p = 2 * stats.t.sf(abs(cell.difference) / error, df) if error else float(cell.difference == 0)
        if abs(cell.difference) > cell.margin and p < FAMILY_LEVEL / len(measured):
            beyond.append((cell.arm, cell.condition, cell.outcome, cell.difference, p))
    assert len(measured) == 85
    assert beyond == []


def test_the_settings_are_the_articles(comparison: Comparison) -> None:
    settings = [c for c in comparison.cells if c.outcome in SETTINGS]
    assert len(settings) == 44
    assert {c.verdict for c in settings} == {"agrees"}
    assert all(c.difference is not None and abs(c.difference) < 0.06 for c in settings)


def test_manic_switch_agrees_with_its_own_tables(replication: rs.Run) -> None:
    """It is the first part of switch-relapse, so the same subjects answer for it."""
    protocol, whole = rs.load("manic-switch"), replication.protocol
    assert (protocol.induction, protocol.arms) == (whole.induction, whole.arms)
    assert whole.follow_up[: len(protocol.follow_up)] == protocol.follow_up
    found = compare("manic-switch", replication.table())
    assert found.count("agrees") + found.count("differs") == 54
    for cell in found.cells:
        if cell.verdict == "differs":
            assert cell.published_sd is not None
            assert cell.sd is not None
            assert cell.difference is not None
            _, df, error = welch(cell.published_sd * math.sqrt(10 / 9), 10, cell.sd, cell.n)
            assert 2 * stats.t.sf(abs(cell.difference) / error, df) > FAMILY_LEVEL / 54, cell


def test_every_clear_order_of_two_arms_in_the_article_is_found_again(replication: rs.Run) -> None:
    """Orders whose published difference is clear at one in a thousand, from means, SDs and n as printed."""
    cells = {(r["arm"], r["condition"], r["outcome"]): r for r in published("switch-relapse").iter_rows(named=True)}
    ours = {(r[0], r[1], r[2]): r[3] for r in replication.summary().rows()}
    arms = list(replication.protocol.arms)
    clear = []
    for condition, outcome in dict.fromkeys((c, o) for _, c, o in cells):
        for i, one in enumerate(arms):
            for two in arms[i + 1 :]:
                pair = [cells.get((arm, condition, outcome)) for arm in (one, two)]
                if None in pair or any(not p["sd"] for p in pair if p):
                    continue
                means, sds = zip(
                    *((float(p["mean"]), float(p["sd"]) * math.sqrt(10 / 9)) for p in pair if p), strict=True
                )
                _, df, error = welch(sds[0], 10, sds[1], 10)
                if error and 2 * stats.t.sf(abs(means[0] - means[1]) / error, df) < CLEAR:
                    found = ours[one, condition, outcome] - ours[two, condition, outcome]
                    clear.append((condition, outcome, one, two, math.copysign(1, means[0] - means[1]) * found > 0))
    assert len(clear) > 40
    assert [c for c in clear if not c[-1]] == []


@pytest.fixture(scope="module")
def regrown() -> pl.DataFrame:
    """The ketamine-like arm with its regrowth chosen by three rules, on the same ten subjects."""
    protocol = rs.load("manic-switch")
    arms = {
        "keyed": rs.Regrow(of_pruned=0.5),
        "index": rs.Regrow(of_pruned=0.5, ties="index"),
        "random": rs.Regrow(of_pruned=0.5, by="random"),
    }
    for name, regrow in arms.items():
        protocol = protocol.with_arm(name, [rs.Drug(gain=1.25), regrow, rs.Train(epochs=15, lr=5e-4)])
    table = rs.run(protocol, subjects=10, arms=list(arms)).table()
    return table.pivot(on="arm", index=["subject", "condition", "outcome"], values="value")


def _paired(table: pl.DataFrame, outcome: str, arm: str) -> tuple[float, float]:
    rows = table.filter(condition="acute", outcome=outcome)
    difference = (rows[arm] - rows["keyed"]).to_numpy()
    test = stats.ttest_1samp(difference, 0.0)
    print(f"{outcome}: {arm} minus keyed {difference.mean():+.2f} points, p = {test.pvalue:.4f}")
    return float(difference.mean()), float(test.pvalue)


def test_the_tie_rule_of_regrowth_matters_to_extreme_noise_but_not_to_combined_stress(regrown: pl.DataFrame) -> None:
    """Ties at zero score go to units that reach no output: which ones they rebuild is the rule's choice."""
    extreme, p = _paired(regrown, "acc_internal_2.5", "index")
    assert p < 0.05
    # the rule moves extreme noise by less than the article's SD over subjects, 3.6 points
    assert abs(extreme) < 3.6
    combined, _ = _paired(regrown, "acc_combined", "index")
    assert abs(combined) < 0.5


def test_guidance_by_the_gradient_matters_to_noise(regrown: pl.DataFrame) -> None:
    worse, p = _paired(regrown, "acc_internal_2.5", "random")
    assert worse < 0
    assert p < 0.05


def test_both_engines_give_the_same_outcomes() -> None:
    """The demo on six subjects in both engines: paired differences of every outcome are chance."""
    demo = rs.load("demo")
    ours, theirs = (rs.run(demo, subjects=6, engine=e).table() for e in ("compiled", "reference"))
    keys = ["subject", "arm", "condition", "outcome"]
    joined = ours.join(theirs, on=keys, suffix="_reference").with_columns(
        difference=pl.col("value") - pl.col("value_reference")
    )
    assert joined.height == ours.height
    cells = joined.filter(pl.col("outcome").str.starts_with("acc_")).group_by(keys[1:]).agg(pl.col("difference"))
    for arm, condition, outcome, differences in cells.iter_rows():
        spread = max(float(pl.Series(differences).std() or 0.0), 0.1)
        # t-test of six differences at one in 10 000 for some hundred cells; one test sample is 0.1 %
        assert abs(sum(differences) / 6) < 11.2 * spread / math.sqrt(6), (arm, condition, outcome)
