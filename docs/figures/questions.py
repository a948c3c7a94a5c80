"""The tables of the pages of questions: mean, 95 % interval and number of subjects of each cell that a page names.

`python docs/figures/questions.py docs/questions/rescue.md RUN_FOLDER` fills the tables of the page from the run: those below the heading
"Measured", or below one that is given as a third argument.

Rows and columns are the page's own. The first two cells of a row are condition and outcome, the others are arms; two conditions or two
arms in one cell ask for the difference of the first minus the second, paired by subject.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

import resynapse as rs
from resynapse.analysis.intervals import Kind, mean_interval
from resynapse.analysis.parts.describe import kinds
from resynapse.report.words import titles

CODE = re.compile(r"`([^`]+)`")


def main(page: str, folder: str, heading: str = "Measured") -> None:
    """Fill every table of the page's section of measurements."""
    run = rs.Run(folder)
    table, protocol = run.table(), run.protocol
    before, title, rest = Path(page).read_text("utf-8").partition(f"## {heading}\n")
    if not title:
        raise SystemExit(f"{page}: no heading {heading!r}; give one of the page")
    section, following, after = rest.partition("\n## ")
    columns: list[list[str]] = []
    filled = []
    for line in section.splitlines():
        names = [CODE.findall(cell) for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not names or not columns:
            columns = names[2:]
        elif names[0]:
            conditions, (outcome,) = names[0], names[1]
            (kind,), digits = kinds(protocol, [outcome]), titles(protocol).of(outcome).decimals
            cells = (_cell(table, arms, conditions, outcome, kind, digits) for arms in columns)
            line = f"|{'|'.join(line.split('|')[1:3])}| {' | '.join(cells)} |"
        filled.append(line)
    Path(page).write_text(before + title + "\n".join(filled) + "\n" + following + after, "utf-8")


def _cell(
    table: pl.DataFrame, arms: Sequence[str], conditions: Sequence[str], outcome: str, kind: Kind, digits: int
) -> str:
    """The mean of a cell, or of the paired difference of two."""
    pairs = [(arm, condition) for arm in arms for condition in conditions]
    sides = [
        table.filter(arm=arm, condition=condition, outcome=outcome).select("subject", pl.col("value").alias(str(n)))
        for n, (arm, condition) in enumerate(pairs)
    ]
    joined = sides[0]
    for side in sides[1:]:
        joined = joined.join(side, on="subject")
    joined = joined.drop_nulls().sort("subject")
    values = joined["0"].to_numpy() - (joined["1"].to_numpy() if len(sides) > 1 else 0.0)
    if not values.size:
        return "none"
    found = mean_interval(values, kind if len(sides) == 1 else "free", joined["subject"].to_numpy())
    mean = f"{float(np.mean(values)):.{digits}f}"
    between = f" [{found.low:.{digits}f}, {found.high:.{digits}f}]" if found and found.low != found.high else ""
    return f"{mean}{between} ({values.size})"


if __name__ == "__main__":
    main(*sys.argv[1:])
