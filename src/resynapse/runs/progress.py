"""What a user sees while a run goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

PLAIN_EVERY = 30.0
"""Seconds between plain lines when no subject finishes."""


class Display(Protocol):
    """Shows one line about the state of a run."""

    def show(self, *, share: float, text: str, finished: bool) -> None:
        """`share` of all work is done, 0 to 1; `finished` says that a subject was."""


@dataclass(slots=True)
class Progress:
    """Counts subjects and epochs of a run from any thread and says so on a display.

    Parameters
    ----------
    subjects : to be computed now.
    epochs : training epochs of one subject.
    display : where to show; None shows nothing.
    already : subjects that an earlier session finished; they count as done, not for the pace.

    Time left comes from the pace so far. Epochs differ in cost, so the course of the first finished subject
    says which share of a subject's time each epoch stands for; before that, epochs count alike.
    """

    subjects: int
    epochs: int
    display: Display | None = None
    already: int = 0
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    phases: dict[int, str] = field(default_factory=dict)
    courses: dict[int, list[float]] = field(default_factory=dict)
    profile: list[float] = field(default_factory=list)
    where: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, subject: int) -> None:
        """A subject starts."""
        with self.lock:
            self.courses[subject] = [time.monotonic()]

    def phase(self, subject: int, name: str) -> None:
        """A subject enters a phase."""
        with self.lock:
            self.phases[subject] = name

    def epoch(self, subject: int) -> None:
        """A subject finished an epoch."""
        with self.lock:
            self.courses[subject].append(time.monotonic())
            self._show(finished=False)

    def place(self, where: str) -> None:
        """Say where subjects are computed, for workers that report no phases."""
        with self.lock:
            self.where = where
            self._show(finished=False)

    def end(self, subject: int) -> None:
        """A subject is finished and kept; its epochs may have gone unseen, on another machine."""
        with self.lock:
            course = self.courses.pop(subject, None)
            self.phases.pop(subject, None)
            self.done += 1
            whole = time.monotonic() - course[0] if course else 0.0
            # who left the study early is no pattern for the others
            if course and not self.profile and whole > 0 and len(course) > self.epochs:
                self.profile = [(moment - course[0]) / whole for moment in course]
            self._show(finished=True)

    def drop(self, subject: int) -> None:
        """A subject failed or was stopped."""
        with self.lock:
            self.courses.pop(subject, None)
            self.phases.pop(subject, None)

    @property
    def share(self) -> float:
        """Share of the work that is done, 0 to 1."""
        part = 0.0
        for course in self.courses.values():
            epochs = len(course) - 1
            if self.profile:
                part += self.profile[min(epochs, len(self.profile) - 1)]
            elif self.epochs:
                part += min(1.0, epochs / self.epochs)
        return min(1.0, (self.done + part) / self.subjects) if self.subjects else 1.0

    def _show(self, *, finished: bool) -> None:
        if self.display is None:
            return
        share = self.share
        elapsed = time.monotonic() - self.started
        left = f", {duration(elapsed * (1 - share) / share)} left" if share > 0.01 else ""
        now = next(iter(self.phases.values()), self.where)
        text = f"{self.already + self.done} of {self.already + self.subjects} subjects{left}" + (
            f" | {now}" if now else ""
        )
        self.display.show(share=share, text=text, finished=finished)


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

        class Bar:
            def show(self, *, share: float, text: str, finished: bool) -> None:
                bars.update(task, completed=share, description=text)

        yield Bar()


def duration(seconds: float) -> str:
    """Seconds in words: ``48 s``, ``12 min``, ``3.1 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
