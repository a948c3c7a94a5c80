"""How far a run agrees with the publication: equivalence, differences, power, spread and direction, cell by cell.

That a cell is not shown to differ is no agreement: ten against ten subjects see little. So each measured cell is tested
whether it is shown to be equivalent, whether it is shown to differ, which shift it could have shown, and whether it is
a result of its own at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Literal

import numpy as np

from resynapse.analysis.cells import Cell as Key
from resynapse.analysis.cells import Cells, courses
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import welch
from resynapse.analysis.library_changes import changes
from resynapse.analysis.separability import Separability, separability
from resynapse.analysis.shares import YES_OR_NO
from resynapse.protocol import Protocol
from resynapse.publication.comparison import Cell, Comparison, compare
from resynapse.publication.equivalence import Equivalence, equivalences
from resynapse.publication.independence import Standing, separate, standings
from resynapse.publication.joint import Joint, joint
from resynapse.publication.spread import Spread, spreads

if TYPE_CHECKING:
    import polars as pl

POWER = 0.8
QUANTILES = 400
Verdict = Literal["equivalent", "constant", "differs", "differs, within margin", "neither", "undecided", "not run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One published cell that is measured, with all comparisons of it.

    Parameters
    ----------
    detectable : the true difference that this comparison would call `differs` in 80 of 100 repetitions, in the unit of
        the cell; None without an interval or without spread, and for shares of subjects.
    """

    cell: Cell
    equivalence: Equivalence
    spread: Spread
    standing: Standing
    detectable: float | None

    @property
    def equivalent(self) -> bool:
        """Whether two one-sided tests show that the difference is within the margin."""
        return self.equivalence.verdict == "equivalent"

    @property
    def in_points(self) -> bool:
        """Whether its unit is % or points."""
        return self.cell.unit in ("pct", "pp")

    @property
    def verdict(self) -> Verdict:
        """What is concluded.

        ``equivalent``; ``constant``: neither side varies, and the difference is within the margin; ``differs``, and
        whether it is within the margin all the same; ``neither``; ``undecided``: one subject; ``not run``.
        """
        if self.cell.verdict == "not run":
            return "not run"
        if self.cell.verdict == "differs":
            return "differs, within margin" if self.equivalent else "differs"
        if self.equivalence.verdict == "constant":
            return "constant"
        if self.equivalent:
            return "equivalent"
        return "neither" if self.equivalence.method else "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """All looks of one arm at one outcome that is measured along a trajectory; correlated, so they count once.

    Parameters
    ----------
    below, above : looks at which our mean is below and above the published one.
    mean : mean difference, ours minus published.
    """

    arm: str
    outcome: str
    unit: str
    looks: int
    below: int
    above: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A run beside the publication, and what may be concluded.

    Parameters
    ----------
    subjects : of the run, and of the published cohort (the largest of its cells).
    joint : what the cells say together; None where they cannot be taken together.
    tests : which tests can separate arms, by the intact network.
    """

    comparison: Comparison
    measured: tuple[Measured, ...]
    subjects: int
    published_subjects: int
    tracks: tuple[Track, ...]
    joint: Joint | None
    tests: tuple[Separability, ...]

    def count(self, *verdicts: Verdict) -> int:
        """Measured cells with one of these verdicts."""
        return sum(one.verdict in verdicts for one in self.measured)

    def within(self, points: float, absolute: float) -> int:
        """Measured cells that vary and would be shown to be equivalent within these margins."""
        return sum(
            one.equivalence.method not in ("", "constant")
            and one.equivalence.smallest_margin is not None
            and one.equivalence.smallest_margin <= (points if one.in_points else absolute)
            for one in self.measured
        )

    @property
    def detectable(self) -> tuple[float, ...]:
        """Detectable shifts of the cells in % or points, ascending."""
        return tuple(sorted(m.detectable for m in self.measured if m.in_points and m.detectable is not None))

    @property
    def median_detectable(self) -> float | None:
        """Their median; None where there is none."""
        return median(self.detectable) if self.detectable else None

    @property
    def separate(self) -> int:
        """The most results of their own that the cells can be."""
        return separate([one.standing for one in self.measured])

    @property
    def separate_equivalent(self) -> int:
        """Of these, how many are shown to be equivalent; a trajectory is if every look of it is."""
        shown: dict[str, bool] = {}
        for one in self.measured:
            if one.standing.kind == "trajectory":
                shown[one.standing.of] = shown.get(one.standing.of, True) and one.equivalent
        own = sum(one.equivalent for one in self.measured if one.standing.kind == "own")
        return own + sum(shown.values())

    def standing(self, kind: str) -> int:
        """Measured cells of this kind; see `Standing`."""
        return sum(one.standing.kind == kind for one in self.measured)

    @property
    def ratios(self) -> tuple[Spread, ...]:
        """Ratios of SDs of cells that are results of their own or part of a trajectory."""
        return tuple(one.spread for one in self.measured if _counts(one) and one.spread.ratio is not None)

    def frame(self) -> pl.DataFrame:
        """One row a published cell: the comparison, and for measured cells equivalence, standing, power and spread."""
        import polars as pl

        more = {Key(m.cell.arm, m.cell.condition, m.cell.outcome): m for m in self.measured}
        rows = []
        for cell in self.comparison.cells:
            one = more.get(Key(cell.arm, cell.condition, cell.outcome))
            rows.append({**asdict(cell), **(dict.fromkeys(_COLUMNS) if one is None else _row(one))})
        return pl.DataFrame(rows, infer_schema_length=None)


