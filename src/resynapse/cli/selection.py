"""The command that counts the flow of subjects through selection."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.console import grid, say, subjects_in_words
from resynapse.cli.options import RunPath, open_run
from resynapse.disclaimer import SHORT_DISCLAIMER


@app.command
def flow(
    run_folder: RunPath,
    /,
    *,
    format: Annotated[Literal["text", "csv", "markdown"], Parameter(help="How to print.")] = "text",
) -> None:
    """Print the flow of subjects: per arm and enrol point, how many were assessed, enrolled and excluded."""
    from resynapse.report.page.tables import flow_table

    opened = open_run(run_folder)
    found = opened.flow()
    if format == "csv":
        sys.stdout.write(found.write_csv())
        print(SHORT_DISCLAIMER, file=sys.stderr)
        return
    if found.is_empty():
        say(f"Protocol {opened.protocol.name} has no enrol step: every subject goes through the whole of every arm.")
    elif format == "markdown":
        print(flow_table(found, opened.protocol).markdown())
    else:
        grid(flow_table(found, opened.protocol))
    say(f"{subjects_in_words(opened.folder.finished())} of the cohort finished. {SHORT_DISCLAIMER}")
