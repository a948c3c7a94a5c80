"""The application: which address leads where. Behind `Gate`, so that no address can be reached without its rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib import resources

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.lab.context import BAD_INPUT, Lab, lab_of, path_of
from resynapse.lab.pages import (
    commands,
    compare,
    composer,
    library,
    results,
    run_actions,
    runs,
    story,
    take_away,
    what_if,
)
from resynapse.lab.reading.protocols import MINE
from resynapse.lab.security.trust import Gate, TooLargeError
from resynapse.lab.workspace.workspace import UnknownError


def routes(*, read_only: bool) -> list[BaseRoute]:
    """Every address; those that change anything are left out of a laboratory for readers."""
    pages = (library, runs, results, compare, what_if, commands, story, take_away)
    static = Mount("/static", StaticFiles(directory=str(resources.files("resynapse.lab") / "static")))
    reading = [route for page in pages for route in page.ROUTES]
    changing = [route for page in (composer, run_actions, what_if, commands) for route in page.WRITING]
    return [*reading, static, *([] if read_only else changing)]


def application(lab: Lab) -> ASGIApp:
    """The application with its gate in front."""
    inner = Starlette(
        routes=routes(read_only=lab.read_only),
        lifespan=_lifespan,
        exception_handlers={
            ResynapseError: _said,
            TooLargeError: _too_large,
            HTTPException: _not_found,
            Exception: _not_found,
        },
    )
    inner.state.lab = lab
    return Gate(inner, lab.trust)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    lab: Lab = app.state.lab
    if not lab.read_only:
        lab.queue.advance()
    yield


async def _said(request: Request, error: Exception) -> Response:
    """An error of ours is one sentence with its cure."""
    status = 404 if isinstance(error, UnknownError) else BAD_INPUT
    if request.method not in ("GET", "HEAD") or request.url.path.rpartition("/")[2] in ("version", "events"):
        return JSONResponse({"error": str(error), "disclaimer": SHORT_DISCLAIMER}, status)
    path = path_of(request).split("/")
    mend = path[3] if path[1:3] == ["protocols", MINE] and status == BAD_INPUT else ""
    return lab_of(request).page(request, "problem.html.j2", code=status, problem=str(error), mend=mend)


async def _too_large(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": "more than a protocol can need; shorten it", "disclaimer": SHORT_DISCLAIMER}, 413)


async def _not_found(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    said = {
        404: "there is no such page; choose one from the menu",
        500: "the laboratory has a fault here; its terminal says which, and the files and runs are as they were",
    }
    problem = said.get(code, f"{HTTPStatus(code).phrase.lower()}; reload the page")
    if request.method not in ("GET", "HEAD"):
        return JSONResponse({"error": problem, "disclaimer": SHORT_DISCLAIMER}, code)
    return lab_of(request).page(request, "problem.html.j2", code=code, problem=problem, mend="")
