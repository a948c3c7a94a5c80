"""What a run will cost here, asked before it starts: a rehearsal in a process of its own that times a few steps."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import NamedTuple

from resynapse.cores import usable_cores
from resynapse.errors import ResynapseError
from resynapse.protocol import Protocol, dumps, loads
from resynapse.protocol.routes import assessments, epochs
from resynapse.runs.admission import engine_for
from resynapse.runs.duration import duration
from resynapse.task.base import steps_of

LIMIT_SECONDS, LIMIT_BYTES = 3600.0, 2e9
"""Above these a run starts only after a second confirmation."""
PATIENCE = 180.0
_FLOPS = 3e10
"""Multiplications a second of one core, for a bound before anything is timed."""
_PART, _CELL = 4000, 12
"""Bytes on disk of a subject and of each of its values, with room to spare."""


class Timing(NamedTuple):
    """What a rehearsal measured: seconds of one subject, and until a command has begun."""

    subject: float
    start: float


class Planned(NamedTuple):
    """What is about to be started.

    Parameters
    ----------
    workers : subjects at a time; None for as many as there are cores.
    runs : how many of its kind.
    """

    protocol: Protocol
    subjects: int
    workers: int | None = None
    runs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of a cohort.

    Parameters
    ----------
    seconds, disk : for all runs.
    subject : seconds of one subject.
    start : seconds until all commands have begun.
    timed : whether steps were timed; else it is a bound by arithmetic.
    """

    seconds: float
    subject: float
    start: float
    epochs: int
    memory: float
    disk: float
    workers: int
    runs: int
    timed: bool

    @property
    def sentence(self) -> str:
        """The cost in words, with its basis."""
        timed = (
            "from steps timed just now, as on a free machine; half or twice of it is possible, more while it is busy"
        )
        basis = timed if self.timed else "by arithmetic alone"
        each = duration(self.subject) if self.subject >= 1 else "less than 1 s"
        of = f" for {self.runs} runs" if self.runs > 1 else ""
        return (
            f"About {duration(self.seconds)}{of}, {self.workers} at a time ({each} a subject, "
            f"{self.epochs} training epochs); {bytes_in_words(self.memory)} of memory, "
            f"{bytes_in_words(self.disk)} on disk. Estimated {basis}."
        )

    @property
    def question(self) -> str:
        """What has to be confirmed; empty below the limits."""
        if self.seconds <= LIMIT_SECONDS and self.disk <= LIMIT_BYTES:
            return ""
        return f"This takes about {duration(self.seconds)} and {bytes_in_words(self.disk)} on disk."


def bound(planned: Planned, before: Timing | None = None) -> Cost:
    """The cost by arithmetic: epochs times samples times moments times weights.

    Parameters
    ----------
    before : of a rehearsal, where there was one.
    """
    if before is not None:
        return _cost(planned, before, timed=True)
    protocol = planned.protocol
    weights = sum(units * inputs for units, inputs in protocol.network.connections(protocol.task).values())
    moments = steps_of(protocol.task)
    in_all = epochs(protocol.routes)
    seconds = 6 * weights * moments * protocol.task.sizes.train * in_all / _FLOPS
    return _cost(planned, Timing(seconds, 0.0), timed=False)


def timed(planned: Planned, before: Timing | None = None) -> Cost:
    """The cost from a rehearsal.

    Parameters
    ----------
    before : of an earlier one, which then is not repeated.

    Raises
    ------
    ResynapseError : a subject cannot fit in memory, or the rehearsal takes too long.
    """
    if before is not None:
        return _cost(planned, before, timed=True)
    begun = time.time()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "resynapse.lab.commands.cost"],
            input=dumps(planned.protocol), capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        content = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise ResynapseError("the estimate takes too long on this machine; try fewer training samples") from None
    except ValueError:
        raise ResynapseError("the cost could not be estimated; `resynapse show` says why") from None
    if "error" in content:
        raise ResynapseError(str(content["error"]))
    return _cost(planned, Timing(float(content["seconds"]), float(content["begun"]) - begun), timed=True)


def _cost(planned: Planned, timing: Timing, *, timed: bool) -> Cost:
    from resynapse.runs.planning.memory import KEPT, Need

    protocol, subjects, runs = planned.protocol, planned.subjects, planned.runs
    count = max(1, min(planned.workers or usable_cores(), subjects))
    cells = sum(len(step.stored) for route in protocol.routes.values() for _, step in assessments(route))
    return Cost(
        seconds=(-(-subjects // count) * timing.subject + timing.start) * runs,
        subject=timing.subject,
        start=timing.start * runs,
        epochs=epochs(protocol.routes),
        memory=Need.of(protocol, engine_for(protocol)).total * count + KEPT * subjects,
        disk=(_PART + _CELL * cells) * subjects * 2 * runs,
        workers=count,
        runs=runs,
        timed=timed,
    )


def bytes_in_words(count: float) -> str:
    """A size as people read it."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.2g} {unit}" if count < 10 * size else f"{count / size:.0f} {unit}"
    return f"{max(1, round(count / 1e3))} kB"


def to_dict(cost: Cost) -> dict[str, object]:
    """The cost as plain data, with its words."""
    return {**asdict(cost), "sentence": cost.sentence, "question": cost.question}


if __name__ == "__main__":
    from resynapse.runs.planning.cost import Estimate

    begun = time.time()
    try:
        print(json.dumps({"seconds": Estimate.rehearse(loads(sys.stdin.read())).seconds, "begun": begun}))
    except ResynapseError as error:
        print(json.dumps({"error": str(error)}))
