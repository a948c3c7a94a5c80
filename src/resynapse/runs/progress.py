"""How far a run is, counted from its events, and what a user sees of it: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from resynapse.runs.duration import duration
from resynapse.runs.events import (
    EpochDone,
    Event,
    PhaseEntered,
    SubjectFailed,
    SubjectFinished,
    SubjectStarted,
    WorkersCounted,
)

PLAIN_EVERY = 30.0
"""Seconds between plain lines when no subject finishes."""
SHOW_EVERY = 0.25
"""Seconds between looks of a display."""


class Display(Protocol):
    """Shows one line about the state of a run."""

    def show(self, *, share: float, text: str, finished: bool) -> None:
        """`share` of all work is done, 0 to 1; `finished` says that a subject was since the last line."""


@dataclass(slots=True)
class Course:
    """One subject on its way; written by the thread that computes it."""

    began: float
    epochs: int = 0
    moments: list[float] = field(default_factory=list)
    """When each epoch ended, for the first subjects alone."""
    phase: PhaseEntered | None = None
    before: int = 0
    """Epochs before the phase."""


@dataclass(slots=True)
class Progress:
    """A listener that counts subjects and epochs; it takes no lock, so no worker ever waits for it.

    Parameters
    ----------
    subjects : to be computed now.
    epochs : training epochs of one subject.
    already : subjects that an earlier session finished; they count as done, not for the pace.

    Time left comes from the pace so far. Epochs differ in cost, so the course of the first finished subject
    says which share of a subject's time each epoch represents; before that, epochs count alike.
    """

    subjects: int
    epochs: int
    already: int = 0
    done: int = 0
    failed: int = 0
    started: float = field(default_factory=time.monotonic)
    courses: dict[int, Course] = field(default_factory=dict)
    profile: list[float] = field(default_factory=list)
    where: str = ""
    """Where subjects are computed, if not here."""

    def __call__(self, event: Event) -> None:
        """Count one event."""
        match event:
            case SubjectStarted():
                self.courses[event.subject] = Course(time.monotonic())
            case PhaseEntered():
                course = self._course(event.subject)
                course.phase, course.before = event, course.epochs
            case EpochDone():
                course = self._course(event.subject)
                course.epochs += event.epochs
                if not self.profile:
                    course.moments += [time.monotonic()] * event.epochs
            case SubjectFinished():
                self._end(self.courses.pop(event.subject, None))
            case SubjectFailed():
                self.courses.pop(event.subject, None)
                self.failed += 1
            case WorkersCounted(workers=0):
                self.where = f"waiting for workers at {event.address}"
            case WorkersCounted():
                self.where = f"on {event.workers} worker{'s' if event.workers > 1 else ''}"
            case _:
                pass

    def _course(self, subject: int) -> Course:
        if subject not in self.courses:
            self.courses[subject] = Course(time.monotonic())
        return self.courses[subject]

    def _end(self, course: Course | None) -> None:
        """A subject is finished and kept; its epochs may have gone unseen, on another machine."""
        self.done += 1
        # a subject that left the study early does not predict the others
        if course and not self.profile and len(course.moments) >= self.epochs > 0:
            whole = time.monotonic() - course.began
            if whole > 0:
                self.profile = [0.0, *((moment - course.began) / whole for moment in course.moments)]

    @property
    def share(self) -> float:
        """Share of the work of this session that is done, 0 to 1."""
        part = 0.0
        for course in list(self.courses.values()):
            if self.profile:
                part += self.profile[min(course.epochs, len(self.profile) - 1)]
            elif self.epochs:
                part += min(1.0, course.epochs / self.epochs)
        return min(1.0, (self.done + self.failed + part) / self.subjects) if self.subjects else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at the pace so far; None while too little is done to say."""
        share = self.share
        return (time.monotonic() - self.started) * (1 - share) / share if share > 0.01 else None

    @property
    def text(self) -> str:
        """One line: subjects, time left, and current steps."""
        left = self.seconds_left
        first = next(iter(list(self.courses.items())), None)
        now = self.where
        if first is not None and first[1].phase is not None:
            now = f"subject {first[0]}, {first[1].phase.arms}: {first[1].phase.stream}"
        return (
            f"{self.already + self.done} of {self.already + self.subjects} subjects"
            + ("" if left is None else f", {duration(left)} left")
            + (f" | {now}" if now else "")
        )

    def going_on(self) -> list[dict[str, Any]]:
        """The subjects on their way, as plain data: their phase, and epochs done in it and in all."""
        return [
            {
                "subject": subject,
                "arms": course.phase.arms if course.phase else None,
                "stream": course.phase.stream if course.phase else None,
                "epoch": course.epochs - course.before,
                "epochs": course.phase.epochs if course.phase else None,
                "epochs_in_all": course.epochs,
            }
            for subject, course in sorted(self.courses.copy().items())
        ]


class Beat:
    """Does something again and again beside the run, in a thread of its own, and once more at the end.

    Parameters
    ----------
    action : a failure ends the beat, never the run.
    every : seconds.
    """

    def __init__(self, action: Callable[[], object], every: float) -> None:
        self.action = action
        self.every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True, name="beat")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        # an action that is stuck, in a terminal that takes no output, must not keep the run from its end
        self._thread.join(2.0)

    def _go(self) -> None:
        try:
            over = False
            while not over:
                over = self._over.wait(self.every)
                self.action()
        except Exception as error:
            print(f"resynapse: progress is shown no more ({type(error).__name__}: {error})", file=sys.stderr)


def shown(progress: Progress, display: Display) -> Beat:
    """A beat that shows progress on a display."""
    before = [progress.done]

    def show() -> None:
        done = progress.done
        display.show(share=progress.share, text=progress.text, finished=done > before[0])
        before[0] = done

    return Beat(show, SHOW_EVERY)


class PlainDisplay:
    """A line on standard error when a subject finishes, and now and then between."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def show(self, *, share: float, text: str, finished: bool) -> None:
        """Print a line if it is time for one."""
        now = time.monotonic()
        if finished or now - self.last >= PLAIN_EVERY:
            self.last = now
            print(f"resynapse: {text}", file=sys.stderr, flush=True)


@contextmanager
def display() -> Iterator[Display]:
    """A live bar if standard error is a terminal, else plain lines."""
    if not sys.stderr.isatty():
        yield PlainDisplay()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    console = Console(stderr=True)
    with Bars(
        BarColumn(bar_width=12, table_column=Column(min_width=12)),
        TaskProgressColumn(table_column=Column(min_width=4)),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        console=console,
        expand=True,
        transient=True,
    ) as bars:
        task = bars.add_task("starting", total=1.0)
        last = ""

        class Bar:
            def show(self, *, share: float, text: str, finished: bool) -> None:
                nonlocal last
                last = text.partition(",")[0].partition(" | ")[0]
                bars.update(task, completed=share, description=text)

        yield Bar()
    if last:
        print(f"resynapse: {last}", file=sys.stderr)
