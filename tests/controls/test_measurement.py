"""Controls of the measuring: what they ask, what they leave, and that they train nothing twice."""

from __future__ import annotations

from dataclasses import replace
from operator import truediv

import numpy as np
import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.controls import controlled
from resynapse.controls.measurement import DRAWS
from resynapse.engine import Engine
from resynapse.errors import ProtocolError
from resynapse.modulation import NEUTRAL
from resynapse.networks.base import Network
from resynapse.outcomes import noise_scale
from resynapse.outcomes.examination import mean_activity
from resynapse.protocol import amended, dumps, loads
from resynapse.protocol.derived_outcomes import Below
from resynapse.protocol.routes import assessments, epochs
from resynapse.runs.events import EpochDone, Event
from resynapse.runs.walk import walk
from resynapse.task import TaskData

SUBJECT = Subject(5, 1)
KINDLING = rs.load("kindling")


class Counter:
    """Counts epochs."""

    def __init__(self) -> None:
        self.epochs = 0

    def __call__(self, event: Event) -> None:
        """One more."""
        self.epochs += isinstance(event, EpochDone)


def values(protocol: rs.Protocol, engine: Engine) -> tuple[dict[tuple[str, str, str], float], int]:
    counter = Counter()
    rows = walk(protocol, SUBJECT, engine, counter)
    return {(r.arm, r.condition, r.outcome): r.value for r in rows}, counter.epochs


@pytest.mark.parametrize(
    "control", ["own-scale-noise", "pruned-scale-noise", "many-draws", "remitters-only", "threshold-sweep"]
)
def test_they_train_nothing_and_change_no_number_of_the_arms(tiny: rs.Protocol, compiled: Engine, control: str) -> None:
    (plain, trained), (found, again) = (values(p, compiled) for p in (tiny, controlled(tiny, control)))
    assert trained == again == epochs(tiny.routes)
    assert {key: value for key, value in found.items() if key in plain} == plain
    assert len(found) > len(plain)


def test_many_draws_are_independent_and_begin_with_the_one_draw(tiny: rs.Protocol, compiled: Engine) -> None:
    def combined(draws: int) -> float:
        return values(amended(tiny, f"follow_up[0].assess.draws={draws}"), compiled)[0]["ssri", "acute", "acc_combined"]

    means = {k: combined(k) for k in (1, 2, 3, DRAWS)}
    assert means[1] == values(tiny, compiled)[0]["ssri", "acute", "acc_combined"]
    single = [means[1], 2 * means[2] - means[1], 3 * means[3] - 2 * means[2]]
    assert len({round(value, 6) for value in single}) == 3
    # each is a share of the 300 test samples
    assert [round(3 * value, 6) % 1 for value in single] == [0, 0, 0]
    found, _ = values(controlled(tiny, "many-draws"), compiled)
    assert found["ssri:many-draws", "acute", "acc_combined"] == means[DRAWS]
    assert found["ssri:many-draws", "acute", "gain"] == found["ssri", "acute", "gain"]


def test_other_outcomes_of_a_condition_keep_its_draws(tiny: rs.Protocol) -> None:
    changed = amended(tiny, "follow_up[0].assess.draws=3").with_outcomes("acute", ["acc_input_1.0"])
    (step,) = (n.step for n in changed.nodes if isinstance(n.step, rs.Assess) and n.step.condition == "acute")
    assert step == rs.Assess(condition="acute", outcomes=("acc_input_1.0",), draws=3)


def test_draws_shrink_the_spread_over_conditions(compiled: Engine, tiny: rs.Protocol) -> None:
    text = dumps(replace(tiny.only(["untreated"]), follow_up=(), derived=()))
    probes = "follow_up:\n  - sweep: {n: {from: 1, to: 40}}\n    do: [{assess: {condition: p, outcomes: [acc_internal_1.0], draws: %d}}]\n"
    spread = {}
    for draws in (1, 16):
        found, _ = values(loads(text.replace("follow_up: []\n", probes % draws)), compiled)
        spread[draws] = float(np.var([v for (_, c, _), v in found.items() if c.startswith("p=")], ddof=1))
    # variances are in the ratio 16; F(39, 39) is above 3 with probability 0.0004
    assert spread[1] / spread[16] > 16 / 3


