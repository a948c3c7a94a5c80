"""What an audit changes: variants of one tree, each with its constant, that leave the arms as they are."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.audits.audit import plan
from resynapse.audits.constants import CONSTANTS, FINAL_GAIN, gains
from resynapse.audits.perturbations import Depth, amended_for_audit, moved
from resynapse.audits.scenarios import battery, missing_from, scenarios
from resynapse.audits.unequal_constants import unequal
from resynapse.controls.registry import control_named, nuisances
from resynapse.protocol import Train
from resynapse.protocol.claim_tests import Mean
from resynapse.protocol.claims import Claim, Reading
from resynapse.protocol.routes import assessments, epochs, stops


@pytest.fixture(scope="module")
def article() -> rs.Protocol:
    return rs.load("switch-relapse")


def test_quick_trains_the_battery_and_what_claims_read_and_nothing_else(article: rs.Protocol) -> None:
    tree, rows = amended_for_audit(article, ["ketamine:sham"], "quick")
    assert {row.name for row in rows if row.retrains} == {"matched-exposure"}
    made = {name for name, v in tree.variants.items() if v.control == "sham"}
    assert made == {"ketamine:sham"}
    without, _ = amended_for_audit(article, [], "quick")
    assert epochs(article.routes) < epochs(without.routes) < epochs(tree.routes)


@pytest.mark.parametrize("depth", ["quick", "standard", "full"])
def test_one_battery_at_every_depth(article: rs.Protocol, depth: Depth) -> None:
    tree, _ = amended_for_audit(article, [], depth)
    assert missing_from(tree) == ()
    assert {scenario.name.partition(",")[0] for scenario in battery(tree)} == {
        name for name in nuisances() if any(control_named(name).adds(article, article.routes))
    }


def test_an_arm_that_a_claim_reads_is_there_under_every_nuisance_that_changes_its_own_arm(article: rs.Protocol) -> None:
    tree, _ = amended_for_audit(article, ["ssri:no-gain", "untreated:healthy"], "quick")
    for scenario in battery(tree):
        if "ssri" in scenario.arms:
            assert scenario.arms["ssri:no-gain"] in tree.variants
        if "untreated" in scenario.arms:
            assert "untreated:healthy" in scenario.arms
    both = tree.routes["ssri:no-gain+matched-exposure"]
    rates = [stop.step.lr for stop in stops(both) if isinstance(stop.step, Train) and "treatment" in stop.stream]
    assert rates == [pytest.approx(7.5e-5)]


def test_every_row_has_its_world_and_the_arms_stay(article: rs.Protocol) -> None:
    tree, rows = amended_for_audit(article, ["ketamine:sham"], "standard")
    assert all(scenarios(tree, row.name) for row in rows)
    assert {arm: tree.routes[arm] for arm in article.routes} == article.routes
    assert {row.action for row in rows} == {"equalise", "swap", "remove", "sweep", "measure otherwise"}
    assert len({row.constant for row in rows}) > 15


def test_depths_go_deeper(synthetic: rs.Protocol) -> None:
    plans = [plan(synthetic, synthetic.claims, depth) for depth in ("quick", "standard", "full")]
    sizes = [epochs(one.protocol.routes) for one in plans]
    assert sizes == sorted(set(sizes))
    assert [any(a.shortened for a in one.amendments) for one in plans[1:]] == [True, False]


def test_the_dearest_control_waits_for_a_full_audit(article: rs.Protocol) -> None:
    rows = {depth: {row.name for row in amended_for_audit(article, [], depth)[1]} for depth in ("standard", "full")}
    assert "healthy" not in rows["standard"]
    assert "healthy" in rows["full"]


def test_what_is_retrained_is_followed_over_one_duration(article: rs.Protocol) -> None:
    tree, rows = amended_for_audit(article, ["ketamine:sham"], "standard")
    for row in (r for r in rows if r.shortened):
        for scenario in scenarios(tree, row.name):
            for variant in (
                v for v in scenario.arms.values() if not v.startswith("untreated:")
            ):  # which trains nothing
                counts = {c for c, _ in assessments(tree.routes[variant]) if c.startswith("maintenance=")}
                assert counts <= {"maintenance=25"}, (row.name, variant)


def test_removing_is_told_from_sweeping(article: rs.Protocol) -> None:
    actions = {row.name: row.action for row in amended_for_audit(article, [], "standard")[1]}
    removed = {"inhibition x0", "share regrown x0", "noise of the treatment x0", "relu throughout"}
    assert {actions[name] for name in removed} == {"remove"}
    assert actions["protection left at the test 0"] == "sweep"


def test_gains_are_made_equal_and_exchanged(article: rs.Protocol) -> None:
    tree, _ = amended_for_audit(article, [], "standard")

    def final(name: str) -> dict[str, float]:
        found = {}
        for arm in article.arms:
            for kind, field in FINAL_GAIN.places if f"{arm}:{name}" in tree.variants else ():
                for step in FINAL_GAIN.steps(tree.routes[f"{arm}:{name}"], kind):
                    value = getattr(step, field)
                    if value is not None:
                        found[arm] = value[-1] if isinstance(value, tuple) else value
        return found

    assert gains(article) == {"ketamine": 1.25, "ssri": 1.6, "neurosteroid": 0.85}
    assert final("equal gain") == {"ssri": 1.25, "neurosteroid": 1.25}
    assert final("swapped gain") == {"ssri": 0.85, "neurosteroid": 1.6}


def test_the_noise_of_every_test_is_swept(article: rs.Protocol) -> None:
    tree, _ = amended_for_audit(article, [], "quick")
    asked = {name for _, step in assessments(tree.routes["ssri:noise of the tests x1.25"]) for name in step.outcomes}
    assert {"acc_combined_1.25 as acc_combined", "acc_biased_1.25 as acc_biased_1.0"} <= asked
    assert "acc_internal_0.0" in asked


@pytest.mark.parametrize("constant", CONSTANTS, ids=lambda c: c.name)
def test_a_constant_moves_its_field_and_no_other(article: rs.Protocol, constant: object) -> None:
    assert isinstance(constant, type(CONSTANTS[0]))
    found = [arm for arm in article.arms if constant.changes(article.routes[arm], constant.level(0.4))]
    assert found
    for arm in found:
        for change in moved(article.routes[arm], [(constant, constant.level(0.4))]):
            assert (change.step, *change.set) in constant.places
            kinds = {stop.step.kind for stop in stops(article.routes[arm]) if stop.step is not None}
            assert change.step in kinds


def test_the_protection_that_is_left_is_the_level(article: rs.Protocol) -> None:
    (constant,) = (c for c in CONSTANTS if c.name == "protection left at the test")
    (change,) = constant.changes(article.routes["ssri"], 0.3)
    assert 1 - 50 * change.set["per_step"] == pytest.approx(0.3)


def test_what_differs_between_arms_is_told(article: rs.Protocol) -> None:
    found = unequal(article)
    assert found["protection left at the test"] == {"ketamine": "0.9", "ssri": "0.25", "neurosteroid": "0.6"}
    assert found["learning exposure"]["ssri"] == "0.001"
    assert found["activation function"] == {"neurosteroid": "tanh"}
    assert set(found["protection of the stabiliser"]) == {"ketamine", "ssri", "neurosteroid"}


def test_an_arm_of_a_control_that_does_not_exist_is_refused(article: rs.Protocol) -> None:
    reading = Reading(tests=(Mean(of="acc_clean of ketamine:shan at acute", above=1),))
    claim = Claim(id="c", statement="s", readings=(reading,))
    with pytest.raises(rs.ResynapseError, match="did you mean 'sham'"):
        plan(article, [claim], "quick")


def test_every_amendment_of_a_constant_has_the_role_of_its_action(article: rs.Protocol) -> None:
    rows = {row.name: row.role for row in amended_for_audit(article, [], "standard")[1]}
    assert rows["share regrown x0"] == rows["relu throughout"] == rows["sham"] == "ablation"
    assert rows["share regrown x0.5"] == rows["noise of the tests x0.75"] == rows["random-lesion"] == "sweep"
    assert rows["equal-protection"] == rows["many-draws"] == rows["threshold-sweep"] == "nuisance"
