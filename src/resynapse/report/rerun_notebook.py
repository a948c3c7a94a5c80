"""A run as a Jupyter notebook that holds the protocol and runs again to the same numbers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.protocol import dumps

if TYPE_CHECKING:
    from resynapse.report.run_data import RunData


def rerun_notebook(run_data: RunData) -> str:
    """The notebook as text, nbformat 4.5, without outputs.

    Raises
    ------
    ResynapseError : the run is not finished, so that there are no numbers to come back to.
    """
    if run_data.unfinished:
        raise ResynapseError(
            f"{run_data.path}: still to come: {run_data.unfinished} of {run_data.manifest.subjects} subjects, so a "
            "notebook would not run to the same numbers; finish the run first"
        )
    manifest, protocol = run_data.manifest, run_data.protocol
    sessions = manifest.sessions
    versions = ", ".join(f"{k} {v}" for k, v in (sessions[-1].get("versions", {}) if sessions else {}).items())
    digest = hashlib.sha256(run_data.table.write_csv().encode()).hexdigest()
    protocol_cell = (
        f"import resynapse as rs\n\nPROTOCOL = (\n{_literal(dumps(protocol))})\nprotocol = rs.loads(PROTOCOL)\nprotocol"
    )
    arguments = f"subjects={manifest.subjects}, seed={manifest.root_seed}, engine={manifest.engine!r}"
    cells = [
        ("markdown", f"# {protocol.title or protocol.name}\n\n*{DISCLAIMER}*\n\nMade with {versions}."),
        ("code", protocol_cell),
        ("code", f"run = rs.run(protocol, {arguments})\nrun"),
        ("code", "run.summary()"),
        (
            "code",
            "import hashlib\n\n"
            f"RECORDED = {digest!r}  # SHA-256 of the table of results of the first run\n"
            "same = hashlib.sha256(run.table().write_csv().encode()).hexdigest() == RECORDED\n"
            'print("the same numbers to the last digit" if same else "other numbers: other versions or machine")',
        ),
    ]  # fmt: skip
    content = {
        "cells": [_cell(number, kind, text) for number, (kind, text) in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1) + "\n"


def _literal(text: str) -> str:
    """A text line by line, quoted so that no letter of it can end the literal."""
    return "".join(f"    {line!r}\n" for line in text.splitlines(keepends=True))


def _cell(number: int, kind: str, text: str) -> dict[str, object]:
    code: dict[str, object] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True), **code}
