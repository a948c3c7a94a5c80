"""What the pages share: the workspace, the jobs, the templates; and how an address is written in a page.

Addresses are relative, so that pages work below any prefix of a proxy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.lab.jobs import LIVE, Job, Jobs
from resynapse.lab.live import Live
from resynapse.lab.session_log import SessionLog
from resynapse.lab.trust import Trust
from resynapse.lab.workspace import Found, UnknownError, Workspace, run_id
from resynapse.report.page.page import prose

BAD_INPUT = 422


@dataclass(slots=True, kw_only=True)
class Lab:
    """One laboratory.

    Parameters
    ----------
    read_only : nothing can be started or written: the addresses for it do not exist.
    """

    workspace: Workspace
    trust: Trust
    read_only: bool = False
    jobs: Jobs = field(init=False)
    live: Live = field(init=False)
    log: SessionLog = field(init=False)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.workspace.own, self.workspace.root)
        self.live = Live(self.jobs)
        self.log = SessionLog(self.workspace.root)
        self.templates = Environment(
            loader=PackageLoader("resynapse.lab"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["prose"] = prose

    def runs(self) -> list[Found]:
        """Every run, those that have yet to begin first."""
        found = self.workspace.runs()
        there = {one.path for one in found}
        jobs = [job for job in reversed(self.jobs.every()) if Path(job.folder) not in there and _runs(job)]
        return [*(_begun(job) for job in jobs if job.state in LIVE or job.state == "failed"), *found]

    def run(self, id: str) -> Found:
        """The run of an id, also before its first file is written.

        Raises
        ------
        UnknownError : there is none.
        """
        try:
            return self.workspace.run(id)
        except UnknownError:
            for job in reversed(self.jobs.every()):
                if run_id(Path(job.folder)) == id and _runs(job):
                    return _begun(job)
            raise

    def page(
        self, request: Request, template: str, /, *, code: int = 200, here: str = "", **content: Any
    ) -> Response:
        """A page from a template; every one has the disclaimer.

        Parameters
        ----------
        here : the page that a part of it is for; by default the address itself.
        """
        here = here or path_of(request)
        html = self.templates.get_template(template).render(
            to=partial(relative, here),
            here=here,
            disclaimer=SHORT_DISCLAIMER,
            page_token=self.trust.page_token,
            nonce=request.state.nonce,
            read_only=self.read_only,
            **content,
        )
        return HTMLResponse(html, code)


def _runs(job: Job) -> bool:
    return job.arguments[:1] == ("run",)


def _begun(job: Job) -> Found:
    """A run of which only the command is known."""
    given = dict(zip(job.arguments, job.arguments[1:], strict=False))
    protocol = {"name": Path(job.arguments[1]).stem.partition("@")[0], "title": job.title}
    manifest = {
        "subjects": int(given["--subjects"]), "root_seed": int(given["--seed"]), "protocol": protocol, "identity": "",
    }  # fmt: skip
    folder = Path(job.folder)
    return Found(run_id(folder), folder, folder.name, manifest)


def lab_of(request: Request) -> Lab:
    """The laboratory that a request is for."""
    found: Lab = request.app.state.lab
    return found


def path_of(request: Request) -> str:
    """The path of a request below the prefix of a proxy."""
    path, root = str(request.scope["path"]), str(request.scope.get("root_path", "")).rstrip("/")
    return (path[len(root) :] or "/") if root and path.startswith(root) else path


def relative(here: str, there: str, query: Mapping[str, object] | None = None) -> str:
    """An address from the page at `here`.

    >>> relative("/runs/a/results", "/static/lab.css"), relative("/", "/runs"), relative("/runs/a", "/")
    ('../../static/lab.css', 'runs', '../')
    """
    from urllib.parse import quote, urlencode

    up = "../" * (here.count("/") - 1)
    path = f"{up}{quote(there.lstrip('/'))}" or "./"
    return f"{path}?{urlencode(query)}" if query else path
