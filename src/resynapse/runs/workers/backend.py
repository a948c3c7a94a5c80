"""Where subjects are computed: the one small interface between a run and its workers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from resynapse.cohort import Subject
from resynapse.errors import ClusterError, SubjectError
from resynapse.runs.events import Row

LOCAL = "local"
"""In place of a scheduler's address: worker processes on this machine."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A subject that is through: its rows, or why there are none."""

    subject: Subject
    rows: Sequence[Row] | SubjectError


class Backend(Protocol):
    """Workers that take subjects and hand back results, as they come, in any order.

    Entering it makes the workers ready; leaving it, however that happens, stops what they still compute.
    """

    def __enter__(self) -> Self:
        """Make the workers ready.

        Raises
        ------
        ClusterError : there are none, or they cannot be used.
        """

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Stop all work that is still going on."""

    def compute(
        self, subjects: Iterable[Subject], over: Callable[[], bool] = lambda: False
    ) -> Generator[Finished, None, None]:
        """Take subjects a few at a time and yield each when it is through.

        Parameters
        ----------
        over : whether to stop waiting for those that are not through; asked several times a second.

        Raises
        ------
        ClusterLostError : the workers are gone for good.
        """


def require_dask() -> None:
    """Refuse where Dask is not installed.

    Raises
    ------
    ClusterError : with the command that installs it.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise ClusterError('Dask is not installed, which --dask needs; pip install "resynapse[dask]"') from None
