"""What a page can do: start, stop and go on with runs. Each answers where to go, or one sentence."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from resynapse.errors import ResynapseError
from resynapse.lab.context import Lab, lab_of, path_of, relative
from resynapse.lab.cost import bound, timed, to_dict
from resynapse.lab.starting import MOST_SUBJECTS, Wanted, again, audit, start, words
from resynapse.lab.workspace import run_id
from resynapse.protocol import Protocol, dumps


async def fields(request: Request) -> dict[str, Any]:
    """The body of a change.

    Raises
    ------
    ResynapseError : it is no JSON object.
    """
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise ResynapseError("expected a JSON object; reload the page") from None
    if not isinstance(found, dict):
        raise ResynapseError("expected a JSON object; reload the page")
    return found


def whole(content: dict[str, Any], name: str, default: int | None = None) -> int | None:
    """A whole number of a form; the default where the field is empty.

    Raises
    ------
    ResynapseError : it is no whole number.
    """
    value = content.get(name, "")
    if value in ("", None):
        return default
    text = str(value).strip()
    if isinstance(value, bool) or not text.lstrip("+-").isdigit() or len(text) > 12:
        raise ResynapseError(f"{name}: expected a whole number, got {text[:40]!r}")
    return int(text)


def wanted_of(content: dict[str, Any]) -> Wanted:
    """The run that a form asks for."""
    subjects = whole(content, "subjects")
    if subjects is None:
        raise ResynapseError("subjects: give the size of the cohort, such as 10")
    return Wanted(
        source=str(content.get("source", "")),
        name=str(content.get("name", "")),
        subjects=subjects,
        seed=whole(content, "seed", 0) or 0,
        workers=whole(content, "workers"),
        controls=tuple(words(content.get("control", []))),
        changes=tuple(words(content.get("set", []))),
    )


def go(request: Request, path: str) -> Response:
    """Where the page goes next, from where it is."""
    page = request.headers.get("x-resynapse-page") or path_of(request)
    return JSONResponse({"go": relative(page, path)})


async def cost_of_run(request: Request) -> Response:
    """What a run will cost, from a rehearsal."""
    lab, wanted = lab_of(request), wanted_of(await fields(request))
    protocol = await run_in_threadpool(wanted.protocol, lab)
    async with _REHEARSAL:
        cost = await run_in_threadpool(timed, protocol, wanted.subjects, wanted.workers)
    lab.costs[_key(protocol)] = cost.subject
    return JSONResponse(to_dict(cost))


def _question(lab: Lab, wanted: Wanted) -> str:
    protocol = wanted.protocol(lab)
    cost = bound(protocol, wanted.subjects, wanted.workers)
    subject = lab.costs.get(_key(protocol), cost.subject)
    seconds = cost.seconds / cost.subject * subject if cost.subject else 0.0
    return replace(cost, seconds=seconds, subject=subject).question


def _key(protocol: Protocol) -> str:
    return hashlib.sha256(dumps(protocol).encode()).hexdigest()


async def start_run(request: Request) -> Response:
    """Start a run; one that is large only after a second confirmation."""
    content = await fields(request)
    lab, wanted = lab_of(request), wanted_of(content)
    if content.get("confirmed") != "yes":
        question = await run_in_threadpool(_question, lab, wanted)
        if question:
            return JSONResponse({"confirm": question})
    folder = await run_in_threadpool(start, lab, wanted)
    return go(request, f"/runs/{run_id(folder)}")


async def stop_run(request: Request) -> Response:
    """Stop a run as Ctrl-C does."""
    lab = lab_of(request)
    await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    await run_in_threadpool(lab.queue.stop, found.path)
    lab.log.remark(f"stopped {found.name}; the same command goes on")
    return go(request, f"/runs/{found.id}")


async def resume_run(request: Request) -> Response:
    """Go on with a run, with more subjects if they are asked for."""
    lab, content = lab_of(request), await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    await run_in_threadpool(lambda: again(lab, found, subjects=whole(content, "subjects")))
    return go(request, f"/runs/{found.id}")


async def start_audit(request: Request) -> Response:
    """Start an audit of a run's protocol."""
    lab, content = lab_of(request), await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    subjects = whole(content, "subjects", 10) or 0
    if not 2 <= subjects <= MOST_SUBJECTS:
        raise ResynapseError(f"subjects: an audit needs 2 or more, got {subjects}")
    folder = await run_in_threadpool(audit, lab, found, subjects)
    return go(request, f"/runs/{run_id(folder / 'tree')}")


_REHEARSAL = asyncio.Semaphore(1)
ROUTES = [
    Route("/api/cost", cost_of_run, methods=["POST"]),
    Route("/api/runs/{id}/audit", start_audit, methods=["POST"]),
    Route("/api/runs", start_run, methods=["POST"]),
    Route("/api/runs/{id}/stop", stop_run, methods=["POST"]),
    Route("/api/runs/{id}/resume", resume_run, methods=["POST"]),
]
