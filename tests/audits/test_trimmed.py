"""Variants of an audit measure what is read, with the values that they would have had."""

from __future__ import annotations

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.audits.linear_contrasts import combinations
from resynapse.audits.perturbations import amended_for_audit
from resynapse.audits.scenarios import battery
from resynapse.audits.trimmed import trimmed
from resynapse.protocol.routes import assessments, epochs


def test_what_claims_read_keeps_its_value_in_every_world(synthetic: rs.Protocol) -> None:
    read = {m.arm for claim in synthetic.claims for test in claim.tests for m in test.measures}
    whole, _ = amended_for_audit(synthetic, read, "quick")
    less = trimmed(whole, synthetic.claims, synthetic.variants)
    one, other = (Cells.of(rs.run(tree, subjects=2).table(), tree) for tree in (whole, less))
    assert len(other.keys) < len(one.keys)
    for claim in synthetic.claims:
        for test in claim.tests:
            for scenario in battery(whole):
                there, here = combinations(test, one.index, scenario), combinations(test, other.index, scenario)
                assert there == here
                for cell in (cell for part in there.parts for _, cell in part.weights):
                    assert one.column(*cell).tolist() == other.column(*cell).tolist()  # type: ignore[union-attr]


def test_arms_stay_whole_and_nothing_more_is_trained(synthetic: rs.Protocol) -> None:
    whole, _ = amended_for_audit(synthetic, [], "standard")
    less = trimmed(whole, synthetic.claims, synthetic.variants)
    assert epochs(less.routes) == epochs(whole.routes)
    assert all(less.routes[arm] == whole.routes[arm] for arm in synthetic.routes)


def test_what_decides_who_goes_on_is_measured() -> None:
    article = rs.load("switch-relapse")
    less = trimmed(rs.controlled(article, "remitters-only"), (), article.variants)
    for arm in ("ketamine", "ssri"):
        asked = dict(assessments(less.routes[f"{arm}:remitters-only"]))
        assert "acc_combined" in asked["acute"].outcomes
        assert "acc_clean" not in asked["acute"].outcomes
