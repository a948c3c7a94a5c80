"""Commands on protocols: controls, changes, the schema, the flow of subjects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.test_cli import call, file, finished

import resynapse as rs
from resynapse.controls import CONTROLS

__all__ = ["file", "finished"]


def test_controls_are_listed_and_drawn(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("controls", capsys=capsys)
    assert code == 0
    assert out.count("\n") == len(CONTROLS) + 1
    code, out, _ = call("show", str(file), "--control", "sham", "--control", "no-gain", capsys=capsys)
    assert code == 0
    assert "(ketamine:sham): as ketamine, but" in out
    assert "no regrow in the treatment" in out
    assert "ketamine:no-gain" in out


def test_a_control_runs_beside_the_arms(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", str(file), "--subjects", "1", "--control", "sham", "--arms", "ketamine", "--out", str(tmp_path))
    code, _, err = call(*words, capsys=capsys)
    assert code == 0, err
    assert set(rs.Run(tmp_path).table()["arm"]) == {"ketamine", "ketamine:sham"}


@pytest.mark.parametrize("words", [("--control", "shan"), ("--control",)])
def test_an_unknown_control_is_one_line(words: tuple[str, ...], file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call("show", str(file), *words, capsys=capsys)
    assert code == 2
    assert err.count("\n") == 1


def test_the_page_on_controls_says_what_the_command_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "controls.md").read_text("utf-8")
    for control in CONTROLS.values():
        assert f"| `{control.name}` | {control.isolates} |" in page


def test_one_value_can_be_changed(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", str(file), "--subjects", "1", "--arms", "ketamine", "--out", str(tmp_path))
    code, _, err = call(*words, "--set", "arms.ketamine.regrow.of_pruned=0.25", capsys=capsys)
    assert code == 0, err
    (regrow,) = (n.step for n in rs.Run(tmp_path).protocol.arms["ketamine"] if isinstance(n.step, rs.Regrow))
    assert regrow.of_pruned == 0.25


def test_a_wrong_change_is_one_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call("show", str(file), "--set", "arms.ketamin.regrow.of_pruned=0.25", capsys=capsys)
    assert code == 2
    assert err == "resynapse: arms: no 'ketamin' here; did you mean 'ketamine'?\n"


def test_the_schema_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("schema", capsys=capsys)
    assert code == 0
    assert json.loads(out)["title"] == "resynapse protocol"


SELECTED = """
name: selected
task: {kind: gaussian-blobs, train: 64, test: 64, clean: 8}
network: {hidden: [8, 6]}
arms: {one: [], two: [{prune: {sparsity: 0.5}}]}
follow_up:
  - assess: {condition: acute, outcomes: [sparsity]}
  - enrol: sparsity >= 40
"""


def test_the_flow_of_subjects_is_printed(tmp_path: Path, finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rs.run(rs.loads(SELECTED), subjects=2, out=tmp_path / "r")
    code, out, _ = call("flow", str(tmp_path / "r"), capsys=capsys)
    assert code == 0
    assert "assessed" in out
    assert "not clinical advice" in out
    code, out, err = call("flow", str(tmp_path / "r"), "--format", "csv", capsys=capsys)
    assert out.splitlines()[1:] == ["one,enrolment,sparsity >= 40,2,0,2", "two,enrolment,sparsity >= 40,2,2,0"]
    assert "not clinical advice" in err
    code, out, _ = call("flow", str(tmp_path / "r"), "--format", "markdown", capsys=capsys)
    assert "| two | enrolment | sparsity >= 40 | 2 | 2 | 0 |" in out
    code, out, _ = call("flow", str(finished), capsys=capsys)
    assert code == 0
    assert "has no enrol step: every subject goes through the whole of every arm" in out