def agreement(table: pl.DataFrame, protocol: Protocol) -> Agreement:
    """The agreement of a run with the published tables of its protocol.

    Parameters
    ----------
    table : tidy table of the run.

    Raises
    ------
    ResynapseError : no published table of this protocol ships with resynapse.
    """
    comparison = compare(protocol.name, table, changes(protocol))
    cells = Cells.of(table)
    standing = standings(comparison.cells, cells, protocol)
    chosen = [c for c in comparison.cells if c.outcome not in SETTINGS]
    measured = tuple(
        Measured(
            cell=cell,
            equivalence=equal,
            spread=spread,
            standing=standing[Key(cell.arm, cell.condition, cell.outcome)],
            detectable=detectable(cell),
        )
        for cell, equal, spread in zip(
            chosen, equivalences(comparison), spreads(comparison.cells, cells), strict=True
        )
    )  # fmt: skip
    counted = [one for one in measured if _counts(one)]
    compared = [one for one in counted if one.spread.ratio is not None]
    return Agreement(
        comparison=comparison,
        measured=measured,
        subjects=max((one.cell.n for one in measured), default=0),
        published_subjects=max((one.cell.published_n for one in measured), default=0),
        tracks=_tracks(measured),
        joint=joint(
            [one.cell for one in counted],
            [one.cell for one in compared],
            sum(one.spread.verdict in ("wider", "narrower") for one in compared),
            cells,
        ),
        tests=separability(cells, protocol),
    )


def detectable(cell: Cell, power: float = POWER) -> float | None:
    """The true difference that is called `differs` with this power, at the SDs that were found.

    None without spread, and for shares of subjects, whose spread follows from the share.
    """
    n = cell.published_n
    if cell.outcome in YES_OR_NO:
        return None
    if cell.mean is None or cell.sd is None or cell.published_sd is None or n < 2 or cell.n < 2:
        return None
    half, df, error = welch(cell.published_sd * math.sqrt(n / (n - 1)), n, cell.sd, cell.n)
    if error == 0.0:
        return None
    from scipy.optimize import brentq
    from scipy.stats import chi2, norm

    # over the estimates of the standard error that a repetition may find: exact but for Welch's degrees of freedom
    scales = np.sqrt(chi2.ppf((np.arange(QUANTILES) + 0.5) / QUANTILES, df) / df)
    bound = np.maximum(half * scales, cell.margin) / error

    def short_of(shift: float) -> float:
        return power - float(np.mean(norm.sf(bound - shift) + norm.cdf(-bound - shift)))

    return error * float(brentq(short_of, 0.0, float(bound.max()) + 10.0))


def _counts(one: Measured) -> bool:
    """Whether it is a result of its own, or a look along a trajectory."""
    return one.standing.kind in ("own", "trajectory")


def _tracks(measured: Sequence[Measured]) -> tuple[Track, ...]:
    found = {
        Key(m.cell.arm, m.cell.condition, m.cell.outcome): m
        for m in measured
        if _counts(m) and m.cell.difference is not None
    }
    followed = dict.fromkeys(
        (arm, outcome) for (arm, _, outcome), points in courses(list(found)).items() if len(points) > 1
    )
    made = []
    for arm, outcome in followed:
        looks = [m.cell for key, m in found.items() if (key.arm, key.outcome) == (arm, outcome)]
        differences = [c.difference for c in looks if c.difference is not None]
        made.append(
            Track(
                arm=arm,
                outcome=outcome,
                unit=looks[0].unit,
                looks=len(looks),
                below=sum(d < 0 for d in differences),
                above=sum(d > 0 for d in differences),
                mean=fmean(differences),
            )
        )
    return tuple(made)


_COLUMNS = (
    "standing", "of", "conclusion", "smallest_margin", "detectable", "sd_ratio", "sd_ratio_low", "sd_ratio_high",
    "sd_ratio_p", "sd_ratio_p_holm", "spread",
)  # fmt: skip


def _row(one: Measured) -> dict[str, object]:
    spread = one.spread
    values = (
        one.standing.kind, one.standing.of, one.verdict, one.equivalence.smallest_margin, one.detectable, spread.ratio,
        spread.low, spread.high, spread.p, spread.p_holm, spread.verdict,
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))