@pytest.mark.parametrize("draws", ["0", "1001", "1.5"])
def test_draws_are_a_count(tiny: rs.Protocol, draws: str) -> None:
    with pytest.raises(ProtocolError, match=f"{draws} is not possible"):
        amended(tiny, f"follow_up[0].assess.draws={draws}")


def test_scaled_noise_leaves_the_pruned_state_and_what_has_no_internal_noise_as_it_is(
    tiny: rs.Protocol, compiled: Engine
) -> None:
    found, _ = values(controlled(tiny, "pruned-scale-noise"), compiled)
    for (arm, condition, outcome), value in found.items():
        if arm == "untreated" and condition in ("acute", "off") and outcome != "relapse_drop":
            assert found["untreated:pruned-scale-noise", condition, outcome] == value
    for outcome in ("sparsity", "gain"):
        assert found["ssri:pruned-scale-noise", "acute", outcome] == found["ssri", "acute", outcome]
    assert (
        found["ketamine:pruned-scale-noise", "acute", "acc_internal_1.0"]
        != found["ketamine", "acute", "acc_internal_1.0"]
    )


def test_the_scale_is_the_ratio_of_activities_where_noise_enters(
    sparse: Network, data: TaskData, compiled: Engine
) -> None:
    inputs = data.test.inputs

    def scale(**state: float) -> float:
        return noise_scale(compiled, inputs, sparse, replace(NEUTRAL, **state), sparse)  # type: ignore[arg-type]

    assert scale() == scale(noise_sd=2.0, noise_mean=1.0) == 1.0
    for gain, inhibition in ((1.6, 1.0), (0.85, 0.7)):
        acting = replace(NEUTRAL, gain=gain, inhibition=inhibition)
        found = (mean_activity(compiled.activity(sparse, inputs, state)) for state in (acting, NEUTRAL))
        ratio = truediv(*found)
        assert scale(gain=gain, inhibition=inhibition) == pytest.approx(ratio / (gain * inhibition))
    # the stabiliser's cap counts, its shift does not
    assert scale(gain=1.6, protection=1.0) == pytest.approx(scale(gain=1.05))
    silent = sparse.with_values({name: 0 * value for name, value in sparse.values.items()})
    with pytest.raises(ProtocolError, match="noise cannot be scaled"):
        noise_scale(compiled, inputs, sparse, NEUTRAL, silent)


def test_fixed_probe_is_the_middle_strength_at_every_cycle() -> None:
    after = controlled(KINDLING, "fixed-probe")
    for arm in KINDLING.arms:
        asked = [s.outcomes[0] for c, s in assessments(after.routes[f"{arm}:fixed-probe"]) if c.startswith("cycle=")]
        assert asked == ["acc_biased_1.1 as stress_test"] * 6
        rest = [s for c, s in assessments(after.routes[f"{arm}:fixed-probe"]) if not c.startswith("cycle=")]
        assert rest == [s for c, s in assessments(after.routes[arm]) if not c.startswith("cycle=")]
    assert loads(dumps(after)) == after


def test_fixed_probe_parts_from_the_arm_only_where_a_decision_differs(compiled: Engine) -> None:
    small = miniature(KINDLING).only(["untreated", "ssri"])
    always = loads(dumps(small).replace("when: stress_test < 60", "when: stress_test < 101"))
    (plain, trained), (found, again) = (values(p, compiled) for p in (always, controlled(always, "fixed-probe")))
    assert trained == again  # every cycle scars in both, so they stay one network
    assert {key: v for key, v in found.items() if key in plain} == plain
    assert found["ssri:fixed-probe", "cycle=3", "sparsity"] == found["ssri", "cycle=3", "sparsity"]
    probes = [
        [found[arm, f"cycle={cycle}", "stress_test"] for cycle in range(6)] for arm in ("ssri", "ssri:fixed-probe")
    ]
    assert probes[0] != probes[1]


