"""The composer: one protocol file as a tree with forms and as text; every answer comes from our own validator."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.errors import ProtocolError, ResynapseError
from resynapse.lab.composing.editing import edited
from resynapse.lab.composing.places import MANY
from resynapse.lab.composing.tree_view import form, tree
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.pages.forms import fields, go
from resynapse.lab.reading.protocols import LIBRARY, MINE, protocol_of
from resynapse.lab.security.tables_inside import loads_inside
from resynapse.lab.workspace.workspace import PROTOCOLS
from resynapse.protocol import STEPS, differences, library
from resynapse.protocol.files.library import whole_text
from resynapse.protocol.files.safe_yaml import MOST_BYTES
from resynapse.protocol.routes import epochs

_FROM = re.compile(r"^# A copy of the library protocol (\S+)\.$", re.MULTILINE)
_LINE = re.compile(r"\bline (\d+)")


def compose(request: Request) -> Response:
    """The composer's page."""
    lab = lab_of(request)
    name = request.path_params["name"]
    text = _text(lab, name)
    return lab.page(
        request, "compose.html.j2", name=name, text=text, digest=_digest(text), kinds=[*sorted(STEPS), *MANY],
        fields=sorted({field for step in STEPS.values() for field in step.model_fields}),
    )  # fmt: skip


async def new_protocol(request: Request) -> Response:
    """A protocol of one's own: a copy of another one."""
    lab, content = lab_of(request), await fields(request)
    source, base, name = (str(content.get(key, "")) for key in ("source", "base", "name"))
    path = lab.workspace.new_protocol(name.strip())
    if path.exists() or name in lab.workspace.protocols() or name in library():
        raise ResynapseError(f"name: {name!r} is taken; give another one")
    text = await run_in_threadpool(_copied, lab, source, base, name.strip())
    await run_in_threadpool(lab.workspace.write, path, text)
    return go(request, f"/compose/{name.strip()}")


def _copied(lab: Lab, source: str, base: str, name: str) -> str:
    if source == MINE:
        text = _text(lab, base)
    else:
        protocol_of(lab.workspace, LIBRARY, base)
        text = f"# A copy of the library protocol {base}.\n{whole_text(base)}"
    return re.sub(r"^name: .*$", f"name: {name}", text, count=1, flags=re.MULTILINE)


async def save(request: Request) -> Response:
    """Keep the text; what another tab or program wrote meanwhile is not overwritten."""
    lab, content = lab_of(request), await fields(request)
    text, name = str(content.get("text", "")), request.path_params["name"]
    if len(text.encode()) > MOST_BYTES:
        raise ResynapseError(f"text: {len(text)} characters; at most {MOST_BYTES} are possible")
    path = lab.workspace.protocol(name)
    current = await run_in_threadpool(path.read_text, "utf-8")
    if _digest(current) != content.get("seen") and current != text:
        return JSONResponse({"error": "the file was changed elsewhere", "text": current, "digest": _digest(current)})
    if current != text:
        await run_in_threadpool(lab.workspace.write, path, text)
    return JSONResponse({"digest": _digest(text)})


async def check(request: Request) -> Response:
    """What the text says: its errors, its tree, the form of the chosen step, its difference from its base."""
    lab, content = lab_of(request), await fields(request)
    return JSONResponse(await run_in_threadpool(checked, lab, str(content.get("text", "")), _place(content)))


async def edit(request: Request) -> Response:
    """The text after a change by tree or form, and what it says then."""
    lab, content = lab_of(request), await fields(request)
    text, value = str(content.get("text", "")), str(content.get("value", ""))
    changed, selected = await run_in_threadpool(edited, text, str(content.get("what", "")), _place(content), value)
    found = await run_in_threadpool(checked, lab, changed, selected)
    return JSONResponse({**found, "text": changed, "selected": selected})


def checked(lab: Lab, text: str, place: list[str | int]) -> dict[str, Any]:
    """Everything that the composer shows about a text."""
    found: dict[str, Any] = {"errors": [], "tree": tree(text), "form": form(text, place), "differences": [], "base": ""}
    try:
        protocol = loads_inside(text, lab.workspace, lab.workspace.root / PROTOCOLS, "protocol")
    except ProtocolError as error:
        said = str(error).removeprefix("protocol").lstrip(": ").strip()
        line = _LINE.search(said)
        found["errors"] = [{"line": int(line[1]) if line else 1, "message": said}]
        return found
    found["summary"] = f"{len(protocol.routes)} arms, {epochs(protocol.routes)} training epochs a subject"
    base = _FROM.search(text)
    if base is not None and base[1] in library():
        found["base"] = base[1]
        found["differences"] = differences(protocol_of(lab.workspace, LIBRARY, base[1]), protocol)
    return found


def _place(content: dict[str, Any]) -> list[str | int]:
    place = content.get("place", [])
    if not isinstance(place, list) or not all(type(part) in (str, int) for part in place):
        raise ResynapseError("place: expected a list of names and numbers; choose a step again")
    return place


def _text(lab: Lab, name: str) -> str:
    path: Path = lab.workspace.protocol(name)
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ResynapseError(f"{path.name}: not a text file in UTF-8; replace it") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


WRITING: list[BaseRoute] = [
    Route("/compose/{name}", compose),
    Route("/api/protocols", new_protocol, methods=["POST"]),
    Route("/api/protocols/{name}", save, methods=["POST"]),
    Route("/api/check", check, methods=["POST"]),
    Route("/api/edit", edit, methods=["POST"]),
]
