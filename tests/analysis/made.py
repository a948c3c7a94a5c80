"""Runs made of the published means and SDs, so that what a comparison must find is known."""

from __future__ import annotations

import numpy as np
import polars as pl

import resynapse as rs
from resynapse.protocol.derived_outcomes import derive
from resynapse.publication.comparison import published

SCORES = 3
"""Seed of the subjects' scores."""


def as_published(
    protocol: rs.Protocol, subjects: int, *, shift: float = 0.0, spread: float = 1.0, common: bool = True
) -> pl.DataFrame:
    """The tidy table of a run whose measured cells have the published means (shifted) and sample SDs (times `spread`).

    What derived rules can compute from published cells is computed from them, subject by subject.

    Parameters
    ----------
    shift : of every cell in % or points, not of settings.
    common : one score a subject in all cells, else one a cell.
    """
    rng = np.random.default_rng(SCORES)
    cells = list(published(protocol.name).iter_rows(named=True))
    scores = rng.normal(size=(len(cells), subjects))
    scores = scores[:1].repeat(len(cells), axis=0) if common else scores
    if subjects > 1:
        scores = (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, ddof=1, keepdims=True)
    measured: dict[tuple[str, int], dict[tuple[str, str], float]] = {}
    for cell, row in zip(cells, scores, strict=True):
        for subject, score in enumerate(row):
            moved = shift if cell["outcome"].startswith(("acc_", "relapse_")) else 0.0
            value = float(cell["mean"]) + moved + spread * _sample_sd(cell) * float(score)
            measured.setdefault((cell["arm"], subject), {})[cell["condition"], cell["outcome"]] = value
    rows = []
    for (arm, subject), values in measured.items():
        for (condition, outcome), value in derive(protocol.derived, values).items():
            rows.append(
                {"arm": arm, "condition": condition, "outcome": outcome, "subject": subject, "value": value}
            )  # fmt: skip
    return pl.DataFrame(rows)


def _sample_sd(cell: dict[str, object]) -> float:
    n = int(str(cell["n"]))
    return float(str(cell["sd"] or 0.0)) * float(np.sqrt(n / (n - 1)))
