"""A run beside the published tables, cell by cell.

Each difference has a 95 % Welch interval, or Newcombe's where the outcome is a share of subjects. The published SDs are
population SDs (ddof 0) and are converted with sqrt(n / (n - 1)). Nothing is tuned to the tables: a cell that
differs is shown as such.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from importlib import resources
from typing import TYPE_CHECKING, Literal, get_args

from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import LEVEL, welch
from resynapse.analysis.shares import YES_OR_NO, chance_of_difference, newcombe
from resynapse.analysis.summaries import CELL, summary
from resynapse.errors import ResynapseError
from resynapse.html_view import html_view

if TYPE_CHECKING:
    import polars as pl

MARGIN_POINTS = 0.5
"""Difference in % or points that counts as none, beside the printed rounding."""
MARGIN_ABSOLUTE = 0.01
"""The same for dimensionless outcomes (activation magnitude, gain, protection)."""

Verdict = Literal["agrees", "differs", "undecided", "not run"]
_TABLES = resources.files("resynapse") / "data" / "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One published cell beside ours.

    `low` and `high` bound the difference (ours minus published); None where no interval can be computed. `verdict`
    is ``agrees``, ``differs``, ``undecided`` (no interval, and beyond the margin) or ``not run``. `chance` is the
    probability that a cell of this precision is called ``differs`` although nothing differs.
    """

    table: str
    arm: str
    condition: str
    outcome: str
    unit: str
    published_mean: float
    published_sd: float | None
    published_n: int
    mean: float | None
    sd: float | None
    n: int
    difference: float | None
    low: float | None
    high: float | None
    margin: float
    verdict: Verdict
    chance: float


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """All published cells of a protocol beside a run."""

    protocol: str
    cells: tuple[Cell, ...]
    changed: tuple[str, ...] = ()
    """Parts in which the run's protocol differs from the library's; empty for a replication."""

    def count(self, verdict: Verdict, *, settings: bool | None = None) -> int:
        """Number of cells with this verdict; of settings alone (True) or of what was measured alone (False)."""
        return sum(c.verdict == verdict and settings in (None, c.outcome in SETTINGS) for c in self.cells)

    @property
    def expected_by_chance(self) -> float:
        """Expected number of `differs` if nothing differed at all."""
        return sum(c.chance for c in self.cells)

    def __repr__(self) -> str:
        named = ((v, self.count(v)) for v in get_args(Verdict))
        counts = ", ".join(f"{n} {verdict}" for verdict, n in named if n)
        changed = f"; no replication, changed: {', '.join(self.changed)}" if self.changed else ""
        return f"Comparison({self.protocol!r}: {len(self.cells)} published cells: {counts}{changed})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the measured cells, those that differ first."""
        measured = [c for c in self.cells if c.outcome not in SETTINGS]
        rows = [
            (f"{c.outcome}, {c.arm}, {c.condition}", *(_shown(v) for v in (c.published_mean, c.mean)), c.verdict)
            for c in sorted(measured, key=lambda c: c.verdict != "differs")
        ]
        return html_view(self.protocol, repr(self), ("measured cell", "published", "ours", "verdict"), rows)

    def frame(self) -> pl.DataFrame:
        """One row a cell."""
        import polars as pl

        return pl.DataFrame([asdict(c) for c in self.cells], infer_schema_length=None)


def protocols_with_tables() -> list[str]:
    """Names of the protocols whose published tables ship with resynapse."""
    return sorted(p.name.removesuffix(".csv") for p in _TABLES.iterdir() if p.name.endswith(".csv"))


def published(protocol: str) -> pl.DataFrame:
    """The published tables of a protocol: table, arm, condition, outcome, mean, sd (ddof 0), n, unit.

    Raises
    ------
    ResynapseError : none ship with resynapse.
    """
    import polars as pl

    if protocol not in protocols_with_tables():
        raise ResynapseError(
            f"no published table of protocol {protocol!r} ships with resynapse; "
            f"there are tables of {', '.join(protocols_with_tables())}"
        )
    text = (_TABLES / f"{protocol}.csv").read_bytes()
    return pl.read_csv(text, schema_overrides={"mean": pl.String, "sd": pl.String})


