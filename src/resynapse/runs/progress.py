"""How far a run is, counted from its events, and what a user sees of it: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

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
    WorkersCounted,
)
from resynapse.runs.timetable import Place, Timetable

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
    place: Place = field(default_factory=lambda: Place(0))
    at: float = 0.0
    """When it reached this place."""
    moments: list[tuple[Place, float]] = field(default_factory=list)
    """When each place was reached, for the first subjects alone."""
    phase: PhaseEntered | None = None
    before: int = 0
    """Epochs before the phase."""
    arms: list[str] = field(default_factory=list)
    """Those at their end."""
    now: str = ""
    """The arm on its way; empty where several go on together, or none was heard of since the last one ended."""

    def seconds(self, timetable: Timetable, pace: float, now: float) -> float:
        """Where the subject is on the timetable: on from its last place for as long as it is there, up to the next."""
        here = timetable.reached(self.place)
        return min(here + (now - self.at) / pace, timetable.following(self.place))


@dataclass(slots=True)
class Progress:
    """A listener that counts subjects and epochs; it takes no lock, so no worker ever waits for it.

    Parameters
    ----------
    subjects : to be computed now.
    epochs : training epochs of one subject.
    already : subjects that an earlier session finished; they count as done, not for the pace.
    later : seconds, as planned, of the runs that come after this one.
    title : what stands before the line; empty where the run is alone.
    planned : when a subject is expected where; it may become known while the run goes on.

    Time left is what the subjects on their way and those that wait still take by the timetable, at the pace so far.
    Epochs and measurements differ in cost: the timetable is that of the first finished subject, before that one that
    was planned, and before that one in which epochs count alike.
    """

    subjects: int
    epochs: int
    already: int = 0
    later: float = 0.0
    title: str = ""
    planned: Timetable | None = None
    done: int = 0
    failed: int = 0
    courses: dict[int, Course] = field(default_factory=dict)
    where: str = ""
    """Where subjects are computed, if not here."""
    measured: Timetable | None = None
    """Of the first finished subject that took part in everything."""
    _even: Timetable = field(init=False)
    _took: list[float] = field(default_factory=list)
    """Seconds of the finished subjects that were seen on their way."""
    _at_once: int = 1
    _arms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._even = Timetable.even(self.epochs)

    def __call__(self, event: Event) -> None:
        """Count one event."""
        match event:
            case RunStarted():
                self._arms = event.arms
            case SubjectStarted():
                self._begin(event.subject)
            case PhaseEntered():
                course = self._course(event.subject)
                course.phase, course.before = event, course.place.epochs
                course.now = event.arms if event.arms in self._arms else ""
            case EpochDone():
                self._move(event.subject, epochs=event.epochs)
            case Measured():
                self._move(event.subject, measured=1)
                course = self._course(event.subject)
                if course.arms and not course.now and event.arm not in course.arms:
                    course.now = event.arm  # one that is only measured enters no phase
            case ArmFinished():
                course = self._course(event.subject)
                course.arms.append(event.arm)
                course.now = ""
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

    def _begin(self, subject: int) -> None:
        now = time.monotonic()
        self.courses[subject] = Course(now, at=now)
        self._at_once = max(self._at_once, len(self.courses))

    def _course(self, subject: int) -> Course:
        if subject not in self.courses:
            self._begin(subject)
        return self.courses[subject]

    def _move(self, subject: int, epochs: int = 0, measured: int = 0) -> None:
        course = self._course(subject)
        course.at = time.monotonic()
        course.place = Place(course.place.epochs + epochs, course.place.measured + measured)
        if self.measured is None:
            course.moments.append((course.place, course.at))

    def _end(self, course: Course | None) -> None:
        """A subject is finished and kept; its epochs may have gone unseen, on another machine."""
        self.done += 1
        if course is None:
            return
        whole = time.monotonic() - course.began
        self._took.append(whole)
        # a subject that left the study early does not predict the others
        if self.measured is None and course.place.epochs >= self.epochs > 0 and whole > 0:
            places, moments = zip(*course.moments, strict=True)
            self.measured = Timetable(places, [at - course.began for at in moments], whole)

    @property
    def _timetable(self) -> Timetable:
        return self.measured or self.planned or self._even

    def _pace(self, timetable: Timetable) -> float | None:
        """Seconds that pass in a second of the timetable; None while nothing is known."""
        going = list(self.courses.values())
        took = self._took[-self._at_once :]  # the latest, as a machine gets other work too
        expected = len(took) * timetable.whole + sum(timetable.reached(one.place) for one in going)
        if expected > 0:
            return (sum(took) + sum(one.at - one.began for one in going)) / expected
        return None if timetable is self._even else 1.0

    def _ahead(self) -> tuple[Timetable, float | None, list[float]]:
        """The timetable, the pace, and by subject on its way the seconds of the timetable that are behind it."""
        timetable, now = self._timetable, time.monotonic()
        pace = self._pace(timetable)
        going = list(self.courses.values())
        return timetable, pace, [one.seconds(timetable, pace or math.inf, now) for one in going]

    @property
    def share(self) -> float:
        """Share of the work of this session that is done, 0 to 1."""
        timetable, _, behind = self._ahead()
        part = sum(behind) / timetable.whole
        return min(1.0, (self.done + self.failed + part) / self.subjects) if self.subjects else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end of this run; None while too little is done to say."""
        timetable, pace, behind = self._ahead()
        if pace is None:
            return None
        waiting = max(0, self.subjects - self.done - self.failed - len(behind))
        # subjects are begun one by one, each by whoever is free first
        free = sorted(timetable.whole - seconds for seconds in behind)
        free = [0.0] * (self._at_once - len(free)) + free
        rounds, more = divmod(waiting, len(free))
        ends = [rounds * timetable.whole + left for left in free]
        if more:
            ends.append(ends[more - 1] + timetable.whole)
        return max(ends) * pace

    @property
    def seconds_in_all(self) -> float | None:
        """Seconds to the end of the runs after this one too, at the pace of this one against its plan."""
        left, pace = self.seconds_left, None if self.planned is None else self._pace(self.planned)
        return None if left is None else left + self.later * (1.0 if pace is None else pace)

    @property
    def text(self) -> str:
        """One line, what matters most first: subjects, time left, and the arm that one of them is at."""
        left, whole = self.seconds_left, self.seconds_in_all
        return (
            (f"{self.title}: " if self.title else "")
            + f"{self.already + self.done} of {self.already + self.subjects} subjects"
            + ("" if left is None else f", {duration(left)} left")
            + (f" ({duration(whole)} in all)" if self.later and whole is not None else "")
            + (f" | {now}" if (now := self._now()) else "")
        )

    def _now(self) -> str:
        subject, course = next(iter(list(self.courses.items())), (0, None))
        if course is None or course.phase is None:
            return self.where
        done, every = len(course.arms), len(self._arms)
        if course.now:
            return f"subject {subject}, arm {done + 1} of {every}: {course.now}"
        if not done:
            return f"subject {subject}, {course.phase.arms}: {course.phase.stream.partition('/')[0].replace('_', '-')}"
        return f"subject {subject}, {done} of {every} arms done"

    def going_on(self) -> list[dict[str, Any]]:
        """The subjects on their way, as plain data: arms at their end, phase, and epochs done in it and in all."""
        return [
            {
                "subject": subject,
                "arms_done": list(course.arms),
                "arms": course.phase.arms if course.phase else None,
                "stream": course.phase.stream if course.phase else None,
                "epoch": course.place.epochs - course.before,
                "epochs": course.phase.epochs if course.phase else None,
                "epochs_in_all": course.place.epochs,
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
