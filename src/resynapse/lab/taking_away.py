"""What can be taken away from a run: its command, its protocol as YAML, Python, a notebook, its table, its report."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.session_log import command_line
from resynapse.lab.workspace import Found, UnknownError
from resynapse.protocol import dumps
from resynapse.runs.job import find
from resynapse.runs.store.folder import RunFolder


def take(request: Request) -> Response:
    """The page."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    return lab.page(
        request, "take.html.j2", run=found, tab="take", status=lab.live.status(found), command=command_of(lab, found),
        python=python_of(lab, found) if found.begun else "", ready=lab.results.of(found) is not None,
    )  # fmt: skip


def command_of(lab: Lab, found: Found) -> str:
    """The command of a run: as it was given, or one that does the same with the protocol beside it."""
    asked = lab.queue.of(found.path)
    if asked is not None:
        return command_line(asked.command(lab.workspace.root))
    job = find(found.path)
    if job is not None and job.command[1:3] == ("-m", "resynapse"):
        return command_line(job.command[3:])
    options = ["--subjects", str(found.subjects), "--seed", str(found.manifest["root_seed"]), "--out", found.path.name]
    return command_line(["run", f"{found.protocol}.yaml", *options])


def python_of(lab: Lab, found: Found) -> str:
    """The run in Python, with its protocol written out."""
    quoted = dumps(lab.live.protocol(found)).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return (
        f'"""{SHORT_DISCLAIMER}"""\n\nimport resynapse as rs\n\nPROTOCOL = """\\\n{quoted}"""\n\n'
        f"run = rs.run(rs.loads(PROTOCOL), subjects={found.subjects}, seed={found.manifest['root_seed']}, "
        f"engine={found.manifest.get('engine', 'compiled')!r}, out={found.path.name!r})\n"
        "print(run.summary())\n"
    )


def _notebook(lab: Lab, found: Found) -> str:
    head, _, rest = python_of(lab, found).partition("import resynapse")
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {found.name}\n\n{head.strip().strip(chr(34))}"},
        *(
            {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
            for source in (f"import resynapse{rest}".rpartition("print(")[0].rstrip(), "run.summary()")
        ),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}, indent=1)


def _report(lab: Lab, found: Found) -> str:
    file = lab.results.place(found) / "report.html"
    if not file.is_file():
        raise UnknownError("the report is being computed; try again in a moment")
    return file.read_text("utf-8")


FILES: dict[str, Callable[[Lab, Found], str]] = {
    "protocol.yaml": lambda lab, found: f"# {SHORT_DISCLAIMER}\n{dumps(lab.live.protocol(found))}",
    "run.py": python_of,
    "run.ipynb": _notebook,
    "table.csv": lambda lab, found: RunFolder(found.path).table().write_csv(),
    "report.html": _report,
}
"""Files that a run is taken away as."""


def file(request: Request) -> Response:
    """One file, to be saved."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    name = request.path_params["name"]
    if name not in FILES or not found.begun:
        raise UnknownError("there is no such file of this run; choose one from the page Take away")
    disposition = f'attachment; filename="{found.protocol[:60]}-{name}"' if found.protocol.isascii() else "attachment"
    return PlainTextResponse(FILES[name](lab, found), headers={"content-disposition": disposition.replace("\n", " ")})


ROUTES: list[BaseRoute] = [
    Route("/runs/{id}/take", take),
    Route("/runs/{id}/take/{name}", file),
]
