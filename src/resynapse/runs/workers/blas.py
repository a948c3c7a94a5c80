"""One thread of BLAS for each subject, as subjects side by side fill the cores."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

_LIMITED = threading.local()


class _Limit:
    """The limit of this process, counted: runs may overlap, and the last one to end gives the threads back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limits: threadpool_limits | None = None

    def take(self) -> None:
        with self._lock:
            if self._users == 0:
                self._limits = _one_thread()
            self._users += 1

    def give_back(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._limits is not None:
                self._limits.restore_original_limits()
                self._limits = None


_LIMIT = _Limit()


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep BLAS on one thread; as before once the last of all who want it so has left."""
    _LIMIT.take()
    try:
        yield
    finally:
        _LIMIT.give_back()


def keep_blas_single_threaded() -> None:
    """Keep BLAS on one thread for good, in a process that computes nothing but subjects."""
    # some BLAS libraries hold the limit for each thread that calls them
    if not getattr(_LIMITED, "done", False):
        _one_thread()
        _LIMITED.done = True


def _one_thread() -> threadpool_limits:
    import scipy.linalg.cython_blas  # noqa: F401  (the library that kernels call must be there to be limited)
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")
