"""What the tests share: small subjects, both engines, a protocol that runs in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

import resynapse as rs
from resynapse.engine import Engine, engine
from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.runs.workers.blas import single_threaded_blas
from resynapse.task import GaussianBlobs, TaskData

settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("house")

TESTS = Path(__file__).parent
SLOW = (
    "analysis/parts", "analysis/test_analyse.py", "analysis/test_analysis_file.py", "analysis/test_families.py",
    "attribution", "audits", "benchmarks", "cli", "controls", "docs", "engine", "golden", "lab", "networks/test_recurrent.py", "protocol/files/test_codec.py",
    "protocol/files/test_safe_yaml.py", "protocol/test_claim_tests.py", "protocol/test_earlier.py",
    "protocol/test_family.py", "protocol/test_fuzz.py", "protocol/test_library.py", "protocol/test_questions.py",
    "publication", "report", "runs", "test_api.py", "test_cli.py", "test_plasticity.py",
    "test_plugins.py", "test_regrowth.py",
)  # fmt: skip
"""Areas that `pytest -m "not slow"` leaves out: processes, pages, whole library protocols, many random cases."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import the slow areas for the inner loop."""
    left_out = config.option.markexpr == "not slow" and any(collection_path == TESTS / area for area in SLOW)
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of a slow area."""
    slow = tuple(TESTS / area for area in SLOW)
    if gone := [str(area) for area in slow if not area.exists()]:
        raise pytest.UsageError(f"SLOW in tests/conftest.py: no {', '.join(gone)}")
    for item in items:
        if any(item.path.is_relative_to(area) for area in slow):
            item.add_marker("slow")


SMALL = GaussianBlobs(train=640, test=300, clean=40)
WIDTHS = (2, 24, 20, 12, 4)


@pytest.fixture(scope="session", autouse=True)
def _one_thread_of_blas() -> Iterator[None]:
    with single_threaded_blas():
        yield


@pytest.fixture(scope="session")
def key() -> Key:
    """The root stream of one subject."""
    return Key(11, 3)


@pytest.fixture(scope="session")
def data(key: Key) -> TaskData:
    """A small task of one subject."""
    return SMALL.draw(key.of("data"))


@pytest.fixture(scope="session")
def fresh(key: Key) -> Network:
    """A small untrained network in float32 precision, so that both engines start from the same numbers."""
    return initialise(key.of("initialisation"), WIDTHS).astype(np.float32)


@pytest.fixture(scope="session")
def sparse(fresh: Network) -> Network:
    """The same network with nine tenths of its connections pruned."""
    return prune(fresh, 0.9)


@pytest.fixture(scope="session")
def compiled() -> Engine:
    """The fast engine."""
    return engine("compiled")


@pytest.fixture(scope="session")
def reference() -> Engine:
    """The engine that defines the model."""
    return engine("reference")


TINY = """
name: tiny
task: {kind: gaussian-blobs, train: 512, test: 300, clean: 40}
network: {hidden: [24, 20, 12]}
induction:
  - train: {epochs: 6, lr: 5e-3}
  - prune: {sparsity: 0.9}
arms:
  untreated: []
  ketamine:
    - drug: {gain: 1.25}
    - regrow: {of_pruned: 0.5, batches: 3}
    - train: {epochs: 3, lr: 2e-3}
  ssri:
    - train: {epochs: 4, lr: 1e-3, noise_sd: [0.5, 0.0], gain: [1.0, 1.6]}
follow_up:
  - assess: {condition: acute, outcomes: [acc_combined, acc_biased_1.0, acc_internal_1.0, sparsity, gain]}
  - fork: [{discontinue: {}}, {assess: {condition: off, outcomes: [acc_combined]}}]
  - fork: [{prune_more: {of_active: 0.4}}, {assess: {condition: lesioned, outcomes: [acc_combined]}}]
  - stabilise: {protection: 1.0}
  - train: {epochs: 4, lr: 1e-4}
    at: [2, 4]
    fork:
      - discontinue: {}
      - decay: {steps: 50, per_step: 0.008}
      - assess: {condition: maintenance, outcomes: [acc_biased_1.0, protection, effective_gain]}
derived:
  - drop: {outcome: relapse_drop, of: acc_combined, before: acute, after: lesioned}
  - below: {outcome: manic_relapse, of: acc_biased_1.0, threshold: 60, within: maintenance}
  - mean: {outcome: manic_relapse_probability, of: manic_relapse, within: maintenance, condition: longitudinal}
"""


@pytest.fixture(scope="session")
def tiny() -> rs.Protocol:
    """All kinds of steps on a network that trains in a moment."""
    return rs.loads(TINY)
