"""Pages about runs: the list, one run as it goes on, and its events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from resynapse.lab.context import Lab, lab_of
from resynapse.lab.reading.charts import arms_chart, differences_chart
from resynapse.lab.workspace.found import Found
from resynapse.lab.workspace.session_log import command_line
from resynapse.protocol import Protocol
from resynapse.protocol.population.distributions import TRAIT
from resynapse.protocol.prose.titles import Titles, titles_of
from resynapse.report.run_data import LEADING, MOST_ARMS, REFERENCE

LOOK, HEARTBEAT = 0.25, 15.0
"""Seconds between looks at a folder while a page watches it, and between signs of life."""
PAGE_OF_RUNS = 100


def runs(request: Request) -> Response:
    """The list of runs."""
    lab = lab_of(request)
    q = request.query_params.get("q", "")
    wanted = q.lower().split()
    found = [one for one in lab.runs() if not wanted or all(word in _words(one) for word in wanted)]
    start = max(0, int(text) if (text := request.query_params.get("from", "0")).isdigit() else 0)
    asked_for = lab.queue.latest()
    shown = [(one, lab.live.status(one, asked_for)) for one in found[start : start + PAGE_OF_RUNS]]
    return lab.page(request, "runs.html.j2", runs=shown, q=q, count=len(found), start=start, size=PAGE_OF_RUNS)


def _words(one: Found) -> str:
    return f"{one.name} {one.protocol if one.readable else ''}".lower()


class Choice(NamedTuple):
    """What a chart shows, and what else it could show."""

    outcome: str
    condition: str
    arms: tuple[str, ...]
    view: str
    outcomes: dict[str, str]
    conditions: dict[str, str]
    every_arm: dict[str, str]


def choice(request: Request, protocol: Protocol, cells: list[tuple[str, str, str]], titles: Titles) -> Choice:
    """What the address asks for; where it asks for nothing, the endpoint that speaks first."""
    cells = [cell for cell in cells if cell[1] != TRAIT]
    outcomes = list(dict.fromkeys(o for _, _, o in cells))
    first = [end.outcome for end in protocol.primary if end.outcome in outcomes]
    ranked = [*first, *(o for o in LEADING if o in outcomes), *outcomes]
    outcome = request.query_params.get("outcome", "")
    outcome = outcome if outcome in outcomes else (ranked[0] if ranked else "")
    conditions = list(dict.fromkeys(c for _, c, o in cells if o == outcome))
    named = [end.condition for end in protocol.primary if end.outcome == outcome]
    ranked = [c for end in named for c in conditions if c == end or c.startswith(f"{end}=")]
    condition = request.query_params.get("condition", "")
    condition = condition if condition in conditions else next(iter([*ranked, *conditions]), "")
    arms = list(dict.fromkeys(a for a, _, _ in cells))
    wanted = [arm for arm in request.query_params.getlist("arm") if arm in arms]
    usual = arms if len(arms) <= MOST_ARMS else [arm for arm in arms if arm in protocol.arms]
    view = "paired" if request.query_params.get("view") == "paired" else "arms"
    return Choice(
        outcome, condition, tuple(wanted or usual), view,
        {o: titles.outcome(o) for o in outcomes}, {c: titles.condition(c) for c in conditions},
        {a: titles.arm(a) for a in arms},
    )  # fmt: skip


def charted(lab: Lab, found: Found, request: Request) -> dict[str, Any]:
    """What the templates need of a run's chart."""
    if not lab.live.finished(found):
        return {"chosen": None, "chart": None}
    protocol = lab.live.protocol(found)
    titles = titles_of(protocol)
    chosen = choice(request, protocol, lab.live.cells(found), titles)
    chart = None
    if chosen.outcome:
        frame = lab.live.values(found, chosen.condition, chosen.outcome)
        there = set(frame["arm"])
        arms = [arm for arm in chosen.arms if arm in there]
        unit, decimals = titles.of(chosen.outcome).unit, titles.of(chosen.outcome).decimals
        unit = "" if unit == "1" else unit
        title = titles.at(chosen.condition, chosen.outcome)
        reference = REFERENCE if REFERENCE in arms else next(iter(arms), "")
        if chosen.view == "paired" and len(arms) > 1:
            axis = f"difference to {titles.arm(reference)}" + (
                f" ({'points' if unit == '%' else unit})" if unit else ""
            )
            chart = differences_chart(frame, title, axis, chosen.every_arm, arms, reference, decimals)
        else:
            chart = arms_chart(protocol, frame, chosen.outcome, title, unit, chosen.every_arm, arms, decimals)
    return {"chosen": chosen, "chart": chart}


def run(request: Request) -> Response:
    """One run: how far it is, and one outcome in every arm."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    return lab.page(request, "run.html.j2", **_about(lab, found, request))


def fragment(request: Request) -> Response:
    """The part of the run's page that changes."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    return lab.page(request, "run_live.html.j2", here=f"/runs/{found.id}", **_about(lab, found, request))


def status(request: Request) -> Response:
    """How far the run is, for a page whose chart has not changed."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    return lab.page(request, "run_status.html.j2", here=f"/runs/{found.id}", **_how_far(lab, found))


def _about(lab: Lab, found: Found, request: Request) -> dict[str, Any]:
    version = lab.live.version(found)
    return {"version": version, "tab": "overview", **_how_far(lab, found), **charted(lab, found, request)}


def _how_far(lab: Lab, found: Found) -> dict[str, Any]:
    asked = lab.queue.of(found.path)
    command = command_line(asked.command(lab.workspace.root)) if asked else ""
    return {"run": found, "status": lab.live.status(found), "command": command}


def version(request: Request) -> Response:
    """The version of a run's page, for a browser that cannot listen."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    return JSONResponse({"version": lab.live.version(found)})


async def events(request: Request) -> Response:
    """One event for every new version of a run's page, as long as a browser listens."""
    lab = lab_of(request)
    id = request.path_params["id"]
    await run_in_threadpool(lab.run, id)

    async def stream() -> AsyncIterator[str]:
        last, silent = "", HEARTBEAT
        while not await request.is_disconnected():
            current = await run_in_threadpool(lambda: lab.live.version(lab.run(id)))
            if current != last:
                last, silent = current, 0.0
                yield f"data: {current}\n\n"
            elif silent >= HEARTBEAT:
                silent = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(LOOK)
            silent += LOOK

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def subject(request: Request) -> Response:
    """One subject's own course: every value of every arm."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    titles = titles_of(lab.live.protocol(found)) if found.begun else None
    number = int(request.path_params["number"])
    frame = lab.live.subject(found, number)
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for arm, condition, outcome, value in frame.iter_rows():
        rows.setdefault(condition, {}).setdefault(outcome, {})[arm] = value
    arms = list(dict.fromkeys(frame["arm"])) if frame.height else []
    return lab.page(
        request, "subject.html.j2", run=found, number=number, arms=arms, rows=rows, titles=titles, tab="subjects",
        before=number - 1 if number else None, after=number + 1 if number + 1 < found.subjects else None,
        status=lab.live.status(found),
    )  # fmt: skip


ROUTES = [
    Route("/runs", runs),
    Route("/runs/{id}", run),
    Route("/runs/{id}/live", fragment),
    Route("/runs/{id}/status", status),
    Route("/runs/{id}/version", version),
    Route("/runs/{id}/events", events),
    Route("/runs/{id}/subjects/{number:int}", subject),
]
