"""The log of a run holds every event of the run, its subjects and phases, whatever happened to the process."""

from __future__ import annotations

import json
from pathlib import Path

import resynapse as rs
from resynapse.protocol.endpoints import Endpoint
from resynapse.runs.event_log import EventLog, earlier, event_log, events
from resynapse.runs.events import EpochDone, Measured, SubjectFinished, SubjectStarted
from resynapse.runs.leading import Leading
from resynapse.runs.walk import Row

NONE = Leading((), ())


def test_epochs_and_measurements_are_not_logged(tmp_path: Path) -> None:
    with event_log(tmp_path, NONE) as log:
        log(SubjectStarted(subject=0))
        log(EpochDone(subject=0))
        log(Measured(subject=0, arm="a", condition="c", outcome="o", value=1.0))
    assert [one["event"] for one in events(tmp_path)[0]] == ["subject_started"]


def test_who_asks_again_from_where_it_was_hears_only_what_is_new(tmp_path: Path) -> None:
    heard: list[int] = []
    position = 0
    with event_log(tmp_path, NONE) as log:
        for number in range(5):
            log(SubjectStarted(subject=number))
            new, position = events(tmp_path, position)
            heard += [one["subject"] for one in new]
    assert heard == list(range(5))
    assert events(tmp_path, position) == ([], position)


def test_a_line_that_was_cut_off_is_left_out_and_spoils_no_other(tmp_path: Path) -> None:
    with event_log(tmp_path, NONE) as log:
        log(SubjectStarted(subject=0))
        log(SubjectStarted(subject=1))
    path = tmp_path / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    assert [one["subject"] for one in events(tmp_path)[0]] == [0]
    with event_log(tmp_path, NONE) as log:
        log(SubjectStarted(subject=2))
    assert [one["subject"] for one in events(tmp_path)[0]] == [0, 2]


def test_a_folder_without_a_log_has_no_events(tmp_path: Path) -> None:
    assert events(tmp_path) == ([], 0)


def test_a_finished_subject_is_logged_with_its_leading_values_alone(tmp_path: Path) -> None:
    log = EventLog(tmp_path, Leading((Endpoint("gain", "off"),), ("a",)))
    rows = (Row("a", "off=1", "gain", 1.0), Row("a", "off=2", "gain", 3.0), Row("a", "off=1", "other", 5.0))
    log(SubjectFinished(subject=7, rows=rows))
    log.close()
    ((event,), _) = events(tmp_path)
    assert event["leading"] == {"a": {"gain at off": 2.0}}
    assert "rows" not in event


def test_earlier_values_are_those_of_the_last_time_a_subject_finished(tmp_path: Path) -> None:
    log = EventLog(tmp_path, Leading((Endpoint("gain", "off"),), ("a",)))
    for subject, value in ((0, 1.0), (1, 2.0), (0, 3.0)):
        log(SubjectFinished(subject=subject, rows=(Row("a", "off", "gain", value),)))
    log.close()
    assert [one["a"]["gain at off"] for one in earlier(tmp_path, without={1})] == [3.0]


def test_a_run_that_goes_on_adds_to_its_log(tiny: rs.Protocol, tmp_path: Path) -> None:
    rs.run(tiny, subjects=1, out=tmp_path / "run")
    before = (tmp_path / "run" / "events.jsonl").read_text()
    rs.run(tiny, subjects=2, out=tmp_path / "run")
    text = (tmp_path / "run" / "events.jsonl").read_text()
    assert text.startswith(before)
    names = [json.loads(line)["event"] for line in text.splitlines()]
    assert names.count("run_started") == names.count("run_finished") == names.count("subject_finished") == 2
