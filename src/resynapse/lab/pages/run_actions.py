"""Start, stop and go on with runs. Each answers where to go, or one sentence."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from resynapse.lab.commands.cost import Planned
from resynapse.lab.commands.starting import Wanted, again, start
from resynapse.lab.context import lab_of
from resynapse.lab.pages.costs import cost_of, to_confirm
from resynapse.lab.pages.forms import cohort, fields, go, texts, whole
from resynapse.lab.workspace.found import run_id


def wanted_of(content: dict[str, Any]) -> Wanted:
    """The run that a form asks for."""
    return Wanted(
        source=str(content.get("source", "")),
        name=str(content.get("name", "")),
        subjects=cohort(content),
        seed=whole(content, "seed", 0) or 0,
        workers=whole(content, "workers"),
        controls=texts(content, "control"),
        changes=texts(content, "set"),
    )


async def cost_of_run(request: Request) -> Response:
    """What a run will cost."""
    lab, wanted = lab_of(request), wanted_of(await fields(request))
    return await cost_of(lab, await run_in_threadpool(wanted.planned, lab))


async def start_run(request: Request) -> Response:
    """Start a run; one that is large only after a second confirmation."""
    content = await fields(request)
    lab, wanted = lab_of(request), wanted_of(content)
    question = await to_confirm(lab, content, await run_in_threadpool(wanted.planned, lab))
    if question is not None:
        return question
    folder = await run_in_threadpool(start, lab, wanted)
    return go(request, f"/runs/{run_id(folder)}")


async def stop_run(request: Request) -> Response:
    """Stop a run as Ctrl-C does."""
    lab = lab_of(request)
    await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    await run_in_threadpool(lab.queue.stop, found.path)
    lab.log.remark(f"stopped {found.name}; the same command continues")
    return go(request, f"/runs/{found.id}")


async def resume_run(request: Request) -> Response:
    """Go on with a run, with more subjects if they are asked for."""
    lab, content = lab_of(request), await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    subjects = whole(content, "subjects")
    if subjects is not None and found.begun:
        more = Planned(lab.live.protocol(found), max(1, subjects - found.subjects))
        question = await to_confirm(lab, content, more)
        if question is not None:
            return question
    await run_in_threadpool(lambda: again(lab, found, subjects=subjects))
    return go(request, f"/runs/{found.id}")


WRITING: list[BaseRoute] = [
    Route("/api/cost", cost_of_run, methods=["POST"]),
    Route("/api/runs", start_run, methods=["POST"]),
    Route("/api/runs/{id}/stop", stop_run, methods=["POST"]),
    Route("/api/runs/{id}/resume", resume_run, methods=["POST"]),
]
