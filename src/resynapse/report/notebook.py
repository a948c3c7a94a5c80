"""What a notebook shows of a run: a line, the means of the first outcomes, and the disclaimer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.disclaimer import DISCLAIMER
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
    from markupsafe import escape

    from resynapse.analysis.summaries import summary
    from resynapse.errors import RunFolderError

    protocol = folder.manifest().protocol
    parts = [f"<p><strong>{escape(protocol.title or protocol.name)}</strong><br><code>{escape(line)}</code></p>"]
    try:
        rows = summary(folder.table()).to_dicts()
    except RunFolderError:
        rows = []
    own = [row for row in rows if row["arm"] in protocol.arms]
    arms = list(dict.fromkeys(row["arm"] for row in own))
    cells = list(dict.fromkeys((row["condition"], row["outcome"]) for row in own))[:FEW]
    means = {(row["arm"], row["condition"], row["outcome"]): row["mean"] for row in own}
    if cells:
        head = "".join(f"<th>{escape(words.arm_title(protocol, arm))}</th>" for arm in arms)
        body = ""
        for cell in cells:
            digits = words.titles(protocol).of(cell[1]).decimals
            values = [means.get((arm, *cell)) for arm in arms]
            shown = "".join(f"<td>{'' if value is None else f'{value:.{digits}f}'}</td>" for value in values)
            body += f"<tr><th>{escape(words.cell_title(protocol, *cell))}</th>{shown}</tr>"
        parts.append(f"<table><thead><tr><th>mean</th>{head}</tr></thead><tbody>{body}</tbody></table>")
    return "".join([*parts, f"<p><small>{escape(DISCLAIMER)}</small></p>"])
