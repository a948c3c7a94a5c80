"""Another task is trained for as many steps and judged by bars of the same height above its own chance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.audits.claim_library import claims_of
from resynapse.audits.other_networks import settings
from resynapse.audits.transfer import Chance, kinds_of, rescaled, scaling, steps_an_epoch, transferred
from resynapse.protocol import Below, Regrow, Train, parse
from resynapse.protocol.claim_tests import TESTS, Test
from resynapse.protocol.claims import Claim, Reading
from resynapse.task import Digits, GaussianBlobs

SWITCH = rs.load("switch-relapse")
DIGITS = dict(settings(SWITCH, whole=True))["digits"]


def test_the_digits_row_of_an_audit_takes_as_many_steps_in_every_phase_as_published() -> None:
    """With batches of 128 they were 10 an epoch instead of 94: a ninth of the exposure."""
    assert steps_an_epoch(DIGITS) == steps_an_epoch(SWITCH) == 94
    phases = [
        [node.step.epochs * steps_an_epoch(one) for node in one.nodes if isinstance(node.step, Train)]
        for one in (SWITCH, DIGITS)
    ]
    assert phases[0] == phases[1]
    assert [node.at for node in SWITCH.nodes] == [node.at for node in DIGITS.nodes]


def test_regrowth_sees_as_many_samples() -> None:
    (old,), (new,) = ([n.step for n in one.nodes if isinstance(n.step, Regrow)] for one in (SWITCH, DIGITS))
    assert new.batches * DIGITS.batch_size == pytest.approx(old.batches * SWITCH.batch_size, abs=DIGITS.batch_size / 2)


@given(st.integers(200, 50_000), st.integers(1, 128), st.integers(50, 1_300))
def test_steps_match_wherever_samples_allow_it(published: int, batch: int, train: int) -> None:
    before = replace(rs.load("demo"), batch_size=batch, task=GaussianBlobs(train=published, test=50, clean=10))
    after = transferred(before, Digits(train=train, test=50, clean=10))
    wanted = steps_an_epoch(before)
    if wanted <= train:
        assert steps_an_epoch(after) == wanted
        assert after.task.sizes.train <= train
    else:
        assert steps_an_epoch(after) == train


def test_a_threshold_of_relapse_stands_as_far_above_chance() -> None:
    (old,), (new,) = ([rule for rule in one.derived if isinstance(rule, Below)] for one in (SWITCH, DIGITS))
    assert old.threshold == 60.0
    assert (new.threshold - 10) / 90 == pytest.approx((old.threshold - 25) / 75)


levels = st.floats(0, 100)
chances = st.sampled_from([2, 3, 4, 5, 10, 100]).map(lambda classes: 100.0 / classes)


@given(chances, chances, levels, levels)
def test_scaling_keeps_chance_perfection_order_and_differences(
    before: float, after: float, one: float, two: float
) -> None:
    scale = Chance(before, after)
    assert scale.scaled(before) == pytest.approx(after, abs=1e-8)
    assert scale.scaled(100.0) == pytest.approx(100.0)
    assert scale.scaled(one) - scale.scaled(two) == pytest.approx(scale.scaled(one - two, levels=0.0), abs=1e-7)
    assert Chance(after, before).scaled(scale.scaled(one)) == pytest.approx(one, abs=1e-6)
    assert Chance(before, before).scaled(one) == pytest.approx(one, abs=1e-9)


def _test(kind: str, **fields: object) -> Test:
    return TESTS[kind].model_validate(fields)


AT = "of ketamine at acute"
SCALED = {
    "near ceiling": (_test("mean", of=f"acc_clean {AT}", above=95), (94.0,)),
    "every subject": (_test("every", of=f"acc_combined {AT}", below=75), (70.0,)),
    "a difference": (
        _test("difference", of=f"acc_combined {AT}", minus="acc_combined of ssri at acute", within=[-5, 5]),
        (-6.0, 6.0),
    ),
    "a fall is a difference": (_test("mean", of=f"relapse_drop {AT}", below=2), (2.4,)),
    "a trend is a difference": (_test("trend", of="acc_biased_1.0 of ssri at maintenance", above=5), (6.0,)),
    "a sum of levels": (
        _test(
            "contrast",
            terms=[{"times": 2, "of": f"acc_clean {AT}"}, {"times": -1, "of": "acc_clean of ssri at acute"}],
            above=70,
        ),
        (10 + (70 - 25) * 1.2,),
    ),
    "within a study": (_test("studies", of=[{"mean": {"of": f"acc_clean {AT}", "above": 75}}]), (70.0,)),
    "a share of subjects": (
        _test("mean", of="manic_relapse_probability of ssri at longitudinal", above=75),
        (75.0,),
    ),
    "a setting": (_test("mean", of=f"sparsity {AT}", within=[47, 48]), (47.0, 48.0)),
    "activity": (_test("mean", of=f"activation_magnitude {AT}", above=0.3), (0.3,)),
}


def _bounds(test: Test) -> tuple[float, ...]:
    inside = getattr(test, "of", "")
    if isinstance(inside, tuple):
        return tuple(bound for one in inside for bound in _bounds(one))
    return test.within or tuple(bound for bound in (test.above, test.below) if bound is not None)


@pytest.mark.parametrize(("test", "bounds"), SCALED.values(), ids=SCALED)
def test_bounds_on_accuracies_scale_and_nothing_else_does(test: Test, bounds: tuple[float, ...]) -> None:
    claim = Claim(id="c", statement="s", readings=(Reading(tests=(test,), among="acc_combined >= 85 at acute"),))
    (made,) = rescaled((claim,), SWITCH, DIGITS)
    assert _bounds(made.readings[0].tests[0]) == pytest.approx(bounds)
    assert made.readings[0].among == "acc_combined >= 82 at acute"
    assert rescaled((claim,), SWITCH, SWITCH) == (claim,)


def test_every_claim_of_the_article_can_be_rescaled_and_stays_sound() -> None:
    claims = claims_of(SWITCH)
    made = rescaled(claims, SWITCH, DIGITS)
    assert [claim.id for claim in made] == [claim.id for claim in claims]
    for claim in made:
        for test in claim.tests:
            type(test).model_validate(test.model_dump(exclude_none=True))


def test_conditional_steps_have_thresholds_above_the_new_chance_too() -> None:
    kindling = transferred(rs.load("kindling"), Digits())
    thresholds = {node.when.threshold for node in kindling.nodes if node.when is not None}
    assert thresholds == {Chance(25, 10).scaled(60)}
    assert kinds_of(rs.load("kindling"))["stress_test"] == "level"


def test_what_was_scaled_is_said() -> None:
    steps, batches, chance = scaling(SWITCH, DIGITS)
    assert "94 steps an epoch (published: 94), in batches of 12 of 1128 samples (published: 128 of 12000)" in steps
    assert batches == "gradients for regrowth over 320 batches instead of 30"
    assert chance.startswith("chance 10 % instead of 25 %: a bound b on an accuracy is 10 + (b - 25) x 1.2")


def test_a_transferred_protocol_can_be_written_and_read() -> None:
    from resynapse.protocol import dump

    assert parse(dump(DIGITS)) == DIGITS
