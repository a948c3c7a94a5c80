"""Repetition, sweeps, variables and bases: what is written out, and where a mistake is said to stand."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.protocol import Prune, Train, dumps, loads
from resynapse.protocol.files.repetition import filled, merged, rounds
from resynapse.protocol.routes import assessments
from resynapse.runs.walk import walk
from resynapse.task import Digits

HEAD = """name: tiny
task: {kind: gaussian-blobs, train: 64, test: 64, clean: 16}
network: {hidden: [12, 10]}
"""


def one(path: str) -> rs.Protocol:
    return loads(f"{HEAD}arms:\n  one:\n{path}")


def values(protocol: rs.Protocol) -> dict[tuple[str, str], float]:
    return {(r.condition, r.outcome): r.value for r in walk(protocol, Subject(0, 0), engine("reference"))}


CYCLES = """
    - repeat: {cycle: [1, 2, 3], share: [0.1, 0.2, 0.3]}
      do:
        - prune_more: {of_active: $share}
        - assess: {condition: cycle, outcomes: [sparsity]}
"""


def test_a_repetition_is_written_out_in_order_with_its_variables() -> None:
    steps = [n.step for n in one(CYCLES).arms["one"]]
    assert [s.of_active for s in steps if isinstance(s, rs.PruneMore)] == [0.1, 0.2, 0.3]
    assert [c for c, _ in assessments(one(CYCLES).routes["one"])] == ["cycle=1", "cycle=2", "cycle=3"]


def test_what_is_repeated_accumulates() -> None:
    found = values(one(CYCLES))
    assert found["cycle=1", "sparsity"] < found["cycle=2", "sparsity"] < found["cycle=3", "sparsity"]


SWEEP = """
    - sweep: {depth: [0.2, 0.8]}
      do: [{prune: {sparsity: $depth}}, {assess: {condition: swept, outcomes: [sparsity, acc_combined]}}]
    - assess: {condition: after, outcomes: [sparsity, acc_combined]}
"""


def test_a_sweep_leaves_no_trace_outside() -> None:
    found = values(one(SWEEP))
    assert found["swept=0.2", "sparsity"] == pytest.approx(20, abs=3)
    assert found["swept=0.8", "sparsity"] == pytest.approx(80, abs=3)
    assert found["after", "sparsity"] == 0.0


def test_another_level_changes_no_number_elsewhere() -> None:
    fewer = values(one(SWEEP.replace("[0.2, 0.8]", "[0.8]")))
    more = values(one(SWEEP))
    assert {key: more[key] for key in fewer} == fewer


def test_levels_share_the_random_numbers_of_their_training() -> None:
    path = """
    - sweep: {lr: [1.0e-3, 2.0e-3]}
      do: [{train: {epochs: 1, lr: $lr}}, {assess: {condition: swept, outcomes: [sparsity]}}]
"""
    streams = {stop.fork[0].stream for stop in one(path).routes["one"]}
    assert streams == {"treatment/train.1"}


def test_rounds_and_levels_nest() -> None:
    path = """
    - repeat: {cycle: {from: 1, to: 2}}
      do:
        - sweep: {depth: [0.5]}
          do: [{prune: {sparsity: $depth}}, {assess: {condition: probe, outcomes: [sparsity]}}]
"""
    assert [c for c, _ in assessments(one(path).routes["one"])] == ["probe=1,0.5", "probe=2,0.5"]


def test_a_label_stands_before_the_counts_of_a_fork() -> None:
    path = """
    - repeat: {cycle: [7]}
      do:
        - train: {epochs: 2, lr: 1.0e-3}
          at: [1, 2]
          fork: [{assess: {condition: probe, outcomes: [sparsity]}}]
