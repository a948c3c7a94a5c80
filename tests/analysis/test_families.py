"""Over what p is adjusted: the protocol's primary endpoints, or a stated rule, and never over so much that none is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.multitest import multipletests

import resynapse as rs
from resynapse.analysis.analyse import analyse
from resynapse.analysis.cells import Cells
from resynapse.analysis.families import SETTINGS, smallest_p
from resynapse.analysis.parts.contrasts import Contrast, contrasts
from resynapse.protocol import Endpoint
from resynapse.publication.comparison import published

Tidy = Callable[..., pl.DataFrame]
Values = dict[tuple[str, str, str], list[float]]
COUNTS = (25, 50, 100, 150, 200, 300)


def _published_cells(shift: float) -> Values:
    """Ten subjects in every published cell of two arms, all of one arm `shift` points above the other."""
    rng = np.random.default_rng(1)
    names = published("switch-relapse").select("condition", "outcome").unique(maintain_order=True).rows()
    found: Values = {}
    for arm, level in (("ketamine", 40.0), ("ssri", 40.0 + shift)):
        for condition, outcome in names:
            if outcome not in SETTINGS:
                found[arm, condition, outcome] = rng.normal(level, 3, 10).tolist()
    return found


def test_ten_subjects_can_show_a_difference_in_a_primary_endpoint(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    """Of 57 points in every cell, which no family of 27 could show: its smallest p is 27 x 2 / 1024 = 0.053."""
    found = [c for c in contrasts(Cells.of(tidy(_published_cells(57.0))), switch_relapse) if c.role == "primary"]
    assert len(found) == len(switch_relapse.primary)
    assert all(c.p_holm is not None and c.p_holm < 0.05 for c in found)
    assert max(c.p_holm or 1 for c in found) == pytest.approx(smallest_p(10, len(found)))


def _roles(found: tuple[Contrast, ...]) -> dict[tuple[str, str], str]:
    return {(c.condition, c.outcome): c.role for c in found}


def test_counts_are_averaged_within_the_subject_and_shown_one_by_one_without_adjustment(
    tidy: Tidy, switch_relapse: rs.Protocol
) -> None:
    rng = np.random.default_rng(3)
    values = {
        (arm, f"maintenance={c}", "acc_biased_1.0"): rng.normal(50, 5, 8).tolist()
        for arm in ("ketamine", "ssri")
        for c in COUNTS
    }
    found = contrasts(Cells.of(tidy(values)), switch_relapse)
    whole, *single = found
    assert (whole.condition, whole.outcome, whole.role) == ("maintenance", "acc_biased_1.0", "primary")
    assert whole.difference == pytest.approx(np.mean([c.difference for c in single]))
    own = [np.mean([values[arm, f"maintenance={c}", "acc_biased_1.0"] for c in COUNTS], axis=0)
           for arm in ("ssri", "ketamine")]  # fmt: skip
    assert whole.sd == pytest.approx(np.std(own[0] - own[1], ddof=1))
    assert {c.role for c in single} == {"exploratory"}
    assert {c.p_holm for c in single} == {None}
    assert all(c.p is not None for c in single)


def test_a_subject_without_one_of_the_counts_has_no_mean_over_them(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    values: dict[tuple[str, str, str], list[float | None]] = {
        (arm, f"maintenance={c}", "acc_biased_1.0"): [50.0, 60.0, 70.0]
        for arm in ("ketamine", "ssri")
        for c in (25, 50)
    }
    values["ssri", "maintenance=50", "acc_biased_1.0"] = [90.0, None, 90.0]
    whole = contrasts(Cells.of(tidy(values)), switch_relapse)[0]
    assert (whole.condition, whole.n) == ("maintenance", 2)
    assert whole.difference == pytest.approx(np.mean([20.0, 10.0]))


def test_without_primary_endpoints_the_rule_takes_all_but_settings_counts_and_duplicates(tidy: Tidy) -> None:
    protocol = replace(rs.load("switch-relapse"), primary=())
    rng = np.random.default_rng(4)
    values: Values = {}
    for arm in ("ketamine", "ssri"):
        values[arm, "acute", "acc_standard"] = rng.normal(50, 5, 8).tolist()
        values[arm, "acute", "acc_internal_0.0"] = values[arm, "acute", "acc_standard"]
        values[arm, "acute", "gain"] = [1.0] * 8
        for c in COUNTS:
            values[arm, f"maintenance={c}", "manic_relapse"] = rng.choice([0.0, 100.0], 8).tolist()
        means = np.mean([values[arm, f"maintenance={c}", "manic_relapse"] for c in COUNTS], axis=0)
        values[arm, "longitudinal", "manic_relapse_probability"] = means.tolist()
    found = contrasts(Cells.of(tidy(values)), protocol)
    roles = _roles(found)
    assert [key for key, role in roles.items() if role == "default"] == [
        ("acute", "acc_standard"), ("maintenance", "manic_relapse"),
    ]  # fmt: skip
    notes = {(c.condition, c.outcome): c.note for c in found}
    assert notes["acute", "acc_internal_0.0"] == "in every subject the same as acc_standard at acute"
    assert "manic_relapse at maintenance" in notes["longitudinal", "manic_relapse_probability"]
    family = [c for c in found if c.family]
    assert {c.family for c in family} == {"all outcomes by the default rule, ssri and ketamine (2)"}
    expected = multipletests([c.p for c in family], method="holm")[1]
    assert [c.p_holm for c in family] == pytest.approx(expected.tolist())
    assert any("names no primary endpoints" in r for r in analyse(tidy(values), protocol).remarks)


def test_what_a_family_can_reach_is_what_equal_signs_give_it(tidy: Tidy) -> None:
    """Every member at its smallest p: the smallest adjusted one is what the remark says."""
    protocol = replace(rs.load("switch-relapse"), primary=())
    for n, size in ((6, 1), (6, 2), (10, 25), (10, 26)):
        values = {
            (arm, "acute", f"outcome_{i}"): (np.arange(n) + i + 50.0 * place).tolist()
            for place, arm in enumerate(("ketamine", "ssri"))
            for i in range(size)
        }
        found = analyse(tidy(values), protocol)
        least = min(c.p_holm for c in found.contrasts if c.p_holm is not None)
        assert least == pytest.approx(smallest_p(n, size))
        assert any("can have a p below 0.05" in r for r in found.remarks) == (least > 0.05)
    assert smallest_p(20, 8, 9_999) == pytest.approx(8 / 10_000)


def test_an_endpoint_that_no_two_arms_have_is_said(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    protocol = replace(switch_relapse, primary=(Endpoint("acc_combined", "acute"), Endpoint("sparsity", "acute")))
    values = {(arm, "acute", "acc_combined"): [50.0, 60.0, 71.0] for arm in ("untreated", "ssri")}
    said = [r for r in analyse(tidy(values), protocol).remarks if "no two arms have" in r]
    assert said == ["Primary endpoints that no two arms have, or that are settings: sparsity at acute."]
