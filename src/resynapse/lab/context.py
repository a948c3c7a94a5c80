"""What the pages share: the workspace, the jobs, the templates; and how an address is written in a page.

Addresses are relative, so that pages work below any prefix of a proxy.
"""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.lab.commands.cost import Timing
from resynapse.lab.reading.live import Live
from resynapse.lab.reading.results import Results
from resynapse.lab.security.trust import Trust
from resynapse.lab.workspace.found import Found, run_id
from resynapse.lab.workspace.queue import Asked, Queue
from resynapse.lab.workspace.session_log import SessionLog
from resynapse.lab.workspace.workspace import UnknownError, Workspace
from resynapse.report.page.page import prose

BAD_INPUT = 422
QUIET = 1.0
"""Seconds without another page after which a reader reads."""


@dataclass(slots=True, kw_only=True)
class Lab:
    """One laboratory.

    Parameters
    ----------
    read_only : nothing can be started or written: the addresses for it do not exist.
    pages : how many were made.
    """

    workspace: Workspace
    trust: Trust
    read_only: bool = False
    queue: Queue = field(init=False)
    live: Live = field(init=False)
    results: Results = field(init=False)
    costs: dict[str, Timing] = field(default_factory=dict)
    pages: int = 0
    log: SessionLog = field(init=False)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        self.queue = Queue(self.workspace.own, self.workspace.root)
        self.live = Live(self.queue)
        self.results = Results(None if self.read_only else self.workspace.own / "results", self.live)
        self.log = SessionLog(self.workspace.root)
        self.templates = Environment(
            loader=PackageLoader("resynapse.lab"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["prose"] = prose
        self.templates.filters["sentence"] = sentence

    def runs(self) -> list[Found]:
        """Every run, those that have yet to begin first."""
        found = self.workspace.runs()
        there = {one.path for one in found}
        asked = [one for one in reversed(self.queue.every()) if one.path not in there and _runs(one)]
        return [*(_begun(one) for one in asked if not one.started or one.path.is_dir()), *found]

    def run(self, id: str) -> Found:
        """The run of an id, also before its first file is written.

        Raises
        ------
        UnknownError : there is none.
        """
        try:
            return self.workspace.run(id)
        except UnknownError:
            for one in reversed(self.queue.every()):
                if run_id(one.path) == id and _runs(one):
                    return _begun(one)
            raise

    def page(self, request: Request, template: str, /, *, code: int = 200, here: str = "", **content: Any) -> Response:
        """A page from a template; every one has the disclaimer.

        Parameters
        ----------
        here : the page that a part of it is for; by default the address itself.
        """
        here = here or path_of(request)
        html = self.templates.get_template(template).render(
            to=partial(relative, here),
            here=here,
            code=code,
            disclaimer=SHORT_DISCLAIMER,
            page_token=self.trust.page_token,
            nonce=request.state.nonce,
            read_only=self.read_only,
            **content,
        )
        self.pages += 1
        warm = _warm_up.cache_info().currsize > 0
        later = None if warm else BackgroundTask(self._warm_up_when_quiet, self.pages)
        return HTMLResponse(html, code, background=later)

    async def _warm_up_when_quiet(self, page: int) -> None:
        """While the reader looks at a page: an import beside a page that is made would hold it up."""
        await sleep(QUIET)
        if self.pages == page:
            await run_in_threadpool(_warm_up)


@cache
def _warm_up() -> None:
    """Import what the first chart needs."""
    import_module("polars")
    import_module("scipy.stats")


def _runs(one: Asked) -> bool:
    return one.words[:1] == ("run",)


def _begun(one: Asked) -> Found:
    """A run of which only the command is known."""
    given = dict(zip(one.words, one.words[1:], strict=False))
    protocol = {"name": Path(one.words[1]).stem.partition("@")[0], "title": one.title}
    manifest = {
        "subjects": int(given["--subjects"]), "root_seed": int(given["--seed"]), "protocol": protocol, "identity": "",
    }  # fmt: skip
    return Found(run_id(one.path), one.path, one.path.name, asked=manifest)


def sentence(text: str) -> str:
    """A message as a sentence; a name that it begins with stays as it is written.

    >>> sentence("no such run"), sentence("arms.one[0]: unknown key; did you mean 'x'?")
    ('No such run.', "arms.one[0]: unknown key; did you mean 'x'?")
    """
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    begun = text[:1].upper() + text[1:] if first.rstrip(",;:").isalpha() else text
    return begun if begun[-1:] in ("", ".", "?", "!") else f"{begun}."


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
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