"""
    assert set(values(one(path))) == {("probe=7,1", "sparsity"), ("probe=7,2", "sparsity")}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"from": 1, "to": 4}, [1, 2, 3, 4]),
        ({"from": 0.5, "to": 0.9, "by": 0.1}, [0.5, 0.6, 0.7, 0.8, 0.9]),
        ({"from": 0, "to": 1, "by": 0.4}, [0, 0.4, 0.8]),
        ([3, 1, 2], [3, 1, 2]),
    ],
)
def test_ranges_hold_the_decimals_that_are_written(written: object, expected: list[float]) -> None:
    assert [scope["x"] for scope, _ in rounds({"x": written}, {}, ())] == expected


def test_variables_stand_whole_or_in_a_text() -> None:
    scope = {"n": 3, "name": "b"}
    assert filled(["$n", "a_$n", "${name}_c", "x"], scope, ()) == [3, "a_3", "b_c", "x"]


def test_the_resolved_protocol_reads_back() -> None:
    for path in (CYCLES, SWEEP):
        assert loads(dumps(one(path))) == one(path)


def test_arms_may_stand_beside_a_repetition() -> None:
    text = HEAD + "arms: {a: [], b: []}\nfollow_up:\n  - repeat: {c: [1, 2]}\n    arms: [a]\n"
    text += "    do: [{assess: {condition: x, outcomes: [sparsity]}}]\n"
    routes = loads(text).routes
    assert (len(routes["a"]), len(routes["b"])) == (2, 0)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("    - repeat: {}\n      do: []", r"line 6: arms.one\[0\].repeat: name a variable"),
        ("    - repeat: {a: [1], b: [1, 2]}\n      do: []", "b has 2 values, a has 1"),
        ("    - repeat: {a: [1, 1]}\n      do: []", "duplicate 1"),
        ("    - repeat: {a: [x]}\n      do: []", "'x' is no number; the first variable names the condition"),
        ("    - repeat: {a: {from: 1, to: 1001}}\n      do: []", "1001 values; at most 1000"),
        ("    - repeat: {a: {from: 1, to: 3, by: 0}}\n      do: []", "expected `by` above 0 .*, got 0"),
        ("    - repeat: {a: {from: 3, to: 1}}\n      do: []", "0 values; give at least 1"),
        ("    - repeat: {a: 3}\n      do: []", "a list of values or"),
        ("    - repeat: {a: [1]}", "repeat needs `do`"),
        ("    - sweep: {a: [1]}\n      do: []\n      at: [1]", "unknown key 'at'"),
        ("    - prune: {sparsity: $depth}", "line 6: .*unknown variable .depth; variables come from a repeat or sweep"),
        (
            "    - sweep: {depth: [0.5]}\n      do:\n        - prune: {sparsity: $dept}",
            r"line 8: arms.one\[0\].do\[0\].prune.sparsity: unknown variable .dept; did you mean 'depth'",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(path: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        one(path + "\n")


def test_repetitions_cannot_explode() -> None:
    inner = "[{mark: {}}]"
    for name in "abcd":
        inner = f"[{{repeat: {{{name}: {{from: 1, to: 100}}}}, do: {inner}}}]"
    with pytest.raises(ProtocolError, match="more than 2000 steps when written out"):
        loads(f"{HEAD}arms: {{one: {inner}}}")


def test_a_base_is_replaced_arm_by_arm() -> None:
    base = {"name": "a", "arms": {"x": [1], "y": [2]}, "follow_up": [1], "network": {"hidden": [1]}}
    ours = {"name": "b", "base": "a", "arms": {"y": None, "z": [3]}, "follow_up": [2]}
    assert merged(base, ours) == {
        "name": "b",
        "arms": {"x": [1], "z": [3]},
        "follow_up": [2],
        "network": {"hidden": [1]},
    }


def test_another_kind_of_task_or_network_takes_no_field_of_the_base() -> None:
    base = {"task": {"train": 9}, "network": {"hidden": [5, 5]}}
    other = {"task": {"kind": "digits"}, "network": {"kind": "rnn"}}
    assert merged(base, other) == other
    same = {"task": {"kind": "gaussian-blobs"}, "network": {"kind": "perceptron"}}
    assert merged(base, same) == {key: {**base[key], **same[key]} for key in base}


def test_variants_of_a_base_go_with_the_arm_that_they_are_made_of() -> None:
    assert "untreated:healthy" in loads("name: x\nbase: half-doses\narms: {ssri-half: null}\n").variants
    base = {"arms": {"a": [], "b": []}, "variants": {"a:v": {"of": "a"}, "b:v": {"of": "b"}}}
    assert merged(base, {"arms": {"a": None}})["variants"] == {"b:v": {"of": "b"}}
    assert merged(base, {"arms": {"a": None}, "variants": {}})["variants"] == {}


def test_a_file_can_build_on_a_library_protocol() -> None:
    mine = loads("name: mine\nbase: chronic-stress\narms: {ssri: null}\nfollow_up: []\nderived: []")
    assert list(mine.arms) == ["untreated", "ketamine", "neurosteroid"]
    assert mine.induction == rs.load("mechanisms").induction
    assert [n.step for n in mine.induction if isinstance(n.step, (Train, Prune))] != []


def test_a_task_of_another_kind_keeps_no_field_of_the_base_s() -> None:
    digits = loads("name: mine\nbase: demo\ntask: {kind: digits, test: 100}").task
    assert (type(digits), digits.sizes.test, digits.sizes.train) == (Digits, 100, Digits().train)
    assert loads("name: mine\nbase: demo\ntask: {test: 100}").task.sizes == (3000, 100, 200)


def test_an_unknown_base_is_named_with_its_neighbour() -> None:
    with pytest.raises(ProtocolError, match=r"f line 2: base: unknown base 'mechanism'; did you mean 'mechanisms'"):
        loads("name: x\nbase: mechanism\n", source="f")


def test_counts_may_be_a_range() -> None:
    fork = "fork: [{assess: seen}]"
    written = one(f"    - decay: {{steps: 20, per_step: 0.05}}\n      at: {{from: 0, to: 20, by: 5}}\n      {fork}\n")
    assert written.arms["one"][0].at == (0, 5, 10, 15, 20)
    assert loads(dumps(written)) == written
