"""One subject through the tree: shared stretches once, side paths without trace, conditions named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.errors import RunInterruptedError, SubjectError
from resynapse.protocol import Node, loads
from resynapse.protocol.routes import assessments, epochs
from resynapse.runs.events import EpochDone, Event, PhaseEntered
from resynapse.runs.walk import walk


@dataclass
class Watcher:
    """Counts epochs and phases; stops after some epochs if asked."""

    stop_after: int | None = None
    epochs: int = 0
    phases: Counter[str] = field(default_factory=Counter)

    def __call__(self, event: Event) -> None:
        if isinstance(event, PhaseEntered):
            self.phases[f"{event.arms}: {event.stream}"] += 1
        elif isinstance(event, EpochDone):
            self.epochs += event.epochs
            if self.epochs == self.stop_after:
                raise RunInterruptedError("stopped")


SUBJECT = Subject(5, 1)


def _values(protocol: rs.Protocol, engine: Engine) -> dict[tuple[str, str, str], float]:
    return {(r.arm, r.condition, r.outcome): r.value for r in walk(protocol, SUBJECT, engine)}


def test_every_shared_stretch_is_trained_once(tiny: rs.Protocol, compiled: Engine) -> None:
    watcher = Watcher()
    walk(tiny, SUBJECT, compiled, watcher)
    # induction 6, treatments 0 + 3 + 4, maintenance 4 in each of three arms
    assert watcher.epochs == epochs(tiny.routes) == 6 + 7 + 12
    assert watcher.phases["all arms: induction/train.1"] == 1


def test_two_arms_with_the_same_beginning_share_it(tiny: rs.Protocol, compiled: Engine) -> None:
    begin = [rs.Train(epochs=5, lr=1e-3)]
    twins = tiny.with_arm("short", begin).with_arm("long", [*begin, rs.Train(epochs=2, lr=1e-3)])
    watcher = Watcher()
    walk(twins.only(["short", "long"]), SUBJECT, compiled, watcher)
    assert watcher.epochs == 6 + 5 + 2 + 2 * 4


def test_the_published_protocol_trains_1045_epochs_a_subject_instead_of_2620() -> None:
    published = rs.load("switch-relapse")
    assert epochs(published.routes) == 1045
    apart = replace(published, follow_up=tuple(replace(n, share=False) if n.at else n for n in published.follow_up))
    # six durations of 825 epochs in all, in each of three arms
    assert epochs(apart.routes) == 20 + 15 + 100 + 10 + 3 * 825


def test_conditions_carry_their_counts(tiny: rs.Protocol, compiled: Engine) -> None:
    found = {c for a, c, _ in _values(tiny, compiled) if a == "ssri"}
    assert found == {"acute", "off", "lesioned", "maintenance=2", "maintenance=4", "longitudinal"}


TAPER = """
name: taper
task: {kind: gaussian-blobs, train: 256, test: 128, clean: 16}
network: {hidden: [12, 10]}
arms:
  plain: [{drug: {inhibition: 0.7}}, {train: {epochs: 3, lr: 1e-3}}, {assess: end}]
  flat: [{drug: {inhibition: 0.7}}, {train: {epochs: 3, lr: 1e-3, inhibition: 0.7}}, {assess: end}]
  up: [{train: {epochs: 3, lr: 1e-3, inhibition: [0.7, 1.0]}}, {assess: end}, {discontinue: {}}, {assess: stopped}]
  none: [{train: {epochs: 3, lr: 0}}, {assess: end}]
  unlearnt: [{train: {epochs: 3, lr: 0, inhibition: [1.0, 0.7]}}, {assess: end}]
