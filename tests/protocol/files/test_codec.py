"""Protocol files say what they mean, come back without loss, and are refused in one clear line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import resynapse as rs
from resynapse.errors import ProtocolError
from resynapse.networks import Perceptron
from resynapse.outcomes import BATTERY
from resynapse.protocol import Below, Drop, Mean, Node, Step, dump, dumps, loads, parse
from resynapse.protocol.steps import Assess, Decay, Discontinue, Drug, Prune, PruneMore, Regrow, Stabilise, Train
from resynapse.task import GaussianBlobs

share = st.floats(0, 1)
positive = st.floats(1e-6, 10)
rate = st.floats(0, 1)
ramp = st.one_of(share, st.tuples(share, share))
inhibited = st.floats(0.01, 1)
inhibition = st.none() | inhibited | st.tuples(inhibited, inhibited)
step: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        Train, epochs=st.integers(0, 300), lr=rate, noise_sd=ramp, gain=st.none() | positive, inhibition=inhibition
    ),
    st.builds(Prune, sparsity=st.floats(0, 0.99)),
    st.builds(PruneMore, of_active=share),
    st.builds(Regrow, of_pruned=share, by=st.sampled_from(["gradient", "random"]), batches=st.integers(1, 5)),
    st.builds(
        Drug,
        gain=positive,
        activation=st.none() | st.sampled_from(["relu", "tanh"]),
        layers=st.none() | st.just((1,)),
    ),
    st.just(Discontinue()),
    st.builds(Stabilise, protection=share),
    st.builds(Decay, steps=st.integers(0, 100), per_step=share),
)
node = st.builds(
    Node,
    step=step,
    fork=st.lists(st.builds(Node, step=step), max_size=2).map(tuple),
    share=st.booleans(),
    arms=st.sampled_from([(), ("drug-a",), ("drug-a", "off")]),
    stream=st.none() | st.text("abc1", min_size=1),
)
path = st.lists(node, max_size=3).map(tuple)
protocol = st.builds(
    rs.Protocol,
    name=st.text("abc -_.1", min_size=1).filter(lambda t: not t[0].isspace()),
    title=st.text(),
    task=st.builds(GaussianBlobs, sd=st.floats(0, 3), train=st.integers(1500, 9999)),
    network=st.lists(st.integers(1, 600), min_size=1, max_size=4).map(lambda widths: Perceptron(hidden=tuple(widths))),
    batch_size=st.integers(1, 256),
    induction=path,
    arms=st.fixed_dictionaries({"drug-a": path, "off": path}),
    follow_up=path.map(lambda p: (*p, Node(step=Assess(condition="acute")))),
    derived=st.just(
        (
            Drop(outcome="d", of="acc_clean", before="acute", after="acute"),
            Below(outcome="b", of="acc_clean", threshold=60.0, within="acute"),
            Mean(outcome="m", of="b", within="acute", condition="all"),
        )
    ),
)


@settings(max_examples=60)
@given(protocol)
def test_a_protocol_comes_back_from_its_file_as_it_was(written: rs.Protocol) -> None:
    assert loads(dumps(written)) == written
    assert parse(dump(written)) == written


@pytest.mark.parametrize("name", rs.library())
def test_every_library_protocol_comes_back_as_it_was(name: str) -> None:
    assert loads(dumps(rs.load(name))) == rs.load(name)


def test_words_of_yaml_1_1_are_words_and_exponents_are_numbers() -> None:
    read = loads("name: off\ntitle: no\narms: {yes: [{train: {epochs: 1, lr: 1e-5}}, {assess: on}]}")
    assert (read.name, read.title, list(read.arms)) == ("off", "no", ["yes"])
    assert read.arms["yes"] == (Node(step=Train(epochs=1, lr=1e-5)), Node(step=Assess(condition="on")))


def test_an_assessment_measures_the_acute_battery_unless_it_says_otherwise() -> None:
    (found,) = loads("name: x\narms: {a: [{assess: acute}]}").arms["a"]
    assert found.step == Assess(condition="acute", outcomes=BATTERY)


def _said(attempt: Callable[[], object]) -> str:
    """The refusal, or that there was none; anything but a ProtocolError fails the test."""
    try:
        attempt()
    except ProtocolError as error:
        return str(error)
    return "fine"


TREATED = "name: x\narms:\n  a:\n    - train: {epochs: 3, lr: 1e-3}\n"
REFUSED = {
    "name: x\narms:\n  a:\n    - trian: {epochs: 3}": "line 4: arms.a[0].trian: unknown step 'trian'; did you mean 'train'?",
    "name: x\narms: {a: [{prune: {sparsity: 1.0}}]}": "line 2: arms.a[0].prune.sparsity: 1.0 is not possible",
    "name: x\narms: {a: [{prune: {sparsity: -0.1}}]}": "arms.a[0].prune.sparsity: -0.1 is not possible",
    "name: x\narms: {a: [{prune: {sparsty: 0.5}}]}": "unknown key 'sparsty'; did you mean 'sparsity'?",
    "name: x\narms: {a: [{train: {epochs: -1, lr: 1e-3}}]}": "arms.a[0].train.epochs: -1 is not possible",
    "name: x\narms: {a: [{train: {epochs: 2.5, lr: 1e-3}}]}": "arms.a[0].train.epochs: 2.5 is not possible",
    "name: x\narms: {a: [{train: {epochs: '3', lr: 1e-3}}]}": "arms.a[0].train.epochs: '3' is not possible",
    "name: x\narms: {a: [{train: {epochs: 3, lr: .nan}}]}": "arms.a[0].train.lr: expected a finite number of at most 1e+100 in size, got nan",
    "name: x\narms: {a: [{train: {epochs: 3, lr: .inf}}]}": "arms.a[0].train.lr: expected a finite number of at most 1e+100 in size, got inf",
    "name: x\narms: {a: [{train: {epochs: 3}}]}": "arms.a[0].train.lr: missing",
    "name: x\narms: {a: [{train: {epochs: 3, lr: 1e-3, noise_sd: [1, 2, 3]}}]}": "arms.a[0].train.noise_sd",
    "name: x\narms: {a: [{drug: {activation: sigmoid}}]}": "arms.a[0].drug.activation: 'sigmoid' is not possible",
    "name: x\narms: {a: [{train: {epochs: 1, lr: 0.1, inhibition: [0.7, 1.1]}}]}": "inhibition: [0.7, 1.1] is not possible",
    "name: x\narms: {a: [{train: {epochs: 9, lr: 0.1}, at: {from: 0, to: 12}, fork: [{assess: b}]}]}": (
        "10 is not possible: the step has 9 epochs"
    ),
    "name: x\narms: {a: [{train: {epochs: 9, lr: 0.1}, at: {from: 0}, fork: [{assess: b}]}]}": (
        "expected a list of values or {from: 1, to: 8, by: 1}, got"
    ),
    "name: x\narms: {a: [{train: {epochs: 9, lr: 0.1}, at: {from: 0, to: 1, by: 0.5}, fork: [{assess: b}]}]}": (
        "at[1]: 0.5 is not possible"
    ),
    "name: x\narms: {a: [{drug: {gain: 0}}]}": "arms.a[0].drug.gain: 0 is not possible",
    "name: x\narms: {}": "line 2: arms: no arms",
    "name: x": "arms",
    "arms: {a: []}": "name is missing",
    "": "nothing is written here",
    "- 3": "expected a mapping, got",
    "name: x\nname: y": "line 2: malformed YAML: duplicate key 'name'",
    "name: x\n  arms: [": "line 2: malformed YAML",
    "name: x\narms: {a: !!python/object:os.system []}": "malformed YAML",
    "name: x\narmz: {a: []}": "unknown key 'armz'; did you mean 'arms'?",
    "name: 3\narms: {a: []}": "name: 3 is not possible",
    "name: x\narms: {1: []}": "key 1 is not a string",
    "name: x\narms: {a: {}}": "expected a list, got",
    "name: x\nnetwork: {hidden: []}\narms: {a: []}": "network.hidden: no hidden layer",
    "name: x\nnetwork: {hidden: [8, 0]}\narms: {a: []}": "network.hidden[1]: 0 is not possible",
    "name: x\nbatch_size: 0\narms: {a: []}": "batch_size: expected a batch of at least 1 sample, got 0",
    "name: x\ntask: {kind: gaussian-blobz}\narms: {a: []}": "unknown task 'gaussian-blobz'; did you mean 'gaussian-blobs'?",
    "name: x\ntask: {trian: 3}\narms: {a: []}": "unknown key 'trian'; did you mean 'train'?",
    "name: x\ntask: {batch: 3}\narms: {a: []}": "unknown key 'batch'; allowed: centres, sd, train, test, clean",
    "name: x\ntask: {kind: digits, sd: 1}\narms: {a: []}": "task: unknown key 'sd'; allowed: train, test, clean, scale",
    "name: x\ntask: {sd: -1}\narms: {a: []}": "it must be 0 or more",
    "name: x\ntask: {train: 0}\narms: {a: []}": "at least 1 sample",
    "name: x\narms: {a: [{assess: {condition: c, outcomes: [acc_cmbined]}}]}": "did you mean 'acc_combined'",
    "name: x\narms: {a: [{assess: {condition: c, outcomes: []}}]}": "arms.a[0].assess.outcomes",
    "name: x\narms: {a: [{assess: 'a=b'}]}": "arms.a[0].assess.condition: 'a=b' is not possible",
    "name: x\narms: {a: [{assess: c}, {assess: c}]}": "arms.a[1]: arm a is assessed twice as 'c'",
    "name: x\narms: {a: [{train: {epochs: 1, lr: 0.1}, prune: {sparsity: 0.5}}]}": "train and prune in one step",
    "name: x\narms: {a: [{}]}": "neither a step nor a fork",
    TREATED + "      at: [4]\n      fork: [{assess: b}]": "arms.a[0].at: 4 is not possible: the step has 3 epochs",
    TREATED + "      at: [2, 1]\n      fork: [{assess: b}]": "expected counts that rise strictly",
    TREATED + "      at: [2]": "a fork must say what happens",
    TREATED + "      arms: [b]": "arms.a[0].arms: no arm 'b'",
    "name: x\narms: {a: [{prune: {sparsity: 0.5}, at: [1], fork: [{assess: b}]}]}": "has counts",
    TREATED + "derived: [{drop: {outcome: d, of: o, before: acute, after: acute}}]": "no arm is assessed",
    TREATED + "    - assess: c\nderived: [{below: {outcome: d, of: acc_clan, threshold: 1, within: c}}]": "did you mean 'acc_clean'",
    "name: ''\narms: {a: []}": "name: '' is no name",
    "name: a/../b\narms: {a: []}": "is no name",
    "name: x\narms: {a: [{train: {epochs: 100000000000, lr: 1}}]}": "epochs: 100000000000 is not possible",
    "name: x\narms: {a: [{drug: {}}]}": "name at least one of gain",
    "name: x\narms: {a: [{drug: {layers: []}}]}": "arms.a[0].drug.layers",
    "name: x\narms: {a: [{drug: {layers: [0]}}]}": "arms.a[0].drug.layers[0]: 0 is not possible",
    "name: x\narms: {a: [{drug: {layers: [2, 1]}}]}": "layers must rise, each named once",
    "name: x\narms: {a: [{drug: {gain: 2, layers: [1, 4]}}]}": "line 2: arms.a[0].drug.layers: 4 is not possible: the network has 3 hidden layers, counted from 1",
    "name: x\nnetwork: {hidden: [9]}\narms: {a: [{drug: {layers: [{choice: [1, 2]}]}}]}": "2 is not possible: the network has 1 hidden layer,",
    "name: x\narms: {a: [{drug: {gain: 2}}]}\nvariants: {v: {of: a, changes: [{step: drug, set: {layers: [9]}}]}}": "variants.v.drug.layers: 9 is not possible",
    "name: x\narms: {a: [{drug: {inhibition: 1.5}}]}": "inhibition: 1.5 is not possible",
    "name: x\narms: {'a,b': []}": "'a,b' is no name for an arm",
    TREATED + "derived: [{dorp: {}}]": "unknown rule 'dorp'; did you mean 'drop'?",
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=range(len(REFUSED)))
def test_a_file_that_cannot_be_run_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        loads(text, source="my.yaml")
    message = str(refused.value)
    assert said in message
    assert message.startswith("my.yaml")
    assert "\n" not in message


def test_an_unknown_protocol_names_the_nearest_ones() -> None:
    with pytest.raises(ProtocolError, match="did you mean 'switch-relapse'"):
        rs.load("swich-relapse")
    with pytest.raises(ProtocolError, match="manic-switch"):
        rs.load("swtch")


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Any) -> None:
    with pytest.raises(ProtocolError, match="no such file"):
        rs.load(tmp_path / "no.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProtocolError, match="not a text file"):
        rs.load(tmp_path / "bad.yaml")
    with pytest.raises(ProtocolError, match="cannot be read"):
        rs.load(tmp_path)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(list(dump(rs.load("demo")))), json_like)
def test_any_value_in_any_place_is_taken_or_refused(place: str, value: object) -> None:
    document = dump(rs.load("demo"))
    document[place] = value
    assert _said(lambda: parse(document)) != ""


def test_written_files_are_plain_yaml() -> None:
    assert yaml.safe_load(dumps(rs.load("demo")))["network"] == {"hidden": [96, 96, 48]}
