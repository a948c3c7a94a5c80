"""Changed values, their control, and what a start costs."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from tests.lab.conftest import Visitor

import resynapse as rs
from resynapse.errors import ResynapseError
from resynapse.lab.commands.changeable import parameters_of
from resynapse.lab.commands.what_if import Base, proposed, start_runs
from resynapse.lab.context import Lab
from resynapse.lab.pages.compare import answer, forest, pair_of, within_subjects
from resynapse.lab.security.trust import Trust
from resynapse.lab.workspace.workspace import RUNS, Workspace
from resynapse.protocol import amended
from resynapse.protocol.prose.titles import titles_of


def test_no_answer_is_without_its_control(reader: Visitor) -> None:
    from resynapse.analysis.two_runs import between
    from resynapse.lab.pages.compare import Pair

    (found,) = reader.lab.workspace.runs()
    run = rs.Run(found.path)
    cells = between(run.table(), run.table(), paired=True)
    pair = Pair(first=found, second=found, protocols=(run.protocol, run.protocol), cells=cells, shared=4)
    titles = titles_of(run.protocol)
    asked = {"control": "none", "arm": "ketamine"}
    assert "No control chosen" in answer(pair, asked, titles, "acc_combined")
    assert "to the last bit" in answer(pair, asked, titles, "acc_combined")
    assert "changes nothing in this arm" in answer(pair, {**asked, "control": "no-gain"}, titles, "acc_combined")
    assert "No control chosen" in answer(pair, {**asked, "arm": "none"}, titles, "acc_combined")
    assert forest(list(cells[:3]), titles, cells[0].outcome).note


def test_every_subject_of_both_runs_is_in_the_forest_with_its_difference(recorded: Path, tmp_path: Path) -> None:
    protocol = rs.Run(recorded / RUNS / "small-seed0").protocol
    gain = amended(protocol, "arms.ketamine.drug.gain=1.5")
    rs.run(gain, subjects=3, out=tmp_path / RUNS / "other", workers=1)
    lab = Lab(workspace=Workspace(tmp_path, (recorded,)), trust=Trust(port=8888))
    first, second = sorted(lab.workspace.runs(), key=lambda one: one.subjects, reverse=True)
    pair = pair_of(lab, first, second)
    changes = within_subjects(pair, "acc_combined")
    for cell in pair.both:
        if cell.outcome == "acc_combined":
            subjects, values = changes[cell.arm, cell.condition]
            assert list(subjects) == [0, 1, 2]
            assert values.mean() == pytest.approx(cell.difference, abs=1e-9)
            assert (not values.any()) == cell.same
    cells = [cell for cell in pair.both if cell.outcome == "acc_combined"]
    for row, cell in zip(forest(cells, titles_of(gain), "acc_combined", changes).rows, cells, strict=True):
        assert len(row.marks.dots) == (0 if cell.same else 3)


def test_a_what_if_needs_a_control_or_the_words(reader: Visitor) -> None:
    (found,) = reader.lab.workspace.runs()
    wanted = {"path": "arms.ketamine[0].drug.gain", "value": "2", "arm": "ketamine"}
    twice = {"path": [wanted["path"]] * 2, "value": ["2", "3"], "control": "none"}
    many = {"path": [wanted["path"]] * 7, "value": ["2"] * 7, "control": "none"}
    half = {"path": [wanted["path"], "arms.ketamine[2].train.epochs"], "value": ["2", ""], "control": "none"}
    for change, said in (({}, "control"), ({"control": "x"}, "unknown control"), ({"path": "x", "control": "none"}, "path"),
                         ({"value": "", "control": "none"}, "value"), ({"value": "-1", "control": "none"}, "gain"),
                         (twice, "twice"), (many, "at most"), (half, "value: give")):  # fmt: skip
        answered = reader.post(f"/api/runs/{found.id}/whatif", {**wanted, **change})
        assert answered.status_code == 422
        assert said in answered.json()["error"]


def test_several_changes_are_run_together_and_each_by_itself_all_with_the_control(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(lab.queue), "advance", lambda self: None)
    base = Base(protocol=rs.load("demo"), subjects=4, seed=0)
    dose, length = "arms.ketamine[0].drug.gain=2", "arms.ketamine[2].train.epochs=9"
    runs = start_runs(lab, base, [dose, length], "gain-only", alone=True)
    asked = {one.path: one.words for one in lab.queue.every()}
    assert list(asked) == [*runs[:2], *runs.alone]
    sets = [[b for a, b in pairwise(words) if a == "--set"] for words in asked.values()]
    assert sets == [[], [dose, length], [dose], [length]]
    assert all("--control gain-only" in " ".join(words) for words in asked.values())
    assert start_runs(lab, base, [dose, length], "gain-only", alone=True) == runs
    assert len(lab.queue.every()) == 4


def test_a_value_is_changed_before_there_is_a_run(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(visitor.lab.queue), "advance", lambda self: None)
    assert "Change another value too" in visitor.get("/protocols/library/gru-demo/whatif").text
    wanted = {"path": "arms.ketamine[0].drug.gain", "value": "2", "arm": "ketamine", "control": "gain-only"}
    assert "subjects" in visitor.post("/api/protocols/library/gru-demo/whatif", wanted).json()["error"]
    answer = visitor.post("/api/protocols/library/gru-demo/whatif", {**wanted, "subjects": "4", "seed": "3"}).json()
    assert "control=gain-only" in answer["go"]
    assert [one.changes for one in visitor.lab.queue.every()] == [
        ("gain-only",), ("gain-only", "arms.ketamine[0].drug.gain=2"),
    ]  # fmt: skip


def test_whatever_is_large_is_asked_about_before_it_starts(reader: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resynapse.lab.commands.cost.LIMIT_SECONDS", 0.0)
    (found,) = reader.lab.workspace.runs()
    gain = {"path": "arms.ketamine[0].drug.gain", "value": "2", "arm": "ketamine", "control": "gain-only"}
    starts = {
        "/api/runs": {"source": "library", "name": "demo", "subjects": "4"},
        f"/api/runs/{found.id}/whatif": gain,
        f"/api/runs/{found.id}/attribute": {"first": "ketamine", "second": "ssri", "subjects": "2"},
        f"/api/runs/{found.id}/resume": {"subjects": "40"},
    }
    for path, content in starts.items():
        assert "This takes about" in reader.post(path, content).json()["confirm"], path
    assert reader.lab.queue.every() == []
    waits = reader.post(f"/api/runs/{found.id}/whatif/cost", {**gain, "value": ""}).json()["sentence"]
    assert "as soon as there is a new value" in waits


@pytest.mark.parametrize("name", ["gru-demo", "working-memory", "kindling", "repeated-courses"])
def test_every_value_that_is_offered_can_be_changed_and_has_a_proposal(name: str) -> None:
    protocol = rs.load(name)
    offered = parameters_of(protocol)
    words = [(value.group, value.words) for value in offered.values()]
    assert len(set(words)) == len(words)
    arm = list(protocol.arms)[-1]
    for path, value in list(offered.items())[:: max(1, len(offered) // 5)]:
        assert proposed(protocol, [(path, "")], arm).why
        assert any(_possible(protocol, path, other) for other in value.others), path


@pytest.mark.parametrize("name", ["repeated-courses", "kindling", "cliff"])
def test_a_value_that_is_the_same_in_many_rounds_is_offered_once_and_changes_all_of_them(name: str) -> None:
    protocol, offered = rs.load(name), parameters_of(rs.load(name))
    many = {path: value for path, value in offered.items() if value.rounds}
    assert many
    for path, value in list(many.items())[:: max(1, len(many) // 4)]:
        rounds = [one for one, other in offered.items() if other.of_many and one in _members(path)]
        assert len(rounds) == len(value.rounds)
        assert {offered[one].now for one in rounds} == {value.now}
        new, one_by_one = next(new for new in value.others if _possible(protocol, path, new)), protocol
        for one in rounds:
            one_by_one = amended(one_by_one, f"{one}={new}")
        assert amended(protocol, f"{path}={new}") == one_by_one


def _members(path: str) -> list[str]:
    """The places that a path with one list of numbers names."""
    before, numbers, after = re.split(r"\[(\d+,[\d,]*)\]", path)
    return [f"{before}[{number}]{after}" for number in numbers.split(",")]


def _possible(protocol: rs.Protocol, path: str, value: str) -> bool:
    try:
        return amended(protocol, f"{path}={value}") is not None
    except ResynapseError:
        return False
