"""The limit of one thread of BLAS is one of the process: it lasts as long as anybody needs it, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

import resynapse as rs
from resynapse.runs.events import Event, SubjectStarted
from resynapse.runs.workers import blas
from resynapse.runs.workers.blas import single_threaded_blas


def _threads() -> list[int]:
    return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def several_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process as it is outside a run: the test room itself limits BLAS."""
    import scipy.linalg.cython_blas  # noqa: F401
    from threadpoolctl import threadpool_limits

    monkeypatch.setattr(blas, "_LIMIT", blas._Limit())
    with threadpool_limits(limits=2, user_api="blas"):
        yield


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_however_limits_overlap_blas_has_one_thread_while_there_are_any_and_its_own_afterwards(
    which: list[int],
) -> None:
    before = _threads()
    held: dict[int, ExitStack] = {}
    for one in which:
        if one in held:
            held.pop(one).close()
        else:
            held[one] = ExitStack()
            held[one].enter_context(single_threaded_blas())
        assert _threads() == ([1] * len(before) if held else before)
    for stack in held.values():
        stack.close()
    assert _threads() == before


def test_runs_that_overlap_in_one_process_give_the_numbers_of_runs_apart_and_leave_it_as_it_was(
    tiny: rs.Protocol,
) -> None:
    before = _threads()
    apart = [rs.run(tiny, subjects=3, seed=seed).table() for seed in (5, 6)]
    assert _threads() == before
    both, first_over = threading.Barrier(2), threading.Event()
    seen: list[list[int]] = []
    tables: dict[int, pl.DataFrame] = {}

    def compute(seed: int) -> None:
        begun = False

        def meet(event: Event) -> None:
            nonlocal begun
            if isinstance(event, SubjectStarted) and not begun:
                begun = True
                both.wait(60)
            if isinstance(event, SubjectStarted) and event.subject == 2 and seed == 6:
                first_over.wait(60)  # the other run has ended by now, and must not have taken the limit along
                seen.append(_threads())

        tables[seed] = rs.run(tiny, subjects=3, seed=seed, workers=1, listener=meet).table()
        if seed == 5:
            first_over.set()

    threads = [threading.Thread(target=compute, args=(seed,)) for seed in (5, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(apart[i].equals(tables[seed]) for i, seed in enumerate((5, 6)))
    assert seen == [[1] * len(before)]
    assert _threads() == before
