"""What a page can do: start, stop and go on with runs. Each answers where to go, or one sentence."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from resynapse.errors import ResynapseError
from resynapse.lab.context import Lab, lab_of, path_of, relative
from resynapse.lab.cost import bound, timed, to_dict
from resynapse.lab.starting import MOST_SUBJECTS, Wanted, again, attribution, audit, start, words
from resynapse.lab.what_if import Answering, Base, checked_changes, parameters_of, proposed, start_runs
from resynapse.lab.workspace import run_id
from resynapse.protocol import Protocol, dumps, load

DOSE, DOSE_ARM = "arms.ketamine[0].drug.gain", "ketamine"


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


def listed(value: object) -> list[str]:
    """The texts of a field that a form may have once or more often."""
    return [str(one) for one in (value if isinstance(value, list) else [value if value is not None else ""])]


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


def go(request: Request, path: str, query: Mapping[str, object] | None = None) -> Response:
    """Where the page goes next, from where it is."""
    page = request.headers.get("x-resynapse-page") or path_of(request)
    return JSONResponse({"go": relative(page, path, query)})


async def cost_of_run(request: Request) -> Response:
    """What a run will cost, from a rehearsal."""
    lab, wanted = lab_of(request), wanted_of(await fields(request))
    protocol = await run_in_threadpool(wanted.protocol, lab)
    key = _key(protocol)
    async with _REHEARSAL:
        # one rehearsal a protocol, however often its form changes
        before = lab.costs.get(key)
        cost = await run_in_threadpool(timed, protocol, wanted.subjects, wanted.workers, before)
    lab.costs[key] = cost.subject
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
    lab.log.remark(f"stopped {found.name}; the same command continues")
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
    asked = await run_in_threadpool(audit, lab, found, subjects)
    return go(request, f"/commands/{asked.number}")


async def start_attribution(request: Request) -> Response:
    """Start an attribution of the difference between two arms."""
    lab, content = lab_of(request), await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    first, second = str(content.get("first", "")), str(content.get("second", ""))
    subjects = whole(content, "subjects", 10) or 0
    if not 1 <= subjects <= MOST_SUBJECTS:
        raise ResynapseError(f"subjects: give 1 or more, got {subjects}")
    asked = await run_in_threadpool(attribution, lab, found, first, second, subjects)
    return go(request, f"/commands/{asked.number}")


async def change_dose(request: Request) -> Response:
    """The last step of the story: another gain of a drug in `demo`, with the control that isolates it."""
    lab, content = lab_of(request), await fields(request)
    base, value = Base(protocol=load("demo"), subjects=4, seed=0), str(content.get("value", ""))
    known = await run_in_threadpool(parameters_of, base.protocol)
    changes = checked_changes([DOSE], [value], known)
    control = (await run_in_threadpool(proposed, base.protocol, [(DOSE, value)], DOSE_ARM)).control
    return _answered(request, await run_in_threadpool(start_runs, lab, base, changes, control), control, DOSE_ARM)


async def start_what_if(request: Request) -> Response:
    """Start the runs that changed values and their control need."""
    lab, content = lab_of(request), await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    known = await run_in_threadpool(lambda: parameters_of(lab.live.protocol(found)))
    changes = checked_changes(listed(content.get("path")), listed(content.get("value")), known)
    control, arm = str(content.get("control", "")), str(content.get("arm", ""))
    if not control:
        raise ResynapseError("control: choose one, or say that none is chosen")
    chosen, alone = "" if control == "none" else control, content.get("alone") == "yes"
    runs = await run_in_threadpool(lambda: start_runs(lab, Base.of(lab, found), changes, chosen, alone=alone))
    return _answered(request, runs, control, arm)


def _answered(request: Request, runs: Answering, control: str, arm: str) -> Response:
    """To the page that waits for the runs and answers."""
    query = {"first": run_id(runs.base), "second": run_id(runs.changed), "control": control or "none", "arm": arm}
    return go(request, "/compare", {**query, "alone": [run_id(one) for one in runs.alone]})


_REHEARSAL = asyncio.Semaphore(1)
ROUTES = [
    Route("/api/cost", cost_of_run, methods=["POST"]),
    Route("/api/story/dose", change_dose, methods=["POST"]),
    Route("/api/runs/{id}/whatif", start_what_if, methods=["POST"]),
    Route("/api/runs/{id}/attribute", start_attribution, methods=["POST"]),
    Route("/api/runs/{id}/audit", start_audit, methods=["POST"]),
    Route("/api/runs", start_run, methods=["POST"]),
    Route("/api/runs/{id}/stop", stop_run, methods=["POST"]),
    Route("/api/runs/{id}/resume", resume_run, methods=["POST"]),
]
