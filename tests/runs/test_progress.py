"""Progress says how many subjects are done, what goes on, and how long it will take."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field

import pytest

from resynapse.runs import progress as module
from resynapse.runs.duration import duration
from resynapse.runs.events import EpochDone, PhaseEntered, SubjectFailed, SubjectFinished, SubjectStarted
from resynapse.runs.progress import Beat, PlainDisplay, Progress, shown


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
    assert "ssri: treatment/train.1" in progress.text
    assert progress.going_on()[0] | {"epochs_in_all": 1} == progress.going_on()[0]


def test_dear_epochs_count_for_more_once_a_subject_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 2.0, 10.0, 10.0, 10.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(moments))
    progress = Progress(subjects=2, epochs=3, started=0.0)
    progress(SubjectStarted(subject=0))
    epochs(progress, 0, 3)
    progress(SubjectFinished(subject=0, rows=()))
    progress(SubjectStarted(subject=1))
    epochs(progress, 1, 1)
    assert progress.share == pytest.approx((1 + 0.1) / 2)


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
