"""Pages of commands that are no single run: an audit, an attribution; output, runs and report of each."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.lab.commands.cost import Planned
from resynapse.lab.commands.taking_apart import planned_attribution, planned_audit, start_attribution, start_audit
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.pages.costs import cost_of, to_confirm
from resynapse.lab.pages.forms import fields, go, whole
from resynapse.lab.pages.results import report_policy
from resynapse.lab.workspace.found import Found
from resynapse.lab.workspace.session_log import command_line
from resynapse.lab.workspace.workspace import UnknownError
from resynapse.runs.job import find


def command(request: Request) -> Response:
    """One command."""
    lab = lab_of(request)
    asked = next((one for one in lab.queue.every() if one.number == request.path_params["number"]), None)
    if asked is None:
        raise UnknownError("no such command in this workspace; choose a run on the page Runs")
    job = find(asked.path) if asked.started else None
    log = asked.path / "job.log"
    output = log.read_text("utf-8", "replace")[-60_000:] if log.is_file() else ""
    below = [one for one in lab.workspace.runs() if one.path.is_relative_to(asked.path)]
    live = not asked.started or (job is not None and job.alive)
    return lab.page(
        request, "command.html.j2", asked=asked, command=command_line(asked.command(lab.workspace.root)), live=live,
        output=output, runs=[(one, lab.live.status(one)) for one in below],
        report=(asked.path / "report.html").is_file(),
    )  # fmt: skip


def command_report(request: Request) -> Response:
    """The report of such a command, sandboxed."""
    lab = lab_of(request)
    for one in lab.queue.every():
        file = one.path / "report.html"
        if one.number == request.path_params["number"] and file.is_file():
            html = lab.workspace.inside(file).read_text("utf-8")
            return HTMLResponse(html, headers={"content-security-policy": report_policy(html)})
    raise UnknownError("this command has no report yet; wait for its end")


async def _audit(request: Request) -> tuple[Lab, Found, dict[str, Any], Planned]:
    lab, content = lab_of(request), await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    subjects = whole(content, "subjects", 10) or 0
    return lab, found, content, await run_in_threadpool(lambda: planned_audit(lab.live.protocol(found), subjects))


async def cost_of_audit(request: Request) -> Response:
    """What an audit will cost."""
    lab, _, _, planned = await _audit(request)
    return await cost_of(lab, planned)


async def audit(request: Request) -> Response:
    """Start an audit of a run's protocol."""
    lab, found, content, planned = await _audit(request)
    question = await to_confirm(lab, content, planned)
    if question is not None:
        return question
    asked = await run_in_threadpool(start_audit, lab, found, planned.subjects)
    return go(request, f"/commands/{asked.number}")


async def _attribution(request: Request) -> tuple[Lab, Found, dict[str, Any], Planned]:
    lab, content = lab_of(request), await fields(request)
    found = await run_in_threadpool(lab.run, request.path_params["id"])
    first, second = str(content.get("first", "")), str(content.get("second", ""))
    subjects = whole(content, "subjects", 10) or 0
    planned = await run_in_threadpool(lambda: planned_attribution(lab.live.protocol(found), first, second, subjects))
    return lab, found, content, planned


async def cost_of_attribution(request: Request) -> Response:
    """What an attribution will cost."""
    lab, _, _, planned = await _attribution(request)
    return await cost_of(lab, planned)


async def attribution(request: Request) -> Response:
    """Start an attribution of the difference between two arms."""
    lab, found, content, planned = await _attribution(request)
    question = await to_confirm(lab, content, planned)
    if question is not None:
        return question
    arms = str(content["first"]), str(content["second"])
    asked = await run_in_threadpool(start_attribution, lab, found, *arms, planned.subjects)
    return go(request, f"/commands/{asked.number}")


ROUTES: list[BaseRoute] = [
    Route("/commands/{number:int}", command),
    Route("/commands/{number:int}/report", command_report),
]
WRITING: list[BaseRoute] = [
    Route("/api/runs/{id}/audit", audit, methods=["POST"]),
    Route("/api/runs/{id}/audit/cost", cost_of_audit, methods=["POST"]),
    Route("/api/runs/{id}/attribute", attribution, methods=["POST"]),
    Route("/api/runs/{id}/attribute/cost", cost_of_attribution, methods=["POST"]),
]
