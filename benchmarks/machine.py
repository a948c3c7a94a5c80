"""The machine under test: what it is, and the matrix product rate that bounds every engine on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import numpy as np

from resynapse.runs.provenance import commit, hardware, versions

SIDE = 1024


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """One thread for BLAS, as a run has it."""
    import scipy.linalg.cython_blas  # noqa: F401  (the library that kernels call must be there to be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


class Sgemm:
    """The rate of float32 matrix products of 1024 x 1024, one thread a product; call it for samples.

    Parameters
    ----------
    workers : products side by side; the rate is that of all together. Two logical cores may share one core's units.
    """

    def __init__(self, workers: int = 1, side: int = SIDE) -> None:
        generator = np.random.default_rng(0)
        self.left = generator.standard_normal((side, side), dtype=np.float32)
        self.right = generator.standard_normal((side, side), dtype=np.float32)
        self.outs = [np.empty((side, side), dtype=np.float32) for _ in range(workers)]

    def __call__(self, samples: int = 3, repeats: int = 4) -> list[float]:
        """GFLOP/s of `samples` samples of `repeats` products each."""

        def several(out: np.ndarray) -> None:
            for _ in range(repeats):
                np.dot(self.left, self.right, out)

        work = 2e-9 * self.left.shape[0] ** 3 * repeats * len(self.outs)
        taken = []
        with single_threaded_blas(), ThreadPoolExecutor(len(self.outs)) as pool:
            list(pool.map(several, self.outs))
            for _ in range(samples):
                started = time.perf_counter()
                list(pool.map(several, self.outs))
                taken.append(work / (time.perf_counter() - started))
        return taken


def describe() -> dict[str, Any]:
    """Hardware, versions and commit, for the record."""
    try:
        torch = metadata.version("torch")
    except metadata.PackageNotFoundError:
        torch = "not installed"
    return {
        "hardware": hardware(),
        "versions": {**versions(), "torch": torch},
        "source": commit(),
        "load_before": load(),
    }


def load() -> float | None:
    """Mean number of busy processes in the last minute; None where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
