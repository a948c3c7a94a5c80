"""Virtual populations: how an outcome depends on what was drawn for each subject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import LEVEL, Interval, is_constant
from resynapse.analysis.numbers import interval_text, number, p_value
from resynapse.analysis.part import Measurements, Part, PartTable
from resynapse.analysis.parts.contrasts import holm
from resynapse.protocol.population.distributions import TRAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitEffect:
    """Least squares of one outcome on all traits of the arm together: the part of one trait.

    Parameters
    ----------
    n : subjects.
    slope : change of the outcome for one unit of the trait, with the other traits fixed.
    interval, p : Student's t, from HC3 errors, which allow for a spread that changes with the trait.
    p_holm : adjusted by Holm over every outcome and trait of the arm.
    standardised : slope in SDs of the outcome for one SD of the trait.
    rank_correlation : Spearman's, of this trait alone.
    r_squared : share of the variance that all traits together explain.
    """

    arm: str
    condition: str
    outcome: str
    trait: str
    n: int
    slope: float
    interval: Interval
    p: float
    p_holm: float
    standardised: float
    rank_correlation: float
    r_squared: float


def trait_effects(cells: Cells) -> tuple[TraitEffect, ...]:
    """Every varying outcome on the traits of its arm; none where too few subjects or no trait."""
    traits: dict[str, dict[str, Floats]] = {}
    for column, key in enumerate(cells.keys):
        if key.condition == TRAIT:
            traits.setdefault(key.arm, {})[key.outcome] = cells.values[:, column]
    made: list[TraitEffect] = []
    for column, key in enumerate(cells.keys):
        if key.arm in traits and key.condition != TRAIT and key.outcome not in SETTINGS:
            made.extend(_effects(key, cells.values[:, column], traits[key.arm]))
    return tuple(_adjusted(made))


def _adjusted(made: list[TraitEffect]) -> Iterator[TraitEffect]:
    families: dict[str, list[TraitEffect]] = {}
    for one in made:
        families.setdefault(one.arm, []).append(one)
    adjusted = {arm: iter(holm([one.p for one in members])) for arm, members in families.items()}
    for one in made:
        yield replace(one, p_holm=next(adjusted[one.arm]))


def _effects(key: tuple[str, str, str], outcome: Floats, traits: dict[str, Floats]) -> Iterator[TraitEffect]:
    from scipy.stats import spearmanr, t

    drawn = np.stack(list(traits.values()), axis=1)
    kept = ~np.isnan(outcome) & ~np.isnan(drawn).any(axis=1)
    outcome, drawn = outcome[kept], drawn[kept]
    varying = [i for i in range(drawn.shape[1]) if len(drawn) and not is_constant(drawn[:, i])]
    n, df = len(outcome), len(outcome) - len(varying) - 1
    if not varying or df < 1 or is_constant(outcome):
        return
    drawn = drawn[:, varying]
    slopes, errors, r_squared = least_squares(outcome, drawn)
    for index, i in enumerate(varying):
        slope, error = float(slopes[index]), float(errors[index])
        half = float(t.ppf(0.5 + LEVEL / 2, df)) * error
        yield TraitEffect(
            arm=key[0],
            condition=key[1],
            outcome=key[2],
            trait=list(traits)[i],
            n=n,
            slope=slope,
            interval=Interval(low=slope - half, high=slope + half, method="least squares, HC3 errors, t"),
            p=float(2 * t.sf(abs(slope) / error, df)) if error > 0 else 0.0,
            p_holm=1.0,
            standardised=slope * float(drawn[:, index].std() / outcome.std()),
            rank_correlation=float(spearmanr(drawn[:, index], outcome).statistic),
            r_squared=r_squared,
        )


def least_squares(outcome: Floats, traits: Floats) -> tuple[Floats, Floats, float]:
    """Slopes, their HC3 errors (MacKinnon and White 1985) and R squared of a linear model with an intercept.

    Parameters
    ----------
    outcome : shape (subjects,).
    traits : shape (subjects, traits).
    """
    centred = (traits - traits.mean(axis=0)) / traits.std(axis=0)
    design = np.column_stack([np.ones(len(outcome)), centred])
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ design.T @ outcome
    residuals = outcome - design @ slopes
    leverage = np.minimum(np.einsum("ij,jk,ik->i", design, inverse, design), 1 - 1e-9)
    weights = (residuals / (1 - leverage)) ** 2
    covariance = inverse @ (design.T * weights) @ design @ inverse
    scale = traits.std(axis=0)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    r_squared = 1 - float((residuals**2).sum()) / total
    return slopes[1:] / scale, np.sqrt(np.diag(covariance)[1:]) / scale, r_squared


def _estimates(found: tuple[TraitEffect, ...]) -> Iterator[Estimate]:
    for t in found:
        cell = Estimate(part="trait", arm=t.arm, other=t.trait, condition=t.condition, outcome=t.outcome, n=t.n)
        yield cell.of("slope", t.slope, t.interval, p=t.p, p_holm=t.p_holm)
        yield cell.of("standardised", t.standardised)
        yield cell.of("rank_correlation", t.rank_correlation)
        yield cell.of("r_squared", t.r_squared)


def _why_absent(run: Measurements) -> str:
    if any(key.condition == TRAIT for key in run.cells.keys):
        return "too few subjects, or outcomes and traits that do not vary"
    return "the protocol draws no number for each subject"


TRAITS = Part(
    name="traits",
    title="Outcomes on the traits of the subjects",
    compute=lambda run: trait_effects(run.cells),
    form=tuple[TraitEffect, ...],
    estimates=_estimates,
    tables=(
        PartTable[TraitEffect](
            title="Outcomes on the traits of the subjects",
            columns={
                "arm": lambda t: t.arm,
                "condition": lambda t: t.condition,
                "outcome": lambda t: t.outcome,
                "trait": lambda t: t.trait,
                "n": lambda t: str(t.n),
                "slope": lambda t: number(t.slope, signed=True),
                "95 % interval": lambda t: interval_text(t.interval),
                "p": lambda t: p_value(t.p),
                "p (Holm)": lambda t: p_value(t.p_holm),
                "rank correlation": lambda t: number(t.rank_correlation, signed=True),
                "R squared": lambda t: number(t.r_squared),
            },
        ),
    ),
    method_sentence=lambda found: (
        "Traits: least squares of an outcome on all traits of the arm, with HC3 errors; p adjusted by Holm over all "
        "outcomes and traits of the arm."
    ),
    why_absent=_why_absent,
)
