"""The command that prints the statistics of a run."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

from resynapse.analysis.part_registry import BUILT_IN
from resynapse.cli.app import app
from resynapse.cli.closing import close, headline
from resynapse.cli.console import grid, paged, say
from resynapse.cli.options import RunPath, open_run
from resynapse.disclaimer import SHORT_DISCLAIMER


@app.command
def analyse(
    run_folder: RunPath,
    /,
    *,
    format: Annotated[
        Literal["text", "json", "csv"], Parameter(help="Tables, everything as JSON, or one row a number as CSV.")
    ] = "text",
    outcome: Annotated[
        list[str] | None, Parameter(help="Of this outcome alone; may be given more than once.", negative=())
    ] = None,
    part: Annotated[
        list[str] | None,
        Parameter(
            help=f"This part alone; may be given more than once: {', '.join(BUILT_IN)}, or one of a plug-in.",
            negative=(),
        ),
    ] = None,
    difference: Annotated[
        float,
        Parameter(help="To plan subjects for, in % or points; a hundredth of it in dimensionless outcomes."),
    ] = 5.0,
) -> None:
    """Print the statistics of a run: intervals, paired contrasts, rank orders, relapse and what else applies."""
    from resynapse.protocol.prose.titles import titles_of
    from resynapse.report.page.tables import titled
    from resynapse.report.sections.statistics import beside_tables, statistics_tables

    opened = open_run(run_folder)
    whole = opened.analyse(difference=difference)
    found = whole.only(outcome or [], parts=part or [])
    if format == "json":
        sys.stdout.write(found.to_json())
        return
    if format == "csv":
        sys.stdout.write(found.frame().write_csv())
        print(SHORT_DISCLAIMER, file=sys.stderr)
        return
    titles = titles_of(opened.protocol)
    with paged():
        for one in statistics_tables(found):
            grid(titled(one, titles))
        for remark in (*beside_tables(found), *found.remarks):
            say(remark)
        for missing in found.absent:
            say(f"No {missing.part}: {missing.reason}.")
        say(SHORT_DISCLAIMER)
    close(run_folder, headline(opened, whole), f"resynapse report {run_folder}")
