"""Folding (engine/folding.py) adds the same sums in another order: it may move no outcome's distribution."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from scipy import stats

import resynapse as rs

SUBJECTS = 10
FAMILY_LEVEL = 0.05


def test_the_ketamine_like_arm_has_the_same_outcomes_folded_and_unfolded() -> None:
    """Ten paired subjects through base training, regrowth and 300 epochs of maintenance, both ways."""
    protocol = rs.load("switch-relapse").only(["ketamine"])
    folded, unfolded = (rs.run(protocol, subjects=SUBJECTS, engine=e).table() for e in ("compiled", "unfolded"))
    keys = ["subject", "arm", "condition", "outcome"]
    joined = folded.join(unfolded, on=keys, suffix="_unfolded")
    assert joined.height == folded.height
    cells = joined.filter(pl.col("outcome").str.starts_with("acc_")).group_by(
        "condition", "outcome", maintain_order=True
    )
    rows = [(*name, (part["value"] - part["value_unfolded"]).to_numpy()) for name, part in cells]
    print(f"\n{'condition':>16} {'outcome':>18} {'mean':>7} {'largest':>8} {'p':>6}")
    beyond = []
    for condition, outcome, difference in rows:
        spread = float(difference.std(ddof=1))
        p = 1.0 if not spread else float(stats.ttest_1samp(difference, 0.0).pvalue)
        print(f"{condition:>16} {outcome:>18} {difference.mean():7.3f} {np.abs(difference).max():8.3f} {p:6.3f}")
        # Bonferroni over the cells; one sample of the test set is 0.025 points
        if p < FAMILY_LEVEL / len(rows) and abs(difference.mean()) > 0.025 / math.sqrt(SUBJECTS):
            beyond.append((condition, outcome, float(difference.mean()), p))
    assert len(rows) >= 20
    assert beyond == []
