"""Folding (engine/compiled/folding.py) adds the same sums in another order: it may move no outcome's distribution.

Training amplifies rounding, so a subject folded and unfolded ends as two networks; what is held is the mean of their
paired differences.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

import resynapse as rs
from resynapse.engine.kinds import EngineAliasWarning

FAMILY_LEVEL = 0.05
PROTOCOLS = {
    "every arm, acute and off drug": (rs.load("manic-switch"), 30),
    "the folded arm through maintenance": (rs.load("switch-relapse").only(["ketamine"]), 10),
}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_folded_and_unfolded_subjects_have_the_same_outcomes(name: str) -> None:
    protocol, subjects = PROTOCOLS[name]
    folded = rs.run(protocol, subjects=subjects, engine="compiled").table()
    with pytest.warns(EngineAliasWarning):
        unfolded = rs.run(protocol, subjects=subjects, engine="unfolded").table()
    keys = ["subject", "arm", "condition", "outcome"]
    joined = folded.join(unfolded, on=keys, suffix="_unfolded")
    assert joined.height == folded.height
    accuracies = joined.filter(pl.col("outcome").str.starts_with("acc_"))
    cells = accuracies.group_by("arm", "condition", "outcome", maintain_order=True)
    rows = [(*cell, (part["value"] - part["value_unfolded"]).to_numpy()) for cell, part in cells]
    print(f"\n{name}, {subjects} subjects: folded minus unfolded, points")
    print(f"{'arm':>13} {'condition':>16} {'outcome':>18} {'mean':>7} {'sd':>7} {'p':>6}")
    beyond = []
    for arm, condition, outcome, difference in rows:
        spread = float(np.std(difference, ddof=1))
        p = float(stats.ttest_1samp(difference, 0.0).pvalue) if spread else 1.0
        print(f"{arm:>13} {condition:>16} {outcome:>18} {difference.mean():7.3f} {spread:7.3f} {p:6.3f}")
        # Bonferroni over the cells; one sample of the test set is 0.025 points
        if p < FAMILY_LEVEL / len(rows) and abs(difference.mean()) > 0.025 / math.sqrt(subjects):
            beyond.append((arm, condition, outcome, float(difference.mean()), p))
    assert len(rows) >= 20
    assert beyond == []