"""


def test_inhibition_can_be_ramped_and_its_last_value_is_kept(compiled: Engine) -> None:
    values = _values(loads(TAPER), compiled)
    end = {arm: {o: v for (a, c, o), v in values.items() if (a, c) == (arm, "end")} for arm in loads(TAPER).arms}
    assert end["flat"] == end["plain"]
    assert end["up"] != end["plain"]
    # the ramp ends at no inhibition: stopping the drug then changes nothing but the noise draw
    assert values["up", "stopped", "activation_magnitude"] == end["up"]["activation_magnitude"]
    # nothing is learnt at rate 0: only the inhibition that is kept lowers activity
    assert end["unlearnt"]["activation_magnitude"] < end["none"]["activation_magnitude"]


def test_a_side_path_leaves_the_state_outside_untouched(tiny: rs.Protocol, compiled: Engine) -> None:
    values = _values(tiny, compiled)
    assert values["ssri", "acute", "gain"] == 1.6
    assert values["ssri", "maintenance=4", "effective_gain"] == 1.0
    assert values["ketamine", "acute", "sparsity"] == pytest.approx(45.0, abs=1.0)
    bare = replace(tiny, follow_up=tuple(n for n in tiny.follow_up if n.step), derived=())
    kept = _values(bare, compiled)
    assert kept == {k: v for k, v in values.items() if k in kept}


def test_the_stabiliser_washes_out_linearly(tiny: rs.Protocol, compiled: Engine) -> None:
    values = _values(tiny, compiled)
    for arm in tiny.arms:
        assert values[arm, "maintenance=2", "protection"] == pytest.approx(0.6)


def test_derived_outcomes_are_arithmetic_on_measured_ones(tiny: rs.Protocol, compiled: Engine) -> None:
    v = _values(tiny, compiled)
    for arm in tiny.arms:
        drop = v[arm, "acute", "acc_combined"] - v[arm, "lesioned", "acc_combined"]
        assert v[arm, "acute", "relapse_drop"] == drop
        relapses = [100.0 * (v[arm, f"maintenance={d}", "acc_biased_1.0"] < 60) for d in (2, 4)]
        assert [v[arm, f"maintenance={d}", "manic_relapse"] for d in (2, 4)] == relapses
        assert v[arm, "longitudinal", "manic_relapse_probability"] == np.mean(relapses)


def test_a_fork_of_one_trajectory_equals_the_run_that_stops_there(tiny: rs.Protocol, compiled: Engine) -> None:
    """Epoch by epoch the same batches: a shorter maintenance is the beginning of a longer one."""

    def shorter(node: Node) -> Node:
        return replace(node, step=rs.Train(epochs=2, lr=1e-4), at=(2,)) if node.at else node

    short = replace(tiny, follow_up=tuple(map(shorter, tiny.follow_up)), derived=())
    values, whole = _values(short, compiled), _values(tiny, compiled)
    assert ("ketamine", "maintenance=2", "acc_biased_1.0") in values
    assert values == {k: v for k, v in whole.items() if k in values}


def test_runs_apart_have_their_own_randomness_but_the_same_distribution(compiled: Engine) -> None:
    text = """
    name: apart
    task: {train: 512, test: 2000, clean: 4}
    network: {hidden: [16, 12]}
    induction: [{train: {epochs: 4, lr: 5e-3}}, {prune: {sparsity: 0.7}}]
    arms: {a: []}
    follow_up:
      - train: {epochs: 6, lr: 2e-3, noise_sd: 0.5}
        at: [3, 6]
        fork: [{assess: {condition: m, outcomes: [acc_combined]}}]
    """
    shared = loads(text)
    apart = replace(shared, follow_up=tuple(replace(n, share=False) for n in shared.follow_up))
    differences = []
    for number in range(16):
        rows = [{r.condition: r.value for r in walk(p, Subject(2, number), compiled)} for p in (shared, apart)]
        differences += [[rows[0][f"m={d}"] - rows[1][f"m={d}"] for d in (3, 6)]]
    for column in np.array(differences).T:
        assert column.any()
        # paired t-test of 16 differences at 1 in 1000
        assert abs(column.mean()) < 4.07 * column.std(ddof=1) / np.sqrt(16)


def test_diverging_training_names_subject_arm_and_step(tiny: rs.Protocol, compiled: Engine) -> None:
    wild = tiny.with_arm("wild", [rs.Train(epochs=3, lr=1e30)]).only(["wild"])
    with pytest.raises(SubjectError, match=r"subject 1, arm wild, step treatment/train.1: training diverged"):
        walk(wild, SUBJECT, compiled)


def test_a_step_that_fails_is_named(tiny: rs.Protocol, compiled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr("resynapse.protocol.steps.structure.regrow", fail)
    with pytest.raises(SubjectError, match=r"subject 1, arm ketamine, step treatment/regrow.1: no"):
        walk(tiny, SUBJECT, compiled)


def test_a_walk_stops_between_epochs_when_told(tiny: rs.Protocol, compiled: Engine) -> None:
    watcher = Watcher(stop_after=4)
    with pytest.raises(RunInterruptedError):
        walk(tiny, SUBJECT, compiled, watcher)
    assert watcher.epochs == 4


def test_rows_come_arm_by_arm_in_the_order_of_the_protocol(tiny: rs.Protocol, compiled: Engine) -> None:
    rows = walk(tiny, SUBJECT, compiled)
    assert list(dict.fromkeys(r.arm for r in rows)) == list(tiny.arms)
    assert len({r[:3] for r in rows}) == len(rows)


def test_arms_that_part_only_in_a_side_path_are_trained_once(tiny: rs.Protocol, compiled: Engine) -> None:
    """A control that changes the washout alone re-uses the maintenance."""
    twin = tiny.with_arm("swapped", tiny.arms["ssri"]).only(["ssri", "swapped"])

    def swap(node: Node) -> Node:
        if not node.at:
            return node
        slow = Node(step=rs.Decay(steps=50, per_step=0.002), arms=("swapped",))
        first, decay, last = node.fork
        return replace(node, fork=(first, replace(decay, skip=("swapped",)), slow, last))

    swapped = replace(twin, follow_up=tuple(map(swap, twin.follow_up)))
    assert epochs(swapped.routes) == epochs(tiny.only(["ssri"]).routes)
    watcher = Watcher()
    values = {(r.arm, r.condition, r.outcome): r.value for r in walk(swapped, SUBJECT, compiled, watcher)}
    assert watcher.epochs == epochs(swapped.routes)
    assert values["swapped", "maintenance=4", "protection"] == pytest.approx(0.9)
    assert values["ssri", "maintenance=4", "protection"] == pytest.approx(0.6)
    assert values["swapped", "acute", "acc_combined"] == values["ssri", "acute", "acc_combined"]


def test_a_step_of_one_arm_moves_no_label_of_another(tiny: rs.Protocol, compiled: Engine) -> None:
    nothing = Node(step=rs.Train(epochs=0, lr=1e-3), arms=("ketamine",))
    more = replace(tiny, follow_up=(nothing, *tiny.follow_up))
    labels = [{s.stream for s in r if isinstance(s.step, rs.Train)} for r in more.routes.values()]
    assert labels[0] < labels[1]
    assert all("follow_up/train.2" in found for found in labels)


def test_arms_can_be_left_out_of_any_step_and_kept_apart(tiny: rs.Protocol, compiled: Engine) -> None:
    only_a = rs.loads(
        "name: x\narms: {a: &t [{train: {epochs: 0, lr: 0.1}, arms: [a]}], b: *t}\n"
        "follow_up: [{fork: [{assess: off, arms: [a]}]}, {fork: [{assess: on}], skip: [a]}]"
    )
    for arm, met in (("a", ["off"]), ("b", ["on"])):
        assert [c for c, _ in assessments(only_a.only([arm]).routes[arm])] == met
        assert [c for c, _ in assessments(only_a.routes[arm])] == met
    assert epochs(only_a.only(["a"]).routes) == 0
