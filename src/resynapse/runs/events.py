"""What happens in a run, as typed events, and the one kind of function that receives them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, NamedTuple

State = Literal["finished", "stopped", "failed"]
"""How a session of a run ended: all subjects done, stopped by the user, or ended by an error."""


class Row(NamedTuple):
    """One value of one subject."""

    arm: str
    condition: str
    outcome: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a run.

    Parameters
    ----------
    at : time of day, in seconds since 1970.
    """

    name: ClassVar[str]
    """What the event is called in files: ``phase_entered``."""
    at: float = field(default_factory=time.time)

    def __init_subclass__(cls) -> None:
        cls.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def to_dict(self) -> dict[str, Any]:
        """The event as plain data, its name first."""
        return {"event": self.name, **{one.name: getattr(self, one.name) for one in fields(self)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A session begins to compute subjects.

    Parameters
    ----------
    protocol : name of the protocol.
    arms : names of its arms, variants included.
    subjects : size of the cohort.
    missing : subjects that this session computes.
    epochs : training epochs of one subject that takes part in everything.
    engine : name of the engine.
    seed : root seed.
    """

    protocol: str
    arms: tuple[str, ...]
    subjects: int
    missing: int
    epochs: int
    engine: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersCounted(Event):
    """How many workers of a cluster compute now; 0 while the run waits for them."""

    workers: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectEvent(Event):
    """Something that happened to one subject."""

    subject: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectStarted(SubjectEvent):
    """A worker begins to compute a subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEntered(SubjectEvent):
    """A subject begins a training phase.

    Parameters
    ----------
    arms : the arms as text; names if they are few.
    stream : label of the phase, such as ``treatment/train.1``.
    epochs : length of the phase.
    """

    arms: str
    stream: str
    epochs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochDone(SubjectEvent):
    """A subject finished training epochs; one, unless a remote worker reports several at once."""

    epochs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(SubjectEvent):
    """A subject was measured in an arm; derived outcomes come with `SubjectFinished`."""

    arm: str
    condition: str
    outcome: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFinished(SubjectEvent):
    """A subject is at the end of the path of an arm."""

    arm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFinished(SubjectEvent):
    """All results of a subject are kept in the run folder."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFailed(SubjectEvent):
    """A subject has no results; the run continues with the others."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """A session ends; `error` says why it did not finish the cohort."""

    state: State
    error: str = ""


Listener = Callable[[Event], None]
"""Receives events at once, in the thread where they happen: quick, and safe to call from several threads."""


def ignore(event: Event) -> None:
    """Receive an event and do nothing."""


class Broadcast:
    """A listener that forwards to others; one that fails is left out from then on, and the run continues.

    Parameters
    ----------
    listeners : called in this order.
    note : receives one line about each listener that fails.
    """

    def __init__(self, listeners: Iterable[Listener], note: Callable[[str], None] = lambda text: None) -> None:
        self._listeners = tuple(listeners)
        self._note = note

    def __call__(self, event: Event) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception as error:
                # replaced, not changed in place: other threads may be going through it
                self._listeners = tuple(other for other in self._listeners if other is not listener)
                self._note(f"a listener of this run failed and is left out ({type(error).__name__}: {error})")
