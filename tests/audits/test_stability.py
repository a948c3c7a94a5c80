"""Verdicts over several root seeds."""

from __future__ import annotations

from pathlib import Path

import resynapse as rs
from resynapse.audits.stability import stability

TEXT = """
name: bare
task: {kind: gaussian-blobs, train: 128, test: 60, clean: 20}
network: {hidden: [8]}
arms: {a: [{train: {epochs: 2, lr: 5e-3}}, {assess: {condition: acute, outcomes: [acc_standard]}}]}
claims:
- {id: sure, statement: s, tests: [{mean: {of: acc_standard of a at acute, above: 1}}]}
- {id: never, statement: s, tests: [{mean: {of: acc_standard of a at acute, above: 101}}]}
"""


def test_every_seed_is_a_cohort_of_ten_of_its_own_and_the_tree_is_one_of_them(tmp_path: Path) -> None:
    found = rs.audit(rs.loads(TEXT), subjects=10, out=tmp_path, seeds=3)
    assert {one.claim: (one.same, one.seeds) for one in found.stability} == {
        "sure": (3, (0, 1, 2)),
        "never": (3, (0, 1, 2)),
    }
    folders = sorted(p.name for p in tmp_path.iterdir() if p.is_dir())
    assert folders == ["seed1", "seed2", "tree"]
    one = [rs.api.Run(tmp_path / name).table()["value"].to_list() for name in folders]
    assert one[0] != one[1] != one[2]


def test_a_larger_tree_is_no_cohort_of_ten(tmp_path: Path) -> None:
    found = rs.audit(rs.loads(TEXT), subjects=11, out=tmp_path, seeds=2)
    assert found.stability[0].seeds == (0, 1)
    assert {p.name for p in tmp_path.iterdir() if p.is_dir()} == {"seed0", "seed1", "tree"}


def test_one_seed_says_nothing_about_stability(tmp_path: Path) -> None:
    found = rs.audit(rs.loads(TEXT), subjects=2, out=tmp_path)
    assert found.stability == ()
    assert stability(found.claims, ()) == ()


def test_verdicts_are_counted(tmp_path: Path) -> None:
    found = rs.audit(rs.loads(TEXT), subjects=2, out=tmp_path)
    (sure, never) = stability(found.claims, [(0, found.claims), (1, found.claims[::-1])])
    assert (sure.same, sure.counts) == (2, f"{found.claims[0].verdict} 2")
    assert never.counts == f"{found.claims[1].verdict} 2"
