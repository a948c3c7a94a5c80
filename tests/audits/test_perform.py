"""An audit as runs on disk: it goes on where it stopped, and says what it will cost before it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.audits.perform import RESULT, TREE

TEXT = """
name: bare
task: {kind: gaussian-blobs, train: 128, test: 60, clean: 20}
network: {hidden: [8]}
arms: {a: [{train: {epochs: 2, lr: 5e-3}}, {assess: {condition: acute, outcomes: [acc_standard]}}]}
claims:
- {id: sure, statement: s, tests: [{mean: {of: acc_standard of a at acute, above: 1}}]}
"""


def audited(out: Path, subjects: int = 3) -> tuple[str, list[str]]:
    notes: list[str] = []
    found = rs.audit(rs.loads(TEXT), subjects=subjects, seeds=2, out=out, workers=1, note=notes.append)
    assert (out / RESULT).read_text() == found.to_json()
    return found.to_json(), notes


def test_an_audit_that_stopped_anywhere_goes_on_to_the_same_numbers(tmp_path: Path) -> None:
    whole, notes = audited(tmp_path)
    assert any("about" in text and "stop loses nothing" in text for text in notes)
    again, quiet = audited(tmp_path)
    assert again == whole
    assert not any("a stop loses nothing" in text for text in quiet)
    (tmp_path / RESULT).unlink()
    shutil.rmtree(tmp_path / "seed1")
    assert audited(tmp_path)[0] == whole


def test_the_plan_comes_before_the_first_subject(tmp_path: Path) -> None:
    def stop(text: str) -> None:
        if "stop loses nothing" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rs.audit(rs.loads(TEXT), subjects=3, seeds=1, out=tmp_path, workers=1, note=stop)
    assert not (tmp_path / TREE / "manifest.json").exists()
