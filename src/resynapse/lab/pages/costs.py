"""What a page is about to start costs: said before the start, and asked about where it is large."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from resynapse.errors import ResynapseError
from resynapse.lab.commands.cost import Planned, Timing, bound, bytes_in_words, timed, to_dict
from resynapse.lab.context import Lab
from resynapse.protocol import Protocol, dumps

_REHEARSAL = asyncio.Semaphore(1)


async def cost_of(lab: Lab, planned: Planned) -> Response:
    """The cost from a rehearsal; one a protocol, however often its form changes."""
    key = await run_in_threadpool(_key, planned.protocol)
    async with _REHEARSAL:
        cost = await run_in_threadpool(timed, planned, lab.costs.get(key))
    lab.costs[key] = Timing(cost.subject, cost.start / cost.runs)
    return JSONResponse(to_dict(cost))


async def to_confirm(lab: Lab, content: dict[str, Any], planned: Planned) -> Response | None:
    """The question that has to be answered first; None where there is none, or where it was answered.

    Raises
    ------
    ResynapseError : the disk has no room for it.
    """
    cost = await run_in_threadpool(lambda: bound(planned, lab.costs.get(_key(planned.protocol))))
    free = shutil.disk_usage(lab.workspace.root).free
    if cost.disk > free:
        raise ResynapseError(
            f"subjects: this needs {bytes_in_words(cost.disk)} on disk, and {bytes_in_words(free)} are free; "
            "make room, or give fewer"
        )
    asks = cost.question and content.get("confirmed") != "yes"
    return JSONResponse({"confirm": cost.question}) if asks else None


def _key(protocol: Protocol) -> str:
    return hashlib.sha256(dumps(protocol).encode()).hexdigest()
