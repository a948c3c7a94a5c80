"""Protocols whose truth is known, and their runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.audits.audit import Audit
from resynapse.protocol.files.claims_codec import parse_claims

SYNTHETIC = """
name: synthetic
task: {kind: gaussian-blobs, train: 512, test: 200, clean: 40}
network: {hidden: [24, 20, 12]}
induction:
  - train: {epochs: 6, lr: 5e-3}
  - prune: {sparsity: 0.98}
arms:
  untreated: []
  rebuilding:
    - regrow: {of_pruned: 0.5, batches: 3}
    - train: {epochs: 8, lr: 5e-3}
  favoured: []                                   # nothing is done in these two:
  disfavoured: []                                # they differ in their washout alone
follow_up:
  - assess: {condition: acute, outcomes: [acc_standard, acc_biased_1.0]}
  - fork: [{prune_more: {of_active: 0.2}}, {assess: {condition: lesioned, outcomes: [acc_standard]}}]
  - stabilise: {protection: 1.0}
  - train: {epochs: 3, lr: 1e-6}
    at: [1, 2, 3]
    fork:
      - decay: {steps: 10, per_step: 0.0}
        arms: [favoured]
      - decay: {steps: 10, per_step: 0.1}
        skip: [favoured]
      - assess: {condition: later, outcomes: [acc_standard, acc_biased_1.0, protection]}
derived:
  - below: {outcome: relapse, of: acc_biased_1.0, threshold: 60, within: later}
claims:
  - id: mechanism-works
    statement: Rebuilding restores accuracy, and it is the rebuilding that does.
    tests:
      - difference: {of: acc_standard of rebuilding at acute, minus: acc_standard of untreated at acute, above: 0}
      - difference: {of: acc_standard of rebuilding at acute, minus: "acc_standard of rebuilding:sham at acute", above: 0}
  - id: placebo
    statement: The favoured arm is protected for long.
    tests: [{difference: {of: protection of favoured at later, minus: protection of disfavoured at later, above: 0.5}}]
  - id: "false"
    statement: Nothing restores accuracy as well as rebuilding.
    tests: [{difference: {of: acc_standard of untreated at acute, minus: acc_standard of rebuilding at acute, above: 0}}]
  - id: two-faced
    statement: The favoured arm is better off.
    readings:
      - id: protected
        tests: [{difference: {of: protection of favoured at later, minus: protection of disfavoured at later, above: 0}}]
      - id: accurate
        tests: [{difference: {of: acc_standard of favoured at acute, minus: acc_standard of disfavoured at acute, above: 0}}]
  - id: by-design
    statement: Half of the pruned connections are regrown.
    basis: construction
    tests: [{difference: {of: acc_standard of rebuilding at acute, minus: acc_standard of untreated at acute, above: 0}}]
  - id: beyond
    statement: It will help people.
    basis: outside
  - id: nobody
    statement: The untreated arm relapses from remission.
    tests: [{mean: {of: relapse of untreated at later, above: 50}}]
    among: acc_biased_1.0 >= 101 at acute
"""
UNMEASURED = """
- id: unmeasured
  statement: Clean accuracy is restored.
  tests: [{mean: {of: acc_clean of rebuilding at acute, above: 95}}]
"""
"""A claim of others: a protocol file of its own would refuse it."""


@pytest.fixture(scope="session")
def synthetic() -> rs.Protocol:
    """A mechanism that works, and two arms that differ in a constant alone."""
    own = rs.loads(SYNTHETIC)
    return replace(own, claims=(*own.claims, *parse_claims(yaml.safe_load(UNMEASURED))))


@pytest.fixture(scope="session")
def audited(synthetic: rs.Protocol, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Its audit at depth standard, by six subjects, with everything that depth has, over one seed and few trajectories."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("resynapse.audits.sensitivity.TRAJECTORIES", 3)
        return rs.audit(synthetic, depth="standard", subjects=6, seeds=1, out=tmp_path_factory.mktemp("audits") / "out")


@pytest.fixture
def cells() -> Cells:
    """Cells of two arms and six subjects with numbers that are easily seen."""
    import numpy as np
    import polars as pl

    rows = [
        ("p", "", subject, arm, condition, outcome, value)
        for subject in range(6)
        for arm, condition, outcome, value in (
            ("a", "acute", "score", 10.0 + subject),
            ("b", "acute", "score", 4.0 + 2 * subject),
            ("a", "later=1", "score", 1.0 * subject),
            ("a", "later=3", "score", 3.0 * subject + 4.0),
            ("b", "later=3", "score", 0.0),
            ("a", "acute", "flag", 100.0 * (subject > 0)),
        )
    ]
    columns = ["protocol", "variant", "subject", "arm", "condition", "outcome", "value"]
    assert np.isfinite([row[-1] for row in rows]).all()
    return Cells.of(pl.DataFrame(rows, schema=columns, orient="row"))
