"""Progress says how many subjects are done, what goes on, and how long it will take."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.protocol import library
from resynapse.runs import progress as module
from resynapse.runs.duration import duration
from resynapse.runs.events import (
    ArmFinished,
    EpochDone,
    Event,
    Measured,
    PhaseEntered,
    RunStarted,
    SubjectFailed,
    SubjectFinished,
    SubjectStarted,
)
from resynapse.runs.progress import Beat, PlainDisplay, Progress, shown
from resynapse.runs.timetable import Place, Timetable


@dataclass
class Recorder:
    """Keeps what was shown."""

    lines: list[tuple[float, str, bool]] = field(default_factory=list)

    def show(self, *, share: float, text: str, finished: bool) -> None:
        self.lines.append((share, text, finished))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> itertools.count[int]:
    ticks = itertools.count(1)
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(ticks)))
    return ticks


def epochs(progress: Progress, subject: int, count: int) -> None:
    for _ in range(count):
        progress(EpochDone(subject=subject))


def test_the_share_rises_from_epoch_to_epoch_and_ends_at_one() -> None:
    progress = Progress(subjects=3, epochs=4)
    shares = [progress.share]
    for subject in range(3):
        events = [SubjectStarted(subject=subject), *4 * [EpochDone(subject=subject)]]
        for event in (*events, SubjectFinished(subject=subject, rows=())):
            progress(event)
            shares.append(progress.share)
    assert shares == sorted(shares)
    assert len(set(shares)) > 3 * 4
    assert shares[-1] == 1.0


def test_epochs_that_arrive_together_count_as_those_that_come_one_by_one() -> None:
    one, other = Progress(subjects=2, epochs=8), Progress(subjects=2, epochs=8)
    epochs(one, 0, 5)
    other(EpochDone(subject=0, epochs=5))
    assert one.share == other.share > 0


def test_a_line_says_subjects_phase_and_time_left(clock: itertools.count[int]) -> None:
    progress = Progress(subjects=2, epochs=2)
    progress(SubjectStarted(subject=0))
    progress(PhaseEntered(subject=0, arms="ssri", stream="treatment/train.1", epochs=2))
    epochs(progress, 0, 1)
    assert progress.text.startswith("0 of 2 subjects")
    assert "left" in progress.text
    assert progress.text.endswith("| subject 0, ssri: treatment")
    assert progress.going_on()[0] | {"epochs_in_all": 1} == progress.going_on()[0]


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_dear_epochs_count_for_more_once_a_subject_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module.time, "monotonic", clock)
    progress = Progress(subjects=2, epochs=3)
    progress(SubjectStarted(subject=0))
    for clock.now in (1.0, 2.0, 10.0):
        epochs(progress, 0, 1)
    progress(SubjectFinished(subject=0, rows=()))
    progress(SubjectStarted(subject=1))
    clock.now += 1.0
    epochs(progress, 1, 1)
    assert progress.share == pytest.approx((1 + 0.1) / 2)
    assert progress.seconds_left == pytest.approx(9.0)


BOUND = 1.2
"""Steps cost so many times what is planned at most; pace and rest are off by as much, and the product is below 1.5."""


@given(
    steps=st.lists(st.tuples(st.floats(0.1, 60), st.floats(1 / BOUND, BOUND)), min_size=2, max_size=30),
    subjects=st.integers(1, 7),
    at_once=st.integers(1, 3),
    pace=st.floats(0.3, 4),
)
def test_the_time_left_is_right_within_a_factor_before_any_subject_is_finished(
    steps: list[tuple[float, float]], subjects: int, at_once: int, pace: float
) -> None:
    """The log of a run is replayed whose epochs cost what was planned, times the pace of the machine and an error."""
    planned = list(itertools.accumulate(seconds for seconds, _ in steps))
    took = [0.0, *itertools.accumulate(seconds * pace * error for seconds, error in steps)]
    timetable = Timetable([Place(n + 1) for n in range(len(steps))], planned, planned[-1])
    rounds = -(-subjects // at_once)
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(module.time, "monotonic", clock)
        progress = Progress(subjects=subjects, epochs=len(steps), planned=timetable)
        for number in range(rounds):
            together = range(number * at_once, min(subjects, (number + 1) * at_once))
            for subject in together:
                progress(SubjectStarted(subject=subject))
            for before, after in itertools.pairwise(took):
                clock.now = number * took[-1] + before
                left, true = progress.seconds_left, rounds * took[-1] - clock.now
                assert left is not None
                if before > 0:
                    assert true / 1.5 <= left <= true * 1.5
                clock.now += (after - before) / 2
                assert (progress.seconds_left or 0) <= left
                clock.now = number * took[-1] + after
                for subject in together:
                    epochs(progress, subject, 1)
            for subject in together:
                progress(SubjectFinished(subject=subject, rows=()))
    assert progress.seconds_left == 0


def test_what_comes_after_a_run_counts_at_the_pace_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module.time, "monotonic", clock)
    progress = Progress(subjects=1, epochs=2, planned=Timetable.even(2), later=600.0, title="tree")
    progress(SubjectStarted(subject=0))
    clock.now = 3.0
    epochs(progress, 0, 1)
    assert progress.seconds_in_all == pytest.approx(3 + 3 * 600)
    assert progress.text == "tree: 0 of 1 subjects, 3 s left (30 min in all)"


def test_a_line_says_at_which_arm_a_subject_is_and_never_names_one_that_is_done() -> None:
    progress = Progress(subjects=1, epochs=2)
    progress(_started("untreated", "ssri", "late", "untreated:healthy"))

    def trains(arms: str) -> None:
        progress(PhaseEntered(subject=0, arms=arms, stream="follow_up/train.1", epochs=2))

    def measured(arm: str) -> None:
        progress(Measured(subject=0, arm=arm, condition="acute", outcome="acc_combined", value=1.0))

    trains("all arms")
    measured("ssri")
    assert progress.text.endswith("| subject 0, all arms: follow-up")
    trains("untreated")
    assert progress.text.endswith("| subject 0, arm 1 of 4: untreated")
    progress(ArmFinished(subject=0, arm="untreated"))
    assert progress.text.endswith("| subject 0, 1 of 4 arms done")
    trains("ssri, late")
    assert progress.text.endswith("| subject 0, 1 of 4 arms done")
    for arm in ("ssri", "late"):
        progress(ArmFinished(subject=0, arm=arm))
    measured("late")
    assert progress.text.endswith("| subject 0, 3 of 4 arms done")
    measured("untreated:healthy")  # it trains nothing
    assert progress.text.endswith("| subject 0, arm 4 of 4: untreated:healthy")
    progress(ArmFinished(subject=0, arm="untreated:healthy"))
    assert progress.text.endswith("| subject 0, 4 of 4 arms done")


def test_in_a_run_an_arm_is_done_when_nothing_of_it_is_to_come(tmp_path: Path) -> None:
    """What the line counts, of a protocol with side paths and an arm that is only measured."""
    heard: list[Event] = []
    own = rs.controlled(rs.load("demo"), "healthy")
    rs.run(own, subjects=1, workers=1, out=tmp_path / "run", listener=heard.append)
    done: set[str] = set()
    for event in heard:
        if isinstance(event, ArmFinished):
            done.add(event.arm)
        elif isinstance(event, Measured):
            assert event.arm not in done
        elif isinstance(event, PhaseEntered):
            assert event.arms not in done
    assert done == set(own.routes)


@pytest.mark.parametrize("name", library())
def test_eighty_columns_hold_all_but_the_name_of_the_arm(name: str) -> None:
    bar = 12 + len(" 100% ")
    progress = Progress(subjects=20, epochs=1, done=19)
    arms = tuple(rs.load(name).routes)
    progress(_started(*arms))
    for arm in arms[:-1]:
        progress(ArmFinished(subject=19, arm=arm))
    progress(PhaseEntered(subject=19, arms=arms[-1], stream="follow_up/train.1", epochs=1))
    before, _, arm = progress.text.rpartition(": ")
    assert arm == arms[-1]
    assert len(before) + len(", 59 min left: ") <= 80 - bar


def _started(*arms: str) -> RunStarted:
    return RunStarted(protocol="p", arms=arms, subjects=1, missing=1, epochs=2, engine="compiled", seed=0)


def test_subjects_of_an_earlier_session_count_as_done_but_not_for_the_pace() -> None:
    progress = Progress(subjects=2, epochs=1, already=38)
    progress(SubjectStarted(subject=38))
    epochs(progress, 38, 1)
    progress(SubjectFinished(subject=38, rows=()))
    assert progress.text.startswith("39 of 40 subjects")
    assert progress.share == 0.5


def test_a_subject_that_failed_is_done_with_but_not_finished() -> None:
    progress = Progress(subjects=2, epochs=4)
    progress(SubjectStarted(subject=0))
    epochs(progress, 0, 1)
    progress(SubjectFailed(subject=0, error="training diverged"))
    assert (progress.done, progress.failed, progress.share) == (0, 1, 0.5)
    assert progress.going_on() == []


def test_a_display_sees_the_last_state_and_how_many_times_is_not_a_matter_of_epochs() -> None:
    seen = Recorder()
    progress = Progress(subjects=1, epochs=1000)
    with shown(progress, seen):
        epochs(progress, 0, 1000)
        progress(SubjectFinished(subject=0, rows=()))
    assert seen.lines[-1][0] == 1.0
    assert sum(finished for _, _, finished in seen.lines) == 1
    assert len(seen.lines) < 100


def test_a_display_that_takes_no_output_stalls_no_worker() -> None:
    free = threading.Event()

    class Stuck:
        def show(self, *, share: float, text: str, finished: bool) -> None:
            free.wait(30)

    progress = Progress(subjects=1, epochs=10)
    began = time.monotonic()
    with Beat(lambda: Stuck().show(share=0, text="", finished=False), 0.001):
        epochs(progress, 0, 10)
        took = time.monotonic() - began
    free.set()
    assert took < 5


def test_a_display_that_fails_ends_alone(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError("no screen")

    with Beat(fail, 0.001):
        time.sleep(0.02)
    assert capsys.readouterr().err.count("no screen") == 1


def test_plain_lines_come_when_a_subject_finishes_and_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    plain = PlainDisplay()
    plain.show(share=0.1, text="early", finished=False)
    plain.show(share=0.5, text="a subject", finished=True)
    now[0] = 100.0
    plain.show(share=0.6, text="later", finished=False)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == ["resynapse: a subject", "resynapse: later"]


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (48, "48 s"), (720, "12 min"), (11160, "3.1 h")])
def test_durations_are_read_at_a_glance(seconds: float, words: str) -> None:
    assert duration(seconds) == words
