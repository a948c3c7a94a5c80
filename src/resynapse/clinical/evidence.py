"""The published clinical figures that ship with resynapse, and draws of what each allows.

A figure is drawn from its own uncertainty alone: a proportion with an interval on the logit scale, one with the size of
its arm from Jeffreys' posterior, a ratio with an interval on the log scale. Without either it is not drawn.
"""

from __future__ import annotations

import csv
import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from resynapse.analysis.cells import Floats
from resynapse.errors import ResynapseError, nearest

RATIOS = ("risk_ratio", "odds_ratio", "hazard_ratio", "time_ratio")
DRAWS = 20_000
_Z = 1.959963984540054
_FILE = resources.files("resynapse") / "data" / "clinical" / "evidence.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One published figure.

    Parameters
    ----------
    id, domain, drug_class, drug, population, comparator : what was measured, in whom, against what.
    measure : ``proportion`` (0 to 1), a ratio, ``score_change`` or ``median_days``.
    value, ci_low, ci_high : as published; the interval may be missing.
    n, n_of : size, of the ``arm`` or of the ``whole`` study.
    verified : whether the number was read in the text of its source.
    role : ``held out`` or ``tuned``.
    """

    id: str
    domain: str
    drug_class: str
    drug: str
    population: str
    comparator: str
    measure: str
    value: float
    ci_low: float | None
    ci_high: float | None
    n: int | None
    n_of: str
    follow_up_weeks: float | None
    citation: str
    doi_or_pmid: str
    source_url: str
    verified: bool
    role: str
    note: str

    @property
    def shown(self) -> str:
        """The figure as text, with its unit, such as ``0.41 (proportion)``."""
        ends = "" if self.ci_low is None or self.ci_high is None else f", {self.ci_low:g} to {self.ci_high:g}"
        return f"{self.value:g} ({self.measure.replace('_', ' ')}{ends})"

    def draws(self, size: int = DRAWS) -> Floats | None:
        """Values that its published uncertainty allows, shape (size,); None if it has none."""
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(self.id.encode()).digest()[:8], "little"))
        if self.ci_low is not None and self.ci_high is not None and self.measure in (*RATIOS, "proportion"):
            scale = math.log if self.measure in RATIOS else _logit
            sd = (scale(self.ci_high) - scale(self.ci_low)) / (2 * _Z)
            drawn = rng.normal(scale(self.value), sd, size)
            return np.exp(drawn) if self.measure in RATIOS else 1 / (1 + np.exp(-drawn))
        if self.measure == "proportion" and self.n is not None and self.n_of == "arm":
            yes = self.value * self.n
            return rng.beta(yes + 0.5, self.n - yes + 0.5, size)
        return None


@lru_cache(maxsize=1)
def figures() -> tuple[Figure, ...]:
    """Every figure that ships, verified or not."""
    rows = csv.DictReader(_FILE.read_text("utf-8").splitlines())
    return tuple(_figure(row) for row in rows)


def figure(identifier: str) -> Figure:
    """The figure with this id.

    Raises
    ------
    ResynapseError : there is none.
    """
    known = {one.id: one for one in figures()}
    if identifier not in known:
        raise ResynapseError(f"no clinical figure {identifier!r}; {nearest(identifier, known)}")
    return known[identifier]


def _figure(row: dict[str, str]) -> Figure:
    return Figure(
        id=row["id"],
        domain=row["domain"],
        drug_class=row["drug_class"],
        drug=row["drug"],
        population=row["population"],
        comparator=row["comparator"],
        measure=row["measure"],
        value=float(row["value"]),
        ci_low=_number(row["ci_low"]),
        ci_high=_number(row["ci_high"]),
        n=int(row["n"]) if row["n"] else None,
        n_of=row["n_of"],
        follow_up_weeks=_number(row["follow_up_weeks"]),
        citation=row["citation"],
        doi_or_pmid=row["doi_or_pmid"],
        source_url=row["source_url"],
        verified=row["verified"] == "yes",
        role=row["role"],
        note=row["note"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
