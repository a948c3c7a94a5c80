"""How much memory a run will need, checked before anything runs.

The bytes for each weight, sample and unit are those of the largest moment of a walk: a training phase, the drawing of
the sets, a pass over the test set. They are measured; `tests/runs/planning/test_memory.py` checks that no walk takes
more.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from resynapse.engine import engine_kind
from resynapse.errors import ResynapseError
from resynapse.protocol import Mark, Protocol
from resynapse.protocol.routes import calibrates, nesting
from resynapse.task import has_time, steps_of

WORKING = 80
"""Bytes a weight while one phase runs: parameters, two moments, gradient, where each is kept. Regrowth takes less."""
DRAWN = 30
"""Bytes an input: drawing its set with noise, then keeping it with the copy that noise is added to."""
ACTIVITY = 50
"""Bytes a hidden unit and sample of one pass in float64: what comes in and goes out, and the noise between."""
UNROLLED = 170
"""Bytes a hidden unit, sample and step of a sequence in float64: besides, its gates and all derivatives by them."""
KEPT = 200
"""Bytes a subject of the cohort in the process that keeps the run folder (docs/capacity.md)."""
_LIMIT_OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that one subject takes at its largest moment.

    Parameters
    ----------
    data : its three sets.
    networks : its states, which forks and arms come back to.
    work : the phase that is running.
    """

    data: int
    networks: int
    work: int

    @classmethod
    def of(cls, protocol: Protocol, engine_name: str) -> Need:
        """Of a subject of a protocol, from its sizes alone."""
        weights = sum(units * inputs for units, inputs in protocol.network.connections(protocol.task).values())
        sizes = protocol.task.sizes
        kind, steps = engine_kind(engine_name), steps_of(protocol.task)
        # some engines work tile by tile, others on whole sets
        columns = kind.columns or max(protocol.batch_size, sizes.test, sizes.clean)
        marked = any(isinstance(node.step, Mark) for node in protocol.nodes)
        # the state before the step that runs and after it, what is marked or calibrated to, and what is come back to
        states = 2 + marked + calibrates(protocol.routes.values()) + nesting(protocol.routes)
        return cls(
            data=DRAWN * (steps * protocol.task.features + 2) * sum(sizes),
            networks=states * kind.bytes_per_weight * weights,
            work=WORKING * weights + (UNROLLED if steps > 1 else ACTIVITY) * steps * sum(protocol.hidden) * columns,
        )

    @property
    def total(self) -> int:
        """All of it together."""
        return self.data + self.networks + self.work


def check_memory(protocol: Protocol, engine_name: str, *, subjects: int, workers: int) -> None:
    """Refuse what cannot fit in the memory of this machine.

    Parameters
    ----------
    workers : subjects at a time on this machine; 0 where others compute.

    Raises
    ------
    ResynapseError : what, how much it needs, how much there is, and the cure.
    """
    there = usable_memory()
    if there is None:
        return
    need = Need.of(protocol, engine_name)
    parts = f"data {_size(need.data)}, networks {_size(need.networks)}, work {_size(need.work)}"
    if workers and need.total > there:
        raise ResynapseError(
            f"one subject of {protocol.name} (network {protocol.network.describe(protocol.task)}) needs about "
            f"{_size(need.total)} of memory ({parts}), "
            f"{_size(there)} are available; use fewer units, layers"
            f"{', steps of time' if has_time(protocol.task) else ''} or samples"
        )
    if workers * need.total > there:
        raise ResynapseError(
            f"{workers} subjects of {protocol.name} at a time need about {_size(workers * need.total)} of memory "
            f"({parts} each), {_size(there)} are available; use --workers {there // need.total}"
        )
    if subjects * KEPT > there:
        raise ResynapseError(
            f"a cohort of {subjects} subjects needs about {_size(subjects * KEPT)} of memory to be kept in one run, "
            f"{_size(there)} are available; use several runs, each with its own --seed"
        )


def usable_memory() -> int | None:
    """Bytes this process can use at most: the machine's, or the limit of its container; None if unknown."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    with suppress(OSError, ValueError):
        found = min(found, int(_LIMIT_OF_CONTAINER.read_text()))
    return found if found > 0 else None


def _size(count: int) -> str:
    """Bytes as text, to about two digits.

    >>> _size(23_500_000_000)
    '24 GB'
    """
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB", "EB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
