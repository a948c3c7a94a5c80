"""One thread of BLAS for each subject, as subjects side by side fill the cores."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LIMITED = threading.local()


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep BLAS on one thread; restored afterwards."""
    import scipy.linalg.cython_blas  # noqa: F401  (the library that kernels call must be there to be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


def keep_blas_single_threaded() -> None:
    """Keep BLAS on one thread for good, in a process that computes nothing but subjects."""
    # some BLAS libraries hold the limit for each thread that calls them
    if not getattr(_LIMITED, "done", False):
        import scipy.linalg.cython_blas  # noqa: F401
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=1, user_api="blas")
        _LIMITED.done = True