def test_a_protocol_without_changing_probe_has_none_to_fix() -> None:
    with pytest.raises(ProtocolError, match="control fixed-probe changes nothing in protocol switch-relapse"):
        controlled(rs.load("switch-relapse"), "fixed-probe")


def test_remitters_go_on_with_the_numbers_of_their_arm_and_others_stop(
    tiny: rs.Protocol, compiled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = values(tiny, compiled)
    highest = max(plain[arm, "acute", "acc_combined"] for arm in tiny.arms)
    monkeypatch.setattr("resynapse.controls.measurement.REMISSION", f"acc_combined >= {highest - 0.1:.3f}")
    found, _ = values(controlled(tiny, "remitters-only"), compiled)
    for arm in tiny.arms:
        remitted = found[arm, "acute", "acc_combined"] == highest
        assert found[f"{arm}:remitters-only", "remission", "enrolled"] == (100.0 if remitted else 0.0)
        later = {k[1:]: v for k, v in found.items() if k[0] == f"{arm}:remitters-only" and k[1].startswith("maint")}
        assert later == {k[1:]: v for k, v in found.items() if k[0] == arm and k[1].startswith("maint") and remitted}
    assert {found[f"{arm}:remitters-only", "remission", "enrolled"] for arm in tiny.arms} == {0.0, 100.0}


def test_remission_is_asked_once_where_combined_stress_is_first_measured() -> None:
    after = controlled(rs.load("chronic-stress"), "remitters-only")
    made = {name: variant for name, variant in after.variants.items() if variant.control == "remitters-only"}
    assert len(made) == len(after.arms)
    for name, variant in made.items():
        (change,) = variant.changes
        assert (change.condition, change.then) == ("acute", rs.Enrol(when="acc_combined >= 90", condition="remission"))
        assert len(after.routes[name]) == len(after.routes[variant.of]) + 1


def test_thresholds_are_swept_with_the_means_that_read_them(tiny: rs.Protocol, compiled: Engine) -> None:
    after = controlled(tiny, "threshold-sweep")
    added = after.derived[len(tiny.derived) :]
    assert [rule.threshold for rule in added if isinstance(rule, Below)] == [48.0, 54.0, 66.0, 72.0]
    found, _ = values(after, compiled)
    for arm in tiny.arms:
        probed = [v for (a, c, o), v in found.items() if a == arm and c.startswith("maint") and o == "acc_biased_1.0"]
        for threshold in (48, 54, 66, 72):
            share = found[arm, "longitudinal", f"manic_relapse_probability_below_{threshold}"]
            assert share == 100 * np.mean([value < threshold for value in probed])
    with pytest.raises(ProtocolError, match="changes nothing"):
        controlled(replace(tiny, derived=()), "threshold-sweep")


def test_a_change_can_mean_one_condition_and_add_a_step(reference: Engine) -> None:
    text = (
        "name: x\ntask: {kind: gaussian-blobs, train: 64, test: 64, clean: 8}\nnetwork: {hidden: [8, 6]}\n"
        "arms: {a: []}\nfollow_up:\n  - repeat: {cycle: [1, 2]}\n"
        "    do: [{assess: {condition: cycle, outcomes: [sparsity]}}]\n"
        "  - assess: {condition: end, outcomes: [sparsity]}\n"
        "variants: {b: {of: a, changes: [{step: assess, condition: %s, then: {prune: {sparsity: 0.5}}}]}}\n"
    )

    def course(condition: str) -> list[bool]:
        rows = walk(loads(text % condition), SUBJECT, reference)
        return [row.value > 40 for row in rows if row.arm == "b"]

    assert course("cycle=2") == [False, False, True]
    assert course("cycle") == [False, True, True]
    assert loads(dumps(loads(text % "cycle=2"))) == loads(text % "cycle=2")
    with pytest.raises(ProtocolError, match="train has no condition"):
        loads((text % "cycle").replace("step: assess", "step: train"))
    with pytest.raises(ProtocolError, match="expected one step alone"):
        loads((text % "cycle").replace("then: {prune: {sparsity: 0.5}}", "then: {fork: [{mark: {}}]}"))
