"""How a command ends: where its result is, what it says in one sentence, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.cli.console import say

if TYPE_CHECKING:
    from resynapse.analysis.analyse import Analysis
    from resynapse.api import Run


def close(where: Path | str, said: str, after: str) -> None:
    """Print the three lines that matter, after an empty one.

    Parameters
    ----------
    after : the command to type next.
    """
    print()
    for name, text in (("Where", str(where)), ("Found", said), ("Next", after)):
        say(f"{name + ':':<7}{text}")


def headline(done: Run, analysis: Analysis | None = None) -> str:
    """What a run says in one sentence; an analysis of it is not made again."""
    from resynapse.report.run_data import RunData
    from resynapse.report.sections.opening import headline_of_run

    folder = done.folder
    table = folder.table()
    found = done.analyse() if analysis is None else analysis
    data = RunData(
        path=folder.path,
        manifest=done.manifest,
        table=table,
        unfinished=folder.unfinished(),
        analysis=found,
        agreement=None,
    )
    return headline_of_run(data)
