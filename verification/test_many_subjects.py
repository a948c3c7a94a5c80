"""The statistics of ten thousand subjects take seconds, and find the truth that they were drawn from."""

from __future__ import annotations

import time

import numpy as np
import polars as pl

import resynapse as rs
from resynapse.analysis.analyse import analyse

SUBJECTS = 10_000
SECONDS = 30.0


def test_ten_thousand_subjects_are_analysed_in_seconds() -> None:
    """Every cell of `demo` drawn from a normal distribution, or a coin for yes-or-no outcomes."""
    protocol = rs.load("demo")
    cells = rs.run(protocol, subjects=1).table().drop("subject", "value")
    rng = np.random.default_rng(0)
    columns, truths = [], {}
    for row in cells.iter_rows(named=True):
        yes_or_no = row["outcome"] == "manic_relapse"
        truths[row["arm"], row["condition"], row["outcome"]] = 40.0 if yes_or_no else 50.0
        drawn = 100.0 * (rng.random(SUBJECTS) < 0.4) if yes_or_no else rng.normal(50.0, 5.0, SUBJECTS)
        columns.append(pl.DataFrame({**row, "subject": np.arange(SUBJECTS), "value": drawn}))
    table = pl.concat(columns)
    start = time.perf_counter()
    found = analyse(table, protocol)
    found.to_json()
    took = time.perf_counter() - start
    print(f"\n{SUBJECTS} subjects, {cells.height} cells: {took:.1f} s")
    assert took < SECONDS
    missed = sum(truths[d.arm, d.condition, d.outcome] not in d.interval for d in found.descriptions)
    # 95 % intervals of independent cells: the expected share, and four binomial standard errors
    assert missed <= cells.height * 0.05 + 4 * np.sqrt(cells.height * 0.05 * 0.95)
