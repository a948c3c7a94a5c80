"""What a notebook shows of a run: a line, the means of the first outcomes, and the disclaimer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.html_view import html_view
from resynapse.report import words

if TYPE_CHECKING:
    from resynapse.runs.store.folder import RunFolder

FEW = 4
"""Outcomes that are shown."""


def run_html(folder: RunFolder, line: str) -> str:
    """A run as a short piece of HTML; a run without a finished subject is its line alone.

    Parameters
    ----------
    line : the run in one line.
    """
    from resynapse.analysis.summaries import summary
    from resynapse.errors import RunFolderError

    protocol = folder.manifest().protocol
    try:
        found = summary(folder.table()).to_dicts()
    except RunFolderError:
        found = []
    own = [row for row in found if row["arm"] in protocol.arms]
    arms = list(dict.fromkeys(row["arm"] for row in own))
    cells = list(dict.fromkeys((row["condition"], row["outcome"]) for row in own))[:FEW]
    means = {(row["arm"], row["condition"], row["outcome"]): row["mean"] for row in own}
    rows = []
    for cell in cells:
        digits = words.titles(protocol).of(cell[1]).decimals
        values = [means.get((arm, *cell)) for arm in arms]
        shown = ("" if value is None else f"{value:.{digits}f}" for value in values)
        rows.append([words.cell_title(protocol, *cell), *shown])
    header = ["mean", *(words.arm_title(protocol, arm) for arm in arms)]
    return html_view(protocol.title or protocol.name, line, header, rows)
