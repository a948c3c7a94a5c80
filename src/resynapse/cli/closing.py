"""How a command ends: where its result is, what it says in one sentence, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.cli.console import say

if TYPE_CHECKING:
    from resynapse.analysis.analyse import Analysis
    from resynapse.api import Run
    from resynapse.report.run_data import RunData


def close(where: Path | str, said: str, after: str, undecided: str = "") -> None:
    """Print the lines that matter, after an empty one.

    Parameters
    ----------
    after : the command to type next.
    undecided : what is not decided yet, where it is not all done.
    """
    print()
    for name, text in (("Where", str(where)), ("Found", said), ("Open", undecided), ("Next", after)):
        if text:
            say(f"{name + ':':<7}{text}")


def close_run(done: Run, after: str, *, more: bool = False) -> None:
    """Close a command that ran a cohort.

    Parameters
    ----------
    more : whether to say what a hundred subjects would add.
    """
    from resynapse.report.sections.headline import headline_of_run
    from resynapse.report.sections.undecided import of_hundred, undecided

    data = _data(done)
    if more and (text := of_hundred(data)):
        say(text)
    close(done.path, headline_of_run(data), after, undecided(data))


def headline(done: Run, analysis: Analysis | None = None) -> str:
    """What a run says in one sentence; an analysis of it is not made again."""
    from resynapse.report.sections.headline import headline_of_run

    return headline_of_run(_data(done, analysis))


def _data(done: Run, analysis: Analysis | None = None) -> RunData:
    from resynapse.report.run_data import RunData

    folder = done.folder
    table = folder.table()
    return RunData(
        path=folder.path,
        manifest=done.manifest,
        table=table,
        unfinished=folder.unfinished(),
        analyse=done.analyse if analysis is None else lambda: analysis,
    )
