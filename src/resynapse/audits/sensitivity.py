"""Global sensitivity of what the claims rest on: a screening design whose points are variants of one tree.

Morris (1991): trajectories through the ranges of the constants, moving one at a time. An elementary effect is the
change of a quantity over the whole range of a constant, along one such move. Every point is run with the same subjects
under the same noise, so an effect is a paired difference; mu* is the mean size of the effects, sigma their SD. A mean
of sizes is never 0, so that a dummy factor (other noise, nothing else) says what chance alone gives.
Sobol (2001): first-order and total shares of variance, in a full audit. Designs come from SALib.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.intervals import seed
from resynapse.audits.constants import CONSTANTS, DUMMY, Constant
from resynapse.audits.findings import values
from resynapse.audits.linear_contrasts import Combination, combinations
from resynapse.audits.perturbations import moved, variants
from resynapse.audits.plan import AuditPlan
from resynapse.audits.scenarios import Scenario
from resynapse.audits.section import AuditSection, Evidence, Stage, Table
from resynapse.audits.trimmed import trimmed
from resynapse.audits.verdict_text import number, with_interval
from resynapse.errors import ResynapseError
from resynapse.protocol import Node, Protocol, Train
from resynapse.protocol.claims import Claim
from resynapse.protocol.variants import Variant

Method = Literal["Morris", "Sobol"]
TRAJECTORIES = 10
SOBOL_BASE = 64
GRID = 4
RESAMPLES = 400
SCREENED = 2
"""Subjects of screening and map at depth standard."""
MOST_EFFECTS = 3
"""Constants that are shown for each quantity, largest effect first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A constant of one arm, or of all arms at once where it belongs to the induction."""

    constant: Constant
    arms: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it is shown."""
        return self.constant.name + (f", {self.arms[0]}" if len(self.arms) == 1 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A design and the tree of its points, which is run without what no claim reads.

    Parameters
    ----------
    points : shape (points, factors), each a share of the factor's range, 0 to 1.
    protocol : one variant of every changed arm a point, controlled by ``NAME.POINT``.
    """

    method: Method
    factors: tuple[Factor, ...]
    points: Floats
    protocol: Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """How much a quantity hangs on a constant.

    Parameters
    ----------
    method : ``Morris`` or ``Sobol``.
    claim, quantity, factor, constant, range : what moves, and over which range of the constant.
    effect, effect_low, effect_high : mu*, the mean size of an effect over the whole range, in the unit of the
        quantity (Morris), or the total share of variance (Sobol); 95 % interval over subjects and trajectories, or
        SALib's.
    signed : mu, the mean effect with its sign (Morris); the first-order share (Sobol).
    sigma : SD of the effects: interaction or curvature; None for Sobol.
    shown : whether the effect is larger than that of the dummy factor: the 95 % interval of their difference is above
        0 (Morris), or the interval of the share is (Sobol).
    n : subjects.
    """

    method: Method
    claim: str
    quantity: str
    factor: str
    constant: str
    range: str
    effect: float
    effect_low: float
    effect_high: float
    signed: float
    sigma: float | None
    shown: bool
    n: int


def factors(protocol: Protocol) -> tuple[Factor, ...]:
    """Every constant that can be moved, arm by arm; those of the induction and the dummy move in all arms together."""
    found, routes = [], protocol.routes
    for constant in (*CONSTANTS, DUMMY):
        arms = [arm for arm in protocol.arms if constant.changes(routes[arm], constant.level(0.37))]
        together = constant.section == "induction" or constant is DUMMY
        groups = [tuple(arms)] if together else [(arm,) for arm in arms]
        found += [Factor(constant=constant, arms=arms) for arms in groups if arms]
    return tuple(found)


def design(protocol: Protocol, method: Method = "Morris", size: int | None = None) -> Design:
    """A screening design as a tree of variants, followed over the first duration.

    Parameters
    ----------
    size : trajectories (Morris), or the base size (Sobol).

    Raises
    ------
    ResynapseError : SALib is not installed, or nothing in the protocol can be moved.
    """
    plain = replace(first_durations(protocol, 1), claims=(), variants={})
    found = factors(plain)
    if all(factor.constant is DUMMY for factor in found):
        raise ResynapseError(f"protocol {protocol.name} has no constant that can be moved")
    points, routes = _points(method, len(found), size), plain.routes
    added: dict[str, Variant] = {}
    for place, point in enumerate(points):
        levels = [(f, f.constant.level(float(share))) for f, share in zip(found, point, strict=True)]
        changes = {arm: moved(routes[arm], [(f.constant, v) for f, v in levels if arm in f.arms]) for arm in plain.arms}
        added.update(variants(f"{method}.{place}", changes))
    tree = replace(plain, variants=added)
    return Design(method=method, factors=found, points=points, protocol=tree)


def _points(method: Method, count: int, size: int | None) -> Floats:
    morris, sobol, _, _ = _salib()
    problem = _problem(count)
    if method == "Morris":
        return np.asarray(morris.sample(problem, size or TRAJECTORIES, num_levels=GRID, seed=1))
    return np.asarray(sobol.sample(problem, size or SOBOL_BASE, calc_second_order=False, seed=1))


def _problem(count: int) -> dict[str, Any]:
    return {"num_vars": count, "names": [f"x{i}" for i in range(count)], "bounds": [[0.0, 1.0]] * count}


def _salib() -> tuple[Any, Any, Any, Any]:
    try:
        from SALib.analyze import morris as analyze_morris
        from SALib.analyze import sobol as analyze_sobol
        from SALib.sample import morris, sobol
    except ImportError:
        raise ResynapseError(
            "sensitivity needs SALib; install it with `pip install 'resynapse[audit]'`, or audit with --depth quick"
        ) from None
    return morris, sobol, analyze_morris, analyze_sobol


def first_durations(protocol: Protocol, count: int) -> Protocol:
    """The follow-up's training up to its first `count` counts."""

    def shorter(node: Node) -> Node:
        if isinstance(node.step, Train) and len(node.at) > count:
            first = node.at[:count]
            return replace(node, step=node.step.model_copy(update={"epochs": first[-1]}), at=first)
        return node

    return replace(protocol, follow_up=tuple(shorter(node) for node in protocol.follow_up))


def indices(designed: Design, claims: Iterable[Claim], cells: Cells) -> tuple[Index, ...]:
    """The indices of every quantity that the claims bound, one a mean, a difference or an order's step."""
    found: list[Index] = []
    seen: set[str] = set()
    for claim in claims:
        for test in claim.tests:
            scenarios = [_scenario(designed, number) for number in range(len(designed.points))]
            for at, part in enumerate(combinations(test, cells.index).parts):
                if part.name in seen:
                    continue
                seen.add(part.name)
                parts = [combinations(test, cells.index, scenario).parts[at] for scenario in scenarios]
                response = np.stack([values(cells, one) for one in parts])
                kept = ~np.isnan(response).any(axis=0)
                if kept.sum() > 1 and np.ptp(response[:, kept]) > 0:
                    found += _of_quantity(designed, claim.id, part, response[:, kept], cells.subjects[kept])
    return tuple(found)


def _scenario(designed: Design, number: int) -> Scenario:
    name = f"{designed.method}.{number}"
    arms = {v.of: variant for variant, v in designed.protocol.variants.items() if v.control == name}
    return Scenario(name=name, arms=arms)


def _of_quantity(
    designed: Design, claim: str, part: Combination, response: Floats, subjects: NDArray[np.int64]
) -> list[Index]:
    rows = _morris(designed, response, subjects) if designed.method == "Morris" else _sobol(designed, response)
    made = []
    for factor, row in zip(designed.factors, rows, strict=True):
        made.append(
            Index(
                method=designed.method,
                claim=claim,
                quantity=part.name,
                factor=factor.name,
                constant=factor.constant.name,
                range=_range(factor.constant),
                effect=row[0],
                effect_low=row[1],
                effect_high=row[2],
                signed=row[3],
                sigma=row[4],
                shown=row[5],
                n=response.shape[1],
            )
        )
    return made


def _range(constant: Constant) -> str:
    return f"{constant.low:g} to {constant.high:g}" + ("" if constant.absolute else " times")


Row = tuple[float, float, float, float, float | None, bool]


def elementary_effects(points: Floats, response: Floats) -> Floats:
    """Effects of a Morris design, shape (trajectories, factors, subjects), over the whole range of each factor."""
    count = points.shape[1]
    runs = points.reshape(-1, count + 1, count)
    responses = response.reshape(len(runs), count + 1, -1)
    moves = np.diff(runs, axis=1)
    effects = np.empty((len(runs), count, responses.shape[2]))
    for trajectory, (move, change) in enumerate(zip(moves, np.diff(responses, axis=1), strict=True)):
        moved = np.argmax(np.abs(move), axis=1)
        effects[trajectory, moved] = change / move[np.arange(count), moved][:, None]
    return effects


def _morris(designed: Design, response: Floats, subjects: NDArray[np.int64]) -> list[Row]:
    _, _, analyze, _ = _salib()
    problem = _problem(len(designed.factors))
    # SALib's own interval needs no resamples: ours is over subjects as well
    found = analyze.analyze(problem, designed.points, response.mean(axis=1), num_resamples=2, num_levels=GRID, seed=1)
    effects = elementary_effects(designed.points, response)
    rng = np.random.default_rng(seed(subjects))
    resampled = []
    for _ in range(RESAMPLES):
        trajectories = rng.integers(0, effects.shape[0], effects.shape[0])
        chosen = rng.integers(0, effects.shape[2], effects.shape[2])
        resampled.append(np.abs(effects[trajectories][:, :, chosen].mean(axis=2)).mean(axis=0))
    sizes = np.stack(resampled)
    low, high = np.quantile(sizes, [0.025, 0.975], axis=0)
    dummy = [i for i, factor in enumerate(designed.factors) if factor.constant is DUMMY]
    chance = sizes[:, dummy] if dummy else np.zeros((len(sizes), 1))
    beyond = np.quantile(sizes - chance, 0.025, axis=0) > 0
    size, signed, spread = (np.asarray(found[key], dtype=float) for key in ("mu_star", "mu", "sigma"))
    return [
        (float(size[i]), float(low[i]), float(high[i]), float(signed[i]), float(spread[i]), bool(beyond[i]))
        for i in range(len(designed.factors))
    ]


def _sobol(designed: Design, response: Floats) -> list[Row]:
    _, _, _, analyze = _salib()
    found = analyze.analyze(
        _problem(len(designed.factors)), response.mean(axis=1), calc_second_order=False, num_resamples=RESAMPLES, seed=1
    )
    total, half, first = (np.asarray(found[key], dtype=float) for key in ("ST", "ST_conf", "S1"))
    return [
        (
            float(total[i]),
            float(total[i] - half[i]),
            float(total[i] + half[i]),
            float(first[i]),
            None,
            bool(total[i] - half[i] > 0),
        )
        for i in range(len(designed.factors))
    ]


def few_subjects(planned: AuditPlan, least: int) -> int:
    """Subjects of a run beside the tree: at depth full a fifth of the tree's, and no fewer than `least`."""
    fifth = planned.subjects // 5 if planned.depth == "full" else 0
    return min(planned.subjects, max(least, fifth))


def _stages(planned: AuditPlan) -> Iterator[Stage]:
    """The screening, and the shares of variance in a full audit."""
    if not planned.deep:
        return
    methods: tuple[tuple[str, Method], ...] = (("screening", "Morris"), ("variance", "Sobol"))
    for name, method in methods if planned.depth == "full" else methods[:1]:
        made = design(planned.source, method)
        map_too = method == "Morris"
        yield Stage(
            name=name,
            protocol=trimmed(made.protocol, planned.claims),
            subjects=few_subjects(planned, SCREENED),
            design=made,
            then="map: planned after the screening, at about a fifth of its cost" if map_too else "",
            then_share=0.2 if map_too else 0.0,
        )


def _judge(evidence: Evidence) -> tuple[Index, ...]:
    claims = evidence.planned.claims
    return tuple(
        index for stage, table in evidence.of(SECTION.name) for index in indices(stage.design, claims, Cells.of(table))
    )


def _tables(indices: Sequence[Index], _: int) -> Iterator[Table]:
    quantities = list(dict.fromkeys(i.quantity for i in indices))
    rows = []
    for quantity in quantities:
        found = [i for i in indices if i.quantity == quantity]
        for index in sorted((i for i in found if i.effect > 0), key=lambda i: -i.effect)[:MOST_EFFECTS]:
            shown = with_interval(index.effect, index.effect_low, index.effect_high)
            beyond = "yes" if index.shown else "no"
            rows.append((quantity, index.factor, index.range, shown, number(index.signed), beyond, index.method))
    header = ("quantity", "constant", "range", "effect [95 %]", "signed", "beyond chance", "method")
    yield Table("Sensitivity: the constants with the largest effects", header, tuple(rows))


SECTION = AuditSection(name="sensitivity", judge=_judge, tables=_tables, stages=_stages)