def compare(protocol: str, table: pl.DataFrame, changed: tuple[str, ...] = ()) -> Comparison:
    """Every published cell of `protocol` beside the tidy table of a run.

    Parameters
    ----------
    changed : parts in which the run's protocol differs from the library's (`changes`).

    Raises
    ------
    ResynapseError : no published table of this protocol ships with resynapse.
    """
    cells = published(protocol)
    ours = summary(table)
    decimals = _printed_decimals(cells)
    joined = cells.join(ours, on=CELL, how="left", suffix="_ours", maintain_order="left")
    return Comparison(
        protocol,
        tuple(_cell(row, decimals[row["outcome"]]) for row in joined.iter_rows(named=True)),
        changed,
    )


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _cell(row: dict[str, object], decimals: int) -> Cell:
    points = row["unit"] in ("pct", "pp")
    margin = 0.5 * 10.0**-decimals + (MARGIN_POINTS if points else MARGIN_ABSOLUTE)
    mean, n = float(str(row["mean"])), int(str(row["n"]))
    sd = _published_sd(row, mean)
    our_mean, our_sd, our_n = _number(row["mean_ours"]), _number(row["sd_ours"]), int(str(row["n_ours"] or 0))
    difference = low = high = None
    chance = 0.0
    if our_mean is None:
        verdict: Verdict = "not run"
    else:
        difference = our_mean - mean
        verdict = "agrees" if abs(difference) <= margin + 1e-12 else "undecided"
        if row["outcome"] in YES_OR_NO and our_sd is not None and n > 1:
            yes, published_yes = round(our_mean * our_n / 100), round(mean * n / 100)
            low, high = newcombe(yes, our_n, published_yes, n, LEVEL)
            chance = chance_of_difference((yes + published_yes) / (our_n + n), our_n, n, margin, LEVEL)
            if verdict == "undecided":
                verdict = "agrees" if low <= 0.0 <= high else "differs"
        elif sd is not None and our_sd is not None and n > 1:
            half, df, error = welch(sd * math.sqrt(n / (n - 1)), n, our_sd, our_n)
            low, high = difference - half, difference + half
            chance = _chance(half, df, error, margin)
            if verdict == "undecided":
                verdict = "agrees" if low <= 0.0 <= high else "differs"
        elif verdict == "undecided" and our_sd == 0.0:
            verdict = "differs"
    return Cell(
        table=str(row["table"]),
        arm=str(row["arm"]),
        condition=str(row["condition"]),
        outcome=str(row["outcome"]),
        unit=str(row["unit"]),
        published_mean=mean,
        published_sd=sd,
        published_n=n,
        mean=our_mean,
        sd=our_sd,
        n=our_n,
        difference=difference,
        low=low,
        high=high,
        margin=margin,
        verdict=verdict,
        chance=chance,
    )


def _chance(half: float, df: float, error: float, margin: float) -> float:
    """P(difference beyond both interval and margin) when the true difference is 0."""
    from scipy.stats import t

    return 0.0 if error == 0.0 else float(2 * t.sf(max(half, margin) / error, df))


def _published_sd(row: dict[str, object], mean: float) -> float | None:
    """The printed SD; for a share of subjects (each 0 or 100 %) it follows from the mean."""
    if row["sd"] not in (None, ""):
        return float(str(row["sd"]))
    if row["outcome"] == "manic_relapse":
        return math.sqrt(mean * (100.0 - mean))
    return None


def _printed_decimals(cells: pl.DataFrame) -> dict[str, int]:
    """Decimals an outcome is printed with: the most that any of its means and SDs shows."""
    found: dict[str, int] = {}
    for row in cells.iter_rows(named=True):
        for value in (row["mean"], row["sd"]):
            if value:
                shown = len(value.partition(".")[2])
                found[row["outcome"]] = max(found.get(row["outcome"], 0), shown)
    return found


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
