"""What a page can do: start, stop and go on with runs. Each answers where to go, or one sentence."""

from __future__ import annotations

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from resynapse.errors import ResynapseError
from resynapse.lab.context import lab_of, path_of, relative
from resynapse.lab.starting import Wanted, again, start, words
from resynapse.lab.workspace import run_id


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


async def start_run(request: Request) -> Response:
    """Start a run."""
    lab, wanted = lab_of(request), wanted_of(await fields(request))
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


ROUTES = [
    Route("/api/runs", start_run, methods=["POST"]),
    Route("/api/runs/{id}/stop", stop_run, methods=["POST"]),
    Route("/api/runs/{id}/resume", resume_run, methods=["POST"]),
]
