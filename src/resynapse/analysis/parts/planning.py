"""How many subjects: for a difference of d with a given power, and for an interval of a given half width.

The spread is that of the paired differences. It is estimated from few subjects itself, so every plan has a second
number for the SD at the upper end of its 80 % one-sided interval (Browne 1995, Statistics in Medicine 14:1933).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from resynapse.analysis.cells import units
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.intervals import ALPHA
from resynapse.analysis.numbers import number
from resynapse.analysis.part import Measurements, Part, PartTable
from resynapse.analysis.parts.contrasts import Contrast, contrasts
from resynapse.errors import ResynapseError
from resynapse.protocol import Protocol

POWER = 0.8
CAUTION = 0.8
"""Probability with which the cautious SD is not exceeded by the true one."""
MOST = 10_000_000
FEWEST = math.ceil(1 - math.log2(ALPHA))
"""Subjects below which the sign-flip p that contrasts report cannot reach `ALPHA`: its least value is 2 / 2**n."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Subjects needed to see one contrast.

    Parameters
    ----------
    sd, sd_upper : of the paired differences, as observed and at the cautious end.
    difference : that is to be found, or the half width of the interval, in the unit of the outcome.
    power : of a two-sided paired t test at 5 % to find it.
    for_power, for_power_cautious : subjects for that power, with `sd` and `sd_upper`; `FEWEST` at least, for the
        reported p is that of sign flips.
    for_precision, for_precision_cautious : subjects for a 95 % interval of at most plus or minus `difference`.
    """

    arm: str
    other: str
    condition: str
    outcome: str
    n: int
    sd: float
    sd_upper: float
    difference: float
    power: float
    for_power: int
    for_power_cautious: int
    for_precision: int
    for_precision_cautious: int


def plans(
    found: Sequence[Contrast], protocol: Protocol, *, points: float = 5.0, absolute: float = 0.05, power: float = POWER
) -> tuple[Plan, ...]:
    """A plan for every contrast in %, points or dimensionless whose differences vary.

    Parameters
    ----------
    found : contrasts of a run of this protocol.
    points : difference for outcomes in % or points.
    absolute : difference for dimensionless outcomes.
    power : between 0.05 and 1, exclusive.

    Raises
    ------
    ResynapseError : a difference or a power that is not possible.
    """
    for name, value in (("points", points), ("absolute", absolute)):
        if not (math.isfinite(value) and value > 0):
            raise ResynapseError(f"{name} = {value:g} is not possible: a difference to plan for is a number above 0")
    if not ALPHA < power < 1:
        raise ResynapseError(f"power {power:g} is not possible: give one between {ALPHA:g} and 1")
    unit = units(protocol)
    wanted = {"%": points, "points": points, "1": absolute}
    return tuple(
        _plan(one, wanted[unit[one.outcome]], power) for one in found if one.sd and unit.get(one.outcome) in wanted
    )


def power_of(difference: float, sd: float, n: int) -> float:
    """Power of a two-sided paired t test at 5 %."""
    # of the noncentral t distribution; the classes of scipy.stats take ten times as long for one number
    from scipy.special import nctdtr

    df, shift = n - 1, difference / sd * math.sqrt(n)
    critical = _critical(df)
    # beyond a shift of 5 the other side has a probability below 1e-9, and SciPy soon has no number for it
    other_side = float(nctdtr(df, shift, -critical)) if abs(shift) < 5 else 0.0
    return 1.0 - float(nctdtr(df, shift, critical)) + other_side


def for_power(difference: float, sd: float, power: float = POWER) -> int:
    """Smallest number of subjects with this power; at least `FEWEST`, so that the sign-flip p can reach 5 %."""
    return _smallest(lambda n: power_of(difference, sd, n) >= power, FEWEST)


def for_precision(half_width: float, sd: float) -> int:
    """Smallest number of subjects whose t interval is at most this wide to either side, at the given SD."""
    return _smallest(lambda n: half_width_of(sd, n) <= half_width, 3)


def half_width_of(sd: float, n: int) -> float:
    """Half the width of the 95 % t interval of a mean of n values with this SD."""
    return _critical(n - 1) * sd / math.sqrt(n)


@lru_cache(maxsize=4096)  # every search for a number of subjects asks for the same few
def _critical(df: int) -> float:
    """What a two-sided t must exceed at 5 %."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 1 - ALPHA / 2))


def upper_sd(sd: float, n: int) -> float:
    """One-sided upper end of the interval of an SD of n normal values."""
    from scipy.special import chdtri

    return sd * math.sqrt((n - 1) / float(chdtri(n - 1, CAUTION)))


def _smallest(enough: Callable[[int], bool], least: int) -> int:
    """The smallest n from `least` on that is enough, found by doubling and halving; `MOST` if none below it is."""
    high = least
    while not enough(high):
        high *= 2
        if high >= MOST:
            return MOST
    low = max(least, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


def _plan(one: Contrast, difference: float, power: float) -> Plan:
    sd = float(one.sd or 0.0)
    upper = upper_sd(sd, one.n)
    return Plan(
        arm=one.arm,
        other=one.other,
        condition=one.condition,
        outcome=one.outcome,
        n=one.n,
        sd=sd,
        sd_upper=upper,
        difference=difference,
        power=power,
        for_power=for_power(difference, sd, power),
        for_power_cautious=for_power(difference, upper, power),
        for_precision=for_precision(difference, sd),
        for_precision_cautious=for_precision(difference, upper),
    )


def _compute(run: Measurements) -> tuple[Plan, ...]:
    return plans(run.of(contrasts), run.protocol, points=run.difference, absolute=run.difference / 100)


def _estimates(found: tuple[Plan, ...]) -> Iterator[Estimate]:
    for plan in found:
        cell = Estimate(
            part="plan", arm=plan.arm, other=plan.other, condition=plan.condition, outcome=plan.outcome, n=plan.n
        )
        for quantity in ("for_power", "for_power_cautious", "for_precision", "for_precision_cautious"):
            yield cell.of(quantity, getattr(plan, quantity), note=f"for a difference of {plan.difference:g}")


def _why_absent(run: Measurements) -> str:
    if len(run.cells.subjects) == 1:
        return "one subject has no spread"
    return "no paired difference in %, points or a pure number varies"


PLANS = Part(
    name="plans",
    title="Subjects needed",
    compute=_compute,
    form=tuple[Plan, ...],
    estimates=_estimates,
    tables=(
        PartTable[Plan](
            title=f"Subjects needed for a paired t test, {FEWEST} at least for a sign-flip p of 5 % (in brackets: "
            "cautious SD)",
            columns={
                "arms": lambda p: f"{p.arm} - {p.other}",
                "condition": lambda p: p.condition,
                "outcome": lambda p: p.outcome,
                "paired SD": lambda p: number(p.sd),
                "difference": lambda p: number(p.difference),
                "to find it, power 0.8": lambda p: f"{p.for_power} ({p.for_power_cautious})",
                "to measure it so closely": lambda p: f"{p.for_precision} ({p.for_precision_cautious})",
            },
        ),
    ),
    method_sentence=lambda found: (
        "Planning: power of a two-sided paired t test at 5 %, from the SD of the paired differences; "
        f"{FEWEST} subjects at least, below which the sign-flip p that is reported cannot reach 5 %."
    ),
    why_absent=_why_absent,
)
