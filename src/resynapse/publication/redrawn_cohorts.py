"""The rank of the published mean and SD among cohorts of its size that are redrawn from our subjects.

Whole subjects are redrawn, so no normality is assumed and cells keep their dependence: an outcome in which one network
of twenty fails has an SD that most cohorts of ten do not show, and a redrawn ten knows that. It takes our subjects for
all subjects, so it needs many of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resynapse.analysis.cells import Cell as Key
from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.intervals import seed
from resynapse.errors import ResynapseError
from resynapse.publication.comparison import MARGIN_ABSOLUTE, MARGIN_POINTS, Cell

COHORTS = 10_000
FEWEST = 30
"""Subjects below which a redrawn cohort knows too little of the tails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One published cell among redrawn cohorts.

    Parameters
    ----------
    mean_below, sd_below : share (0 to 1) of redrawn cohorts whose mean and SD, printed alike, are below the published
        one, ties by half.
    """

    key: Key
    mean_below: float
    sd_below: float

    @property
    def mean_p(self) -> float:
        """Two-sided p of the mean."""
        return 2 * min(self.mean_below, 1 - self.mean_below)

    @property
    def sd_p(self) -> float:
        """Two-sided p of the SD."""
        return 2 * min(self.sd_below, 1 - self.sd_below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """All cells, and what they say together.

    Parameters
    ----------
    means_apart, sds_apart : cells whose mean or SD has p below 0.05.
    means_apart_p, sds_apart_p : share of redrawn cohorts in which at least as many are apart.
    ratio, ratio_p : median over cells of our SD over the published one, and the two-sided p of that median; 1 where no
        cell varies on both sides.
    """

    cells: tuple[Placement, ...]
    subjects: int
    published_subjects: int
    means_apart: int
    means_apart_p: float
    sds_apart: int
    sds_apart_p: float
    ratio: float
    ratio_p: float


def placed(compared: Sequence[Cell], cells: Cells) -> Placed:
    """Place every cell that has a published SD; the same subjects give the same numbers.

    Raises
    ------
    ResynapseError : fewer than `FEWEST` subjects, no such cell, cohorts of several sizes, or a subject with a gap.
    """
    n = len(cells.subjects)
    if n < FEWEST:
        raise ResynapseError(f"{n} subjects are too few to redraw cohorts from; run at least {FEWEST}")
    chosen = [c for c in compared if c.published_sd is not None and c.mean is not None]
    sizes = {c.published_n for c in chosen}
    if len(sizes) != 1:
        raise ResynapseError(f"published cohorts of one size are needed, not of {sorted(sizes) or 'none'}")
    (size,) = sizes
    keys = [Key(c.arm, c.condition, c.outcome) for c in chosen]
    values = cells.only(keys).values
    if np.isnan(values).any():
        raise ResynapseError("a subject has no value in a published cell; place cohorts without gaps")
    rng = np.random.default_rng([seed(cells.subjects), 2])
    drawn = rng.multinomial(size, np.full(n, 1 / n), COHORTS).astype(float)
    centre = values.mean(axis=0)
    means = drawn @ (values - centre) / size
    squares = drawn @ (values - centre) ** 2 / size - means**2
    printed = np.array([_printed(c) for c in chosen])
    means = _rounded(means + centre, printed)
    sds = _rounded(np.sqrt(np.maximum(squares, 0.0)), printed)
    sd_published = np.array([c.published_sd for c in chosen], dtype=float)
    mean_ranks, mean_share = _ranks(means, np.array([c.published_mean for c in chosen]))
    sd_ranks, sd_share = _ranks(sds, sd_published)
    means_apart, sds_apart = int(_apart(mean_share).sum()), int(_apart(sd_share).sum())
    ratio, ratio_p = _together(sds, values.std(axis=0), sd_published, printed)
    return Placed(
        cells=tuple(
            Placement(key=key, mean_below=float(m), sd_below=float(s))
            for key, m, s in zip(keys, mean_share, sd_share, strict=True)
        ),
        subjects=n,
        published_subjects=size,
        means_apart=means_apart,
        means_apart_p=float(np.mean(_apart(mean_ranks).sum(axis=1) >= means_apart)),
        sds_apart=sds_apart,
        sds_apart_p=float(np.mean(_apart(sd_ranks).sum(axis=1) >= sds_apart)),
        ratio=ratio,
        ratio_p=ratio_p,
    )


def _printed(cell: Cell) -> float:
    """The last printed digit: 0.1 for one decimal."""
    return 2 * (cell.margin - (MARGIN_POINTS if cell.unit in ("pct", "pp") else MARGIN_ABSOLUTE))


def _rounded(values: Floats, step: Floats) -> Floats:
    return np.asarray(np.round(values / step) * step)


def _ranks(values: Floats, published: Floats) -> tuple[Floats, Floats]:
    """The mid-rank, 0 to 1, of every redrawn cohort among all, and that of the published value; columns are cells."""
    from scipy.stats import rankdata

    ranks = (rankdata(values, axis=0) - 0.5) / len(values)
    near = 1e-6 * np.maximum(1.0, np.abs(published))
    share = (values < published - near).mean(axis=0) + 0.5 * (np.abs(values - published) <= near).mean(axis=0)
    return np.asarray(ranks), np.asarray(share)


def _apart(share: Floats) -> Floats:
    return np.asarray(2 * np.minimum(share, 1 - share) < 0.05)


def _together(sds: Floats, ours: Floats, published: Floats, printed: Floats) -> tuple[float, float]:
    """The median ratio of SDs over cells with spread on both sides, and its two-sided p among redrawn cohorts."""
    kept = (ours > 0) & (published > 0)
    if not kept.any():
        return 1.0, 1.0
    redrawn = np.median(np.log(ours[kept] / np.maximum(sds[:, kept], printed[kept] / 2)), axis=1)
    found = float(np.median(np.log(ours[kept] / published[kept])))
    share = float(np.mean(redrawn < found) + 0.5 * np.mean(redrawn == found))
    return float(np.exp(found)), 2 * min(share, 1 - share)
