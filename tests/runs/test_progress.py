"""Progress says how many subjects are done, what goes on, and how long it will take."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest

from resynapse.runs import progress as module
from resynapse.runs.progress import PlainDisplay, Progress, duration


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


def test_the_share_rises_from_epoch_to_epoch_and_ends_at_one() -> None:
    seen = Recorder()
    progress = Progress(subjects=3, epochs=4, display=seen)
    for subject in range(3):
        progress.begin(subject)
        for _ in range(4):
            progress.epoch(subject)
        progress.end(subject)
    shares = [s for s, _, _ in seen.lines]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sum(finished for _, _, finished in seen.lines) == 3


def test_a_line_says_subjects_phase_and_time_left(clock: itertools.count[int]) -> None:
    seen = Recorder()
    progress = Progress(subjects=2, epochs=2, display=seen)
    progress.begin(0)
    progress.phase(0, "subject 0, ssri: treatment/train.1")
    progress.epoch(0)
    _, text, _ = seen.lines[-1]
    assert text.startswith("0 of 2 subjects")
    assert "left" in text
    assert "ssri: treatment/train.1" in text


def test_dear_epochs_count_for_more_once_a_subject_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 2.0, 10.0, 10.0, 10.0, 11.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(moments))
    progress = Progress(subjects=2, epochs=3)
    progress.begin(0)
    for _ in range(3):
        progress.epoch(0)
    progress.end(0)
    progress.begin(1)
    progress.epoch(1)
    assert progress.share == pytest.approx((1 + 0.1) / 2)


def test_subjects_of_an_earlier_session_count_as_done_but_not_for_the_pace() -> None:
    seen = Recorder()
    progress = Progress(subjects=2, epochs=1, display=seen, already=38)
    progress.begin(38)
    progress.epoch(38)
    progress.end(38)
    assert seen.lines[-1][1].startswith("39 of 40 subjects")
    assert progress.share == 0.5


def test_a_subject_that_is_dropped_counts_for_nothing() -> None:
    progress = Progress(subjects=2, epochs=4)
    progress.begin(0)
    progress.epoch(0)
    progress.drop(0)
    assert progress.share == 0.0


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
