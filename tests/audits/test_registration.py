"""The record of what was claimed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.audits.claim_library import claims_of
from resynapse.audits.registration import SEAL, digest, seal
from resynapse.protocol.claim_tests import Mean
from resynapse.protocol.claims import Claim

CLAIMS = claims_of(rs.load("switch-relapse"))


def changed() -> tuple[Claim, ...]:
    first = CLAIMS[0]
    reading = replace(first.readings[0], tests=(Mean(of="acc_clean of untreated at acute", above=1),))
    return (replace(first, readings=(reading,)), *CLAIMS[1:])


def test_claims_are_on_record_before_the_first_subject(tmp_path: Path) -> None:
    found = seal(tmp_path, CLAIMS, 0)
    assert (found.digest, found.subjects, found.before) == (digest(CLAIMS), 0, ())
    assert "before the first subject" in found.sentence
    # the same claims later are the same record
    assert seal(tmp_path, CLAIMS, 7) == found


def test_a_bound_that_was_moved_after_results_is_told(tmp_path: Path) -> None:
    first = seal(tmp_path, CLAIMS, 0)
    later = seal(tmp_path, changed(), 7)
    assert later.digest != first.digest
    assert (later.subjects, later.before) == (7, (first.digest,))
    assert "AFTER 7 subjects" in later.sentence
    # going back is a change too
    assert seal(tmp_path, CLAIMS, 9).before == (first.digest, later.digest)


def test_a_damaged_record_is_one_line(tmp_path: Path) -> None:
    (tmp_path / SEAL).write_text("{")
    with pytest.raises(rs.ResynapseError, match="the record of the audit's claims is damaged"):
        seal(tmp_path, CLAIMS, 0)


def test_the_audit_of_a_folder_carries_it(tmp_path: Path) -> None:
    text = """
name: bare
task: {kind: gaussian-blobs, train: 128, test: 60, clean: 20}
network: {hidden: [8]}
arms: {a: [{train: {epochs: 2, lr: 5e-3}}, {assess: {condition: acute, outcomes: [acc_standard]}}]}
claims:
- {id: c, statement: s, tests: [{mean: {of: acc_standard of a at acute, above: 1}}]}
"""
    protocol = rs.loads(text)
    first = rs.audit(protocol, subjects=2, out=tmp_path)
    assert first.seal is not None
    assert first.seal.subjects == 0
    moved = rs.audit(rs.loads(text.replace("above: 1", "above: 2")), subjects=2, out=tmp_path)
    assert moved.seal is not None
    assert (moved.seal.subjects, moved.seal.before) == (2, (first.seal.digest,))
