"""What a run asks of Dask's client, with a time limit, in one place: a new release of Dask can break it nowhere else.

Only public calls, and one task as text: `eval` and a text are known to every worker and scheduler. A function of
resynapse would be unpickled by them, so one without resynapse would crash before it could say what it lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWER_WITHIN = 10.0
"""Seconds in which a scheduler that was there must answer."""
TASK = "__import__('resynapse.runs.workers.worker', fromlist=['answer']).answer(plan, number)"
"""The task of a subject."""


def submit(client: Client, plan: tuple[Any, ...], number: int, key: tuple[str, int, int]) -> Future:
    """Send the task of one subject to the scheduler."""
    return client.submit(eval, TASK, {"plan": plan, "number": number}, key=key, pure=False)


def gather(client: Client, ready: Sequence[Future]) -> list[tuple[Any, ...]]:
    """The results of finished futures, in one transfer.

    Raises
    ------
    TimeoutError : no answer in time; a result may have been lost with its worker.
    """
    # `Client.gather` alone would wait for ever
    asked = partial(client.gather, list(ready), asynchronous=True)
    results: list[tuple[Any, ...]] = client.sync(asked, callback_timeout=ANSWER_WITHIN)
    return results


def threads_by_worker(client: Client) -> dict[str, int]:
    """Addresses of the workers that are there, and how many threads each has.

    Raises
    ------
    TimeoutError : the scheduler does not answer in time.
    """
    threads: dict[str, int] = client.nthreads(callback_timeout=ANSWER_WITHIN)
    return threads
