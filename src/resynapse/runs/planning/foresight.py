"""A rehearsal beside a run that takes long, so that the time left is known before the first subject is finished."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from resynapse.engine import engine_kind
from resynapse.errors import ResynapseError
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.planning.memory import Need, usable_memory
from resynapse.runs.progress import Progress
from resynapse.runs.store.folder import Manifest
from resynapse.runs.workers.blas import keep_blas_single_threaded

AFTER = 40.0
"""Seconds after which a run counts as long: the time left is wanted from the second minute on, and a rehearsal takes
some seconds of one core and the memory of one more subject."""


@contextmanager
def foreseen(progress: Progress, manifest: Manifest, workers: int) -> Iterator[None]:
    """Plan the timetable of a run while it computes, unless it has one, or finishes a subject before.

    Parameters
    ----------
    workers : subjects at a time; one more has to fit in memory.
    """
    there = usable_memory()
    fits = there is None or (workers + 1) * Need.of(manifest.protocol, manifest.engine).total <= there
    if progress.planned is not None or not fits or not engine_kind(manifest.engine).in_thread:
        yield
        return

    def foresee() -> None:
        if not progress.done:
            keep_blas_single_threaded()
            # what cannot be foreseen is only not shown
            with suppress(ResynapseError):
                progress.planned = Estimate.rehearse(manifest.protocol, manifest.engine, beside=True).timetable

    timer = threading.Timer(AFTER, foresee)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
