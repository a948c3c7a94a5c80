"""Networks that are computed again are those of the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.errors import ResynapseError
from resynapse.runs.retrace import stages, structural_arm, too_much
from resynapse.runs.store.folder import Manifest
from resynapse.runs.walk import reached, walk


@pytest.fixture(scope="module")
def manifest(tiny: rs.Protocol) -> Manifest:
    return Manifest(tiny, 5, "compiled", 3, ())


def test_the_stages_are_before_pruned_and_regrown(manifest: Manifest) -> None:
    found = stages(manifest, "ketamine", 2)
    assert [None if one.step is None else one.step.kind for one in found] == [None, "prune", "regrow"]
    shares = [np.concatenate([m.ravel() for m in one.masks]).mean() for one in found]
    assert shares[0] == 1.0
    assert shares[1] == pytest.approx(0.1, abs=0.01)
    assert shares[2] == pytest.approx(0.55, abs=0.01)
    assert all((b | ~a).all() for a, b in zip(found[1].masks, found[2].masks, strict=True)), "regrowth removes nothing"


def test_they_are_those_of_the_run(manifest: Manifest, compiled: Engine) -> None:
    protocol, subject = manifest.protocol, Subject(5, 2)
    rows = {(r.arm, r.condition, r.outcome): r.value for r in walk(protocol, subject, compiled)}
    last = stages(manifest, "ketamine", 2)[-1]
    pruned = 100 * (1 - np.concatenate([m.ravel() for m in last.masks]).mean())
    assert rows["ketamine", "acute", "sparsity"] == pytest.approx(pruned, abs=1e-9)


def test_neither_another_arm_nor_another_subject_changes_them(manifest: Manifest) -> None:
    alone = replace(manifest, protocol=manifest.protocol.only(["ketamine"]), subjects=1)
    for a, b in zip(stages(manifest, "ketamine", 0), stages(alone, "ketamine", 0), strict=True):
        assert all(map(np.array_equal, a.weights, b.weights))
    first, second = stages(manifest, "ketamine", 0), stages(manifest, "ketamine", 1)
    assert not np.array_equal(first[-1].masks[1], second[-1].masks[1])


def test_the_walk_stops_after_the_stops_that_are_asked_for(manifest: Manifest, compiled: Engine) -> None:
    found = reached(manifest.protocol, "ketamine", 3, Subject(5, 0), compiled)
    assert [stop.step.kind for stop, _ in found if stop.step] == ["train", "prune", "drug"]


def test_the_arm_that_regrows_is_shown_or_else_the_first(tiny: rs.Protocol) -> None:
    assert structural_arm(tiny) == "ketamine"
    assert structural_arm(tiny.only(["untreated", "ssri"])) == "untreated"


def test_what_would_be_too_dear_or_shows_nothing_is_refused_with_the_reason(manifest: Manifest) -> None:
    large = rs.loads("name: large\nnetwork: {hidden: [3000, 3000]}\ninduction: [{train: {epochs: 99, lr: 0.1}}, "
                     "{prune: {sparsity: 0.5}}]\narms: {one: []}\nfollow_up: [{assess: end}]")  # fmt: skip
    assert "would take 1.1e+13 updates" in too_much(replace(manifest, protocol=large), "one")
    with pytest.raises(ResynapseError, match="the limit is"):
        stages(replace(manifest, protocol=large), "one", 0)
    assert too_much(manifest, "ketamine") == ""
    plain = rs.loads("name: plain\narms: {one: []}\nfollow_up: [{prune: {sparsity: 0.5}}, {assess: end}]")
    assert too_much(replace(manifest, protocol=plain), "one").startswith("no connection is pruned")
