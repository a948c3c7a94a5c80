"""One thread of BLAS for each subject, as subjects side by side fill the cores.

Some BLAS libraries have one number of threads for the process, others one for each thread that calls them. The first
is set once for all runs of a process, by a thread of its own: `threadpoolctl` lets one thread set it at a time, and
runs may begin in one order and end in another. The second is set by every thread that computes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_LIMITED = threading.local()


class _Limit:
    """The limit of the process, counted: the last run that ends gives the threads back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._over = threading.Event()
        self._holder: threading.Thread | None = None

    def take(self) -> None:
        with self._lock:
            if self._users == 0:
                ready, self._over = threading.Event(), threading.Event()
                self._holder = threading.Thread(target=_hold, args=(ready, self._over), daemon=True, name="blas")
                self._holder.start()
                ready.wait()
            self._users += 1

    def give_back(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._holder is not None:
                self._over.set()
                self._holder.join()


_LIMIT = _Limit()


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep BLAS on one thread, for the process and the calling thread; as before once the last user has left."""
    from threadpoolctl import threadpool_limits

    _LIMIT.take()
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        _LIMIT.give_back()


def keep_blas_single_threaded() -> None:
    """Keep BLAS on one thread for good, for a thread that computes nothing but subjects."""
    if not getattr(_LIMITED, "done", False):
        import scipy.linalg.cython_blas  # noqa: F401
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=1, user_api="blas")
        _LIMITED.done = True


def _hold(ready: threading.Event, over: threading.Event) -> None:
    """Limit the process until `over`."""
    import scipy.linalg.cython_blas  # noqa: F401  (the library that kernels call must be there to be limited)
    from threadpoolctl import ThreadpoolController, threadpool_limits

    try:
        with ExitStack() as stack:
            stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
            libraries = ThreadpoolController().select(user_api="blas").lib_controllers
            if any(library.num_threads != 1 for library in libraries):
                # another thread of the program set it before, and would have the only say
                for library in libraries:
                    getattr(library, "clear_controlling_thread", lambda force: None)(force=True)
                stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
            ready.set()
            over.wait()
    finally:
        ready.set()
