"""What every cell looks like over the subjects: n, mean, SD, median, range, and the interval of the mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from resynapse.analysis.cells import Cells, units, yes_or_no
from resynapse.analysis.censoring import ceilings
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import Interval, Kind, mean_intervals, sample_sd
from resynapse.analysis.numbers import interval_text, number
from resynapse.analysis.part import Measurements, Part, PartTable
from resynapse.protocol import Protocol
from resynapse.tolerance import ABOVE_CHANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One cell over its subjects; `sd` has n - 1 in the denominator and is None for one subject.

    `censored` values of n are at the ceiling of their outcome: they are that or more.
    """

    arm: str
    condition: str
    outcome: str
    n: int
    mean: float
    sd: float | None
    median: float
    minimum: float
    maximum: float
    interval: Interval
    censored: int = 0


def kinds(protocol: Protocol, outcomes: Sequence[str]) -> list[Kind]:
    """Which interval fits each outcome."""
    shares, unit = yes_or_no(protocol), units(protocol)
    return ["yes or no" if o in shares else "percent" if unit.get(o) == "%" else "free" for o in outcomes]


def describe(cells: Cells, protocol: Protocol) -> tuple[Description, ...]:
    """Every cell of a run."""
    values = cells.values
    intervals = mean_intervals(values, kinds(protocol, [k.outcome for k in cells.keys]), cells.subjects)
    highest = ceilings(protocol)
    made = []
    for column, key in enumerate(cells.keys):
        present = values[:, column][~np.isnan(values[:, column])]
        made.append(
            Description(
                arm=key.arm,
                condition=key.condition,
                outcome=key.outcome,
                n=len(present),
                mean=float(present.mean()),
                sd=sample_sd(present),
                median=float(np.median(present)),
                minimum=float(present.min()),
                maximum=float(present.max()),
                interval=intervals[column],
                censored=int(np.count_nonzero(present == highest[key.outcome])) if key.outcome in highest else 0,
            )
        )
    return tuple(made)


def censored_remarks(descriptions: Sequence[Description], protocol: Protocol, subjects: int) -> Iterator[str]:
    """Remarks on outcomes with a ceiling: where values are bounds, and where subjects have no value."""
    for name, ceiling in ceilings(protocol).items():
        cells = [d for d in descriptions if d.outcome == name]
        bounds = [f"{d.arm} at {d.condition} ({d.censored} of {d.n})" for d in cells if d.censored]
        if bounds:
            yield (
                f"{name} is censored at {ceiling:g} in {', '.join(bounds)}: a value of {ceiling:g} means that or more, "
                "so means and intervals there are lower bounds, and differences from them understate."
            )
        without = [f"{d.arm} at {d.condition} ({subjects - d.n} of {subjects})" for d in cells if d.n < subjects]
        if without:
            yield (
                f"{name} has no value for every subject in {', '.join(without)}: it is undefined where noise-free "
                f"accuracy is less than {ABOVE_CHANCE:g} points above chance, or the subject was not enrolled."
            )


def _estimates(found: tuple[Description, ...]) -> Iterator[Estimate]:
    for d in found:
        cell = Estimate(part="description", arm=d.arm, condition=d.condition, outcome=d.outcome, n=d.n)
        yield cell.of("mean", d.mean, d.interval)
        for quantity, value in (("sd", d.sd), ("median", d.median), ("minimum", d.minimum), ("maximum", d.maximum)):
            yield cell.of(quantity, value)
        if d.censored:
            yield cell.of("censored", d.censored, note="values that are bounds: that or more")


def _method(found: tuple[Description, ...]) -> str:
    used = Counter(d.interval.method for d in found if d.interval.method and d.outcome not in SETTINGS)
    if not used:
        return "Subjects are the unit of analysis. No interval can be given: see the remarks."
    named = ", ".join(f"{method} ({count} cells)" for method, count in used.most_common())
    return f"Subjects are the unit of analysis. 95 % intervals of means: {named}."


def _remarks(run: Measurements) -> Iterator[str]:
    found = run.of(describe)
    sizes = sorted({d.n for d in found})
    if len(sizes) > 1:
        yield f"Not every cell has every subject: n runs from {sizes[0]} to {sizes[-1]}."
    yield from censored_remarks(found, run.protocol, len(run.cells.subjects))


DESCRIPTIONS = Part(
    name="descriptions",
    title="Every arm, condition and outcome",
    compute=lambda run: run.of(describe),
    form=tuple[Description, ...],
    estimates=_estimates,
    tables=(
        PartTable[Description](
            title="Every arm, condition and outcome",
            columns={
                "arm": lambda d: d.arm,
                "condition": lambda d: d.condition,
                "outcome": lambda d: d.outcome,
                "n": lambda d: f"{d.n} ({d.censored} censored)" if d.censored else str(d.n),
                "mean": lambda d: number(d.mean),
                "SD": lambda d: number(d.sd),
                "median": lambda d: number(d.median),
                "range": lambda d: f"{number(d.minimum)} to {number(d.maximum)}",
                "95 % interval": lambda d: interval_text(d.interval),
            },
        ),
    ),
    method_sentence=_method,
    remarks=_remarks,
)
