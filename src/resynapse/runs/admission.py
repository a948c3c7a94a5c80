"""The one place that admits a run: whether engine, cohort, workers and memory allow it, before anything is written."""

from __future__ import annotations

from resynapse.cohort import Cohort
from resynapse.cores import usable_cores
from resynapse.engine import check_engine, supporting
from resynapse.errors import ClusterError, ResynapseError
from resynapse.protocol import Protocol
from resynapse.runs.planning.memory import check_memory
from resynapse.runs.workers.backend import LOCAL, require_dask


def admit(protocol: Protocol, cohort: Cohort, engine_name: str, *, workers: int | None, dask: str | None) -> None:
    """Refuse a run that cannot be computed here.

    Parameters
    ----------
    workers : subjects at a time; None for the cores that this process may use.
    dask : ``local``, the address of a scheduler, or None for threads.

    Raises
    ------
    ResynapseError : the workers, the engine, the cohort or the memory do not suit the protocol; it says what would.
    """
    _check_workers(workers, dask)
    check_engine(engine_name, protocol.batch_size, protocol.network)
    cohort.check(protocol)
    here = 0 if dask not in (None, LOCAL) else min(workers or usable_cores(), cohort.size)
    check_memory(protocol, engine_name, subjects=cohort.size, workers=here)


def admit_subject(protocol: Protocol, engine_name: str) -> None:
    """Refuse a protocol of which not even one subject can be computed here.

    Raises
    ------
    ResynapseError : the engine or the memory does not suit it.
    """
    check_engine(engine_name, protocol.batch_size, protocol.network)
    check_memory(protocol, engine_name, subjects=1, workers=1)


def engine_for(protocol: Protocol, name: str | None = None) -> str:
    """The engine that is asked for; by default the first in the registry that can compute the protocol."""
    able = able_engines(protocol)
    return name or (able[0] if able else "compiled")


def able_engines(protocol: Protocol) -> list[str]:
    """Names of the engines that can compute a protocol."""
    return supporting(protocol.network, protocol.batch_size)


def _check_workers(workers: int | None, dask: str | None) -> None:
    if workers is not None and (type(workers) is not int or workers < 1):
        raise ResynapseError(f"{workers} workers is not possible: give a whole number of at least 1")
    if dask is None:
        return
    require_dask()
    if dask != LOCAL and workers is not None:
        raise ClusterError(
            f"--workers {workers} is not possible with --dask {dask}: a running scheduler has its own workers; "
            "leave --workers out"
        )
