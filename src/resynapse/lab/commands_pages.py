"""Pages of commands that are no single run: an audit, an attribution; output, runs and report of each."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.lab.context import lab_of
from resynapse.lab.results_pages import report_policy
from resynapse.lab.session_log import command_line
from resynapse.lab.workspace import UnknownError
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


ROUTES: list[BaseRoute] = [
    Route("/commands/{number:int}", command),
    Route("/commands/{number:int}/report", command_report),
]
