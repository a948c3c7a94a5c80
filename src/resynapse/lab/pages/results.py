"""Pages of results: the sections of the report one by one, the claims, and the report itself in a sandbox."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from resynapse.audits.claim_library import claimed
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.reading.carriers import carriers
from resynapse.lab.workspace.found import Found
from resynapse.lab.workspace.workspace import UnknownError

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FIGURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def results(request: Request) -> Response:
    """One section of the results; the first screen without a section."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    wanted = request.path_params.get("section", "")
    content = lab.results.of(found)
    sections = (content or {}).get("sections", [])
    section = next((one for one in sections if one["anchor"] == wanted), None)
    if content is not None and "problem" not in content and wanted and section is None:
        raise UnknownError("these results have no such part; choose one from the list")
    return _page(lab, request, found, content, section, "results")


def audit(request: Request) -> Response:
    """The claims of a run with their verdicts."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    content = lab.results.of(found)
    section = next((one for one in (content or {}).get("sections", []) if _has_cards(one)), None)
    return _page(lab, request, found, content, section, "audit")


def _page(
    lab: Lab, request: Request, found: Found, content: dict[str, Any] | None, section: dict[str, Any] | None, tab: str
) -> Response:
    carried = carriers(lab.live.protocol(found), lab.live.cells(found)) if section and _has_cards(section) else {}
    return lab.page(
        request, "results.html.j2", run=found, content=content, section=section, tab=tab, status=lab.live.status(found),
        carried=carried,
        claims=found.protocol in claimed() or bool(found.manifest["protocol"].get("claims")),
    )  # fmt: skip


def _has_cards(section: dict[str, Any]) -> bool:
    return bool(section.get("cards")) or any(_has_cards(part) for part in section.get("parts", ()))


def figure(request: Request) -> Response:
    """A figure of the results."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    place = lab.results.place(found)
    there = {path.stem: path for path in place.glob("*.svg")}
    if request.path_params["name"] not in there:
        raise UnknownError("no such figure in these results; choose one from the page")
    headers = {"content-security-policy": _FIGURE}
    return FileResponse(there[request.path_params["name"]], media_type="image/svg+xml", headers=headers)


def report(request: Request) -> Response:
    """The report, which cannot reach this page: it is sandboxed, and only its own script runs, by its hash."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    file = lab.results.place(found) / "report.html"
    if lab.results.of(found) is None or not file.is_file():
        return _page(lab, request, found, lab.results.of(found), None, "results")
    html = file.read_text("utf-8")
    return HTMLResponse(html, headers={"content-security-policy": report_policy(html)})


def report_policy(html: str) -> str:
    """The policy of a report: its scripts by their digests, nothing from elsewhere, no form, no access to this page."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in _SCRIPT.findall(html))
    scripts = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        f"sandbox allow-scripts allow-downloads; default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


ROUTES = [
    Route("/runs/{id}/results", results),
    Route("/runs/{id}/results/{section}", results),
    Route("/runs/{id}/audit", audit),
    Route("/runs/{id}/figures/{name}", figure),
    Route("/runs/{id}/report", report),
]
