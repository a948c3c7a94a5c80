"""What cannot fit in memory is refused before anything runs; the estimate holds for walks that are run."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import ENGINES, engine, engine_kind
from resynapse.errors import ProtocolError, ResynapseError
from resynapse.protocol.routes import nesting
from resynapse.runs.planning import memory
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.planning.memory import Need, check_memory, usable_memory
from resynapse.runs.walk import walk
from resynapse.runs.workers.worker import Plan, compute

WALK = """
name: heavy
task: {TASK}
network: {NETWORK}
induction: [{train: {epochs: 1, lr: 1e-3, noise_sd: 0.5}}, {mark: {}}, {prune: {sparsity: 0.9}}]
arms:
  a: [{regrow: {of_pruned: 0.5, batches: 2}}, {train: {epochs: 1, lr: 1e-3}}]
  b: [{scar: {of_all: 0.1}}, {drug: {gain: 1.3}}]
  c: [{train: {epochs: 1, lr: 1e-4, noise_sd: 1.0}}]
follow_up:
  - assess: {condition: x, outcomes: [acc_combined, activation_magnitude]}
  - fork: [{prune_more: {of_active: 0.4}}, {assess: {condition: y, outcomes: [acc_combined]}}]
  - train: {epochs: 2, lr: 1e-5}
    at: [1, 2]
    fork: [{lesion: {of_active: 0.2, by: random}}, {assess: {condition: z, outcomes: [acc_combined]}}]
"""
SHAPES = {
    "wide": ("train: 256, test: 128, clean: 8", "hidden: [500, 500]"),
    "deep": ("train: 256, test: 128, clean: 8", "hidden: [200, 200, 200, 200]"),
    "much data": ("train: 20000, test: 5000, clean: 100", "hidden: [16]"),
    "many inputs": ("kind: digits, train: 256, test: 128", "hidden: [600]"),
    "gated units in time": (
        "kind: repeated-point, steps: 12, train: 256, test: 128, clean: 1",
        "kind: gru, hidden: [90]",
    ),
}


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_walk_takes_more_than_the_estimate_nor_much_less(shape: str, name: str) -> None:
    task, network = SHAPES[shape]
    protocol = rs.loads(WALK.replace("TASK", task).replace("NETWORK", network))
    if reason := engine_kind(name).supports(protocol.network, protocol.batch_size):
        pytest.skip(reason)
    if name == "jax" and shape != "wide":
        pytest.skip("XLA's own buffers are not traced, so one shape says what five would")
    chosen = engine(name)
    walk(protocol, Subject(0, 0), chosen)  # what is loaded or cached once is not a subject's
    tracemalloc.start()
    walk(protocol, Subject(0, 0), chosen)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # a bound that refuses a run must be above the truth, and of use only if it is not far above it
    need = Need.of(protocol, name).total
    assert peak <= need
    if name != "jax":  # XLA's own buffers are not traced, so that its peak is only a part of the truth
        assert need <= 3 * peak


def test_a_long_path_keeps_no_states_behind_it() -> None:
    cycles = "- repeat: {cycle: {from: 1, to: 600}}\n      do: [{prune_more: {of_active: 0.001}}, {assess: {condition: c, outcomes: [sparsity]}}]"
    protocol = rs.loads(
        f"name: long\ntask: {{train: 8, test: 8, clean: 4}}\nnetwork: {{hidden: [200, 200]}}\narms:\n  a:\n    {cycles}\n"
    )
    reference = engine("reference")
    tracemalloc.start()
    assert len(walk(protocol, Subject(0, 0), reference)) == 600
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert nesting(protocol.routes) == 0
    # 600 networks at rest would be 240 MB
    assert peak <= Need.of(protocol, "reference").total < 10_000_000


def test_forks_and_arms_are_what_a_walk_comes_back_to() -> None:
    assert nesting(rs.load("demo").only(["untreated"]).routes) == 1
    assert nesting(rs.load("demo").routes) == 2


@pytest.fixture
def of_8_gb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "usable_memory", lambda: 8_000_000_000)


def sized(hidden: list[int], task: str = "") -> rs.Protocol:
    return rs.loads(f"name: sized\ntask: {{{task}}}\nnetwork: {{hidden: {hidden}}}\narms: {{a: []}}")


@pytest.mark.usefixtures("of_8_gb")
def test_what_does_not_fit_is_refused_with_the_estimate_and_the_cure(tmp_path: Path) -> None:
    with pytest.raises(
        ResynapseError,
        match=r"one subject of sized \(network 2-20000-20000-4\) needs about 37 GB of memory \(data .*, networks .*, "
        r"work .*\), 8.0 GB are available; use fewer units, layers or samples",
    ):
        rs.run(sized([20_000, 20_000]), subjects=1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(ResynapseError, match=r"4 subjects of sized at a time need about 9\.5 GB .*; use --workers 3"):
        check_memory(sized([5_000, 5_000]), "compiled", subjects=10, workers=4)
    with pytest.raises(ResynapseError, match=r"cohort of 1000000000 subjects needs about 200 GB .* its own --seed"):
        rs.run(sized([8]), subjects=10**9, workers=1, out=tmp_path / "run")
    with pytest.raises(ResynapseError, match=r"one subject of sized .* needs about 12 GB of memory \(data 12 GB"):
        check_memory(sized([8], "train: 100000000, test: 8, clean: 8"), "compiled", subjects=1, workers=1)
    with pytest.raises(ResynapseError, match="one subject of sized"):
        Estimate.rehearse(sized([20_000, 20_000]))


@pytest.mark.usefixtures("of_8_gb")
def test_what_fits_is_not_refused() -> None:
    check_memory(rs.load("switch-relapse"), "compiled", subjects=1_000_000, workers=64)


@pytest.mark.usefixtures("of_8_gb")
def test_a_worker_elsewhere_judges_for_itself() -> None:
    large = sized([20_000, 20_000])
    check_memory(large, "compiled", subjects=10, workers=0)
    answer = compute(Plan.of(large, "compiled", 0), 3)
    assert answer.kind == "failed"
    assert answer.message.startswith("subject 3: one subject of sized")


def test_a_system_that_does_not_say_its_memory_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "usable_memory", lambda: None)
    check_memory(sized([1_000_000, 1_000_000]), "reference", subjects=10**12, workers=10**6)


def test_the_limit_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LIMIT_OF_CONTAINER", tmp_path / "none")
    whole = usable_memory()
    for text, expected in (("max\n", whole), ("1000000\n", 1_000_000)):
        (tmp_path / "limit").write_text(text)
        monkeypatch.setattr(memory, "_LIMIT_OF_CONTAINER", tmp_path / "limit")
        assert usable_memory() == expected
    assert whole is None or whole > 100_000_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("network: {hidden: [8, 1000001]}", r"network.hidden\[1\]: 1000001 units; at most 1000000"),
        (f"network: {{hidden: {[1] * 101}}}", r"network.hidden: 101 hidden layers; at most 100"),
        ("task: {test: 100000001}", "at most 100000000 samples"),
        ("batch_size: 100000001", "batch_size: 100000001 samples; at most"),
    ],
)
def test_sizes_in_a_file_are_bounded(text: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        rs.loads(f"name: x\n{text}\narms: {{a: []}}")
