"""A run says what it does, in order, to whoever listens; who fails to listen breaks nothing."""

from __future__ import annotations

from collections import Counter

import resynapse as rs
from resynapse.runs.events import (
    ArmFinished,
    Broadcast,
    EpochDone,
    Event,
    Measured,
    PhaseEntered,
    RunFinished,
    RunStarted,
    SubjectEvent,
    SubjectFinished,
    SubjectStarted,
)


def _heard(protocol: rs.Protocol, **options: int) -> tuple[rs.Run, list[Event]]:
    heard: list[Event] = []
    return rs.run(protocol, listener=heard.append, **options), heard  # type: ignore[arg-type]


def test_a_run_begins_and_ends_with_its_own_events(tiny: rs.Protocol) -> None:
    _, heard = _heard(tiny, subjects=2, seed=5)
    first, *_, last = heard
    assert isinstance(first, RunStarted)
    assert (first.protocol, first.subjects, first.missing, first.seed) == (tiny.name, 2, 2, 5)
    assert isinstance(last, RunFinished)
    assert (last.state, last.error) == ("finished", "")


def test_every_subject_starts_goes_through_phases_and_finishes_in_this_order(tiny: rs.Protocol) -> None:
    _, heard = _heard(tiny, subjects=3, workers=2)
    for number in range(3):
        own = [event for event in heard if isinstance(event, SubjectEvent) and event.subject == number]
        assert isinstance(own[0], SubjectStarted)
        assert isinstance(own[-1], SubjectFinished)
        assert [event.at for event in own] == sorted(event.at for event in own)


def test_the_epochs_told_are_those_of_the_phases_and_of_the_run(tiny: rs.Protocol) -> None:
    _, heard = _heard(tiny, subjects=2)
    (started,) = (event for event in heard if isinstance(event, RunStarted))
    told = Counter(event.subject for event in heard if isinstance(event, EpochDone))
    phases = sum(event.epochs for event in heard if isinstance(event, PhaseEntered))
    assert set(told.values()) == {started.epochs}
    assert phases == sum(told.values())


def test_what_is_measured_and_what_is_finished_is_what_the_table_holds(tiny: rs.Protocol) -> None:
    run, heard = _heard(tiny, subjects=2)
    held = {(row[2], *row[3:]) for row in run.table().iter_rows()}
    finished = {(e.subject, *row) for e in heard if isinstance(e, SubjectFinished) for row in e.rows}
    measured = {(e.subject, e.arm, e.condition, e.outcome, e.value) for e in heard if isinstance(e, Measured)}
    assert finished == held
    assert measured
    assert measured <= held


def test_an_arm_is_told_finished_once_and_measured_no_more(tiny: rs.Protocol) -> None:
    run, heard = _heard(tiny, subjects=1)
    ends = {event.arm: place for place, event in enumerate(heard) if isinstance(event, ArmFinished)}
    assert set(ends) == set(run.protocol.routes)
    assert len(ends) == sum(isinstance(event, ArmFinished) for event in heard)
    measured = [(place, event) for place, event in enumerate(heard) if isinstance(event, Measured)]
    assert all(place < ends[event.arm] for place, event in measured)


def test_a_listener_that_fails_is_left_out_and_the_run_is_the_same(tiny: rs.Protocol) -> None:
    calls = Counter[str]()
    notes: list[str] = []

    def fails(event: Event) -> None:
        calls[event.name] += 1
        raise ValueError("no disk")

    run = rs.run(tiny, subjects=1, seed=5, listener=fails, note=notes.append)
    assert calls.total() == 1
    assert [note for note in notes if "no disk" in note] == notes
    assert len(notes) == 1
    assert run.table().equals(rs.run(tiny, subjects=1, seed=5).table())


def test_those_beside_a_listener_that_fails_hear_everything() -> None:
    heard: list[Event] = []

    def fails(event: Event) -> None:
        raise ValueError

    tell = Broadcast([fails, heard.append, fails])
    events = [EpochDone(subject=n) for n in range(3)]
    for event in events:
        tell(event)
    assert heard == events


def test_an_event_as_plain_data_begins_with_its_name() -> None:
    content = PhaseEntered(at=1.0, subject=3, arms="ssri", stream="treatment/train.1", epochs=4).to_dict()
    assert list(content) == ["event", "at", "subject", "arms", "stream", "epochs"]
    assert content["event"] == "phase_entered"
