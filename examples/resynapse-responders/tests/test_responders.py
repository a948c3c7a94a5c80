"""The part is found by its entry point, counts subjects, and is in every form of an analysis."""

import json

import pytest
from resynapse_responders import GAIN

import resynapse as rs
from resynapse.analysis.analyse import Analysis, analyse
from resynapse.report.sections.statistics import method_sentences, tables_by_part

PROTOCOL = """
name: response
task: {kind: gaussian-blobs, train: 256, test: 128, clean: 16}
network: {hidden: [16, 12]}
induction:
  - train: {epochs: 2, lr: 5.0e-3}
  - prune: {sparsity: 0.95}
arms:
  untreated: []
  retrained: [{train: {epochs: 3, lr: 5.0e-3}}]
  sham: []
follow_up:
  - assess: {condition: acute, outcomes: [acc_combined, sparsity]}
"""


@pytest.fixture(scope="module")
def run() -> rs.Run:
    return rs.run(rs.loads(PROTOCOL), subjects=4, workers=1)


@pytest.fixture(scope="module")
def found(run: rs.Run) -> Analysis:
    return run.analyse()


def test_shares_are_those_of_subjects_above_the_threshold(run: rs.Run, found: Analysis) -> None:
    table = run.table().pivot("arm", index=["subject", "condition", "outcome"], values="value")
    gain = table.filter(table["outcome"] == "acc_combined")
    shares = {one.arm: one.value for one in found.responders}
    assert shares["retrained"] == 100 * ((gain["retrained"] - gain["untreated"]) >= GAIN).mean()
    # nothing was done in the sham arm, so that nobody gains
    assert shares["sham"] == 0
    assert {one.outcome for one in found.responders} == {"acc_combined"}


def test_the_part_is_in_every_form(found: Analysis) -> None:
    values = [one.value for one in found.responders]
    frame = found.frame()
    assert frame.filter(frame["part"] == "responders")["value"].to_list() == values
    assert [one["value"] for one in json.loads(found.to_json())["responders"]] == values
    (table,) = tables_by_part(found)["responders"]
    assert len(table.rows) == len(values)
    assert any(sentence.startswith("Responders gain") for sentence in method_sentences(found))


def test_without_an_untreated_arm_the_reason_is_given(run: rs.Run) -> None:
    table = run.table()
    alone = analyse(table.filter(table["arm"] != "untreated"), run.protocol)
    assert alone.responders == ()
    assert "untreated" in alone.why_absent("responders")
