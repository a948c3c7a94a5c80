"""What can be taken away from a run: command, protocol, Python, report, tables, notebook, figures, an RO-Crate."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.lab.commands.starting import is_shipped
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.reading.packing import CRATE, FIGURES, NOTEBOOK
from resynapse.lab.workspace.found import Found
from resynapse.lab.workspace.session_log import command_line
from resynapse.lab.workspace.workspace import UnknownError
from resynapse.protocol import dumps
from resynapse.runs.job import find


def take(request: Request) -> Response:
    """The page."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    problem, folder = "", None
    if found.begun:
        try:
            folder = lab.results.packed(found)
        except ResynapseError as error:
            problem = str(error)
    command, note = command_of(lab, found)
    there = {name: text for name, text in PACKED.items() if folder is not None and (folder / name).is_file()}
    return lab.page(
        request, "take.html.j2", run=found, tab="take", status=lab.live.status(found), command=command, note=note,
        python=python_of(lab, found) if found.begun else "", files=there, problem=problem,
        waits=found.begun and folder is None and not problem,
    )  # fmt: skip


def command_of(lab: Lab, found: Found) -> tuple[str, str]:
    """The command of a run, as it was given, or one that does the same; and what has to be done before it."""
    asked = lab.queue.of(found.path)
    if asked is not None:
        return command_line(asked.command(lab.workspace.root)), ""
    job = find(found.path)
    if job is not None and job.command[1:3] == ("-m", "resynapse"):
        return command_line(job.command[3:]), ""
    options = ["--subjects", str(found.subjects), "--seed", str(found.seed), "--out", found.path.name]
    if is_shipped(lab.live.protocol(found)):
        return command_line(["run", found.protocol, *options]), ""
    file = f"{found.protocol}.yaml"
    return command_line(["run", file, *options]), f"Save protocol.yaml of the list below as {file} first."


def python_of(lab: Lab, found: Found) -> str:
    """The run in Python, with its protocol written out."""
    quoted = dumps(lab.live.protocol(found)).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return (
        f'"""{SHORT_DISCLAIMER}"""\n\nimport resynapse as rs\n\nPROTOCOL = """\\\n{quoted}"""\n\n'
        f"run = rs.run(rs.loads(PROTOCOL), subjects={found.subjects}, seed={found.seed}, "
        f"engine={found.manifest.get('engine', 'compiled')!r}, out={found.path.name!r})\n"
        "print(run.summary())\n"
    )


WRITTEN: dict[str, Callable[[Lab, Found], str]] = {
    "protocol.yaml": lambda lab, found: f"# {SHORT_DISCLAIMER}\n{dumps(lab.live.protocol(found))}",
    "run.py": python_of,
}
"""Files that are written when they are asked for."""
PACKED = {
    "report.html": "the report, one page that needs nothing else",
    "results.csv": "every value of every subject",
    "statistics.csv": "every number of the statistics, in full precision",
    NOTEBOOK: "a notebook that runs the protocol again, and says whether it comes to the same numbers",
    FIGURES: "every figure as SVG, with its numbers as CSV",
    CRATE: "all of these, LaTeX tables, protocol and manifest, as an RO-Crate for an archive",
}
"""Files of the export, and what they are."""


def file(request: Request) -> Response:
    """One file, to be saved."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    name = request.path_params["name"]
    if not found.begun or name not in (*WRITTEN, *PACKED):
        raise UnknownError("there is no such file of this run; choose one from the page Take away")
    if name in WRITTEN:
        disposition = {"content-disposition": f'attachment; filename="{_named(found, name)}"'}
        return PlainTextResponse(WRITTEN[name](lab, found), headers=disposition)
    folder = lab.results.packed(found)
    if folder is None:
        raise UnknownError(f"{name} is being written; try again in a moment")
    if not (folder / name).is_file():
        raise UnknownError(f"{name}: only of a finished run, whose numbers it comes back to; finish the run first")
    return FileResponse(folder / name, filename=_named(found, name), headers={"content-security-policy": "sandbox"})


def _named(found: Found, name: str) -> str:
    """The name under which a file is saved: that of the run, then what it is."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', found.name)[:80].strip('-.')}-{name}"


ROUTES: list[BaseRoute] = [
    Route("/runs/{id}/take", take),
    Route("/runs/{id}/take/{name}", file),
]
