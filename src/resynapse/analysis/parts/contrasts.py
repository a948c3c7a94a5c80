"""Contrasts between arms, paired by subject: the same network under the same noise in both arms.

Each has the mean difference with its interval, the standardised effect d_z (mean over SD of the differences) with
Hedges' correction, and a sign-flip permutation p: exact up to 12 subjects. Holm's adjustment runs, for each pair of
arms, over its family (`families`): the protocol's primary endpoints, or what the default rule takes where none is
named. Everything else is exploratory, and its p is not adjusted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats, by_presence
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.families import BY_RULE, NAMED, Role, family, shared_cells, smallest_p
from resynapse.analysis.intervals import ALPHA, Interval, is_constant, mean_intervals, sample_sd, seed
from resynapse.analysis.numbers import interval_text, number, p_value
from resynapse.analysis.part import Part, PartTable
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import base

EXACT = 12
"""Up to this many subjects every one of the 2**n flips is counted."""
FLIPS = 9_999
FLIPS_OF_MANY = 999
MANY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One outcome in two arms, `arm` minus `other`, over the subjects that have both.

    Parameters
    ----------
    difference, sd : mean and SD (n - 1) of the differences; sd is None for one subject.
    interval : of the mean difference.
    effect : d_z with Hedges' correction; None where the differences do not vary.
    p : two-sided sign-flip p; None for one subject.
    p_method : ``exact``, or ``Monte Carlo`` with the number of flips.
    role : ``primary`` where the protocol names it, ``default`` where none is named and the default rule takes it, else
        ``exploratory``.
    p_holm : adjusted within `family`; None where exploratory.
    family : what p_holm runs over, with its size; empty outside of it.
    note : why something is missing.
    """

    arm: str
    other: str
    condition: str
    outcome: str
    n: int
    difference: float
    sd: float | None
    interval: Interval
    effect: float | None
    p: float | None
    p_method: str
    role: Role = "exploratory"
    p_holm: float | None = None
    family: str = ""
    note: str = ""


def pairs(protocol: Protocol, arms: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The pairs that are contrasted: all pairs of the protocol's arms, and every variant with its own arm."""
    whole = [a for a in arms if a not in protocol.variants]
    for other, arm in combinations(whole, 2):
        yield arm, other
    for variant, made in protocol.variants.items():
        if variant in arms and made.of in arms:
            yield variant, made.of


def turned(one: Contrast) -> Contrast:
    """The same contrast as `other` minus `arm`."""
    low, high = one.interval.low, one.interval.high
    return replace(
        one,
        arm=one.other,
        other=one.arm,
        difference=-one.difference,
        interval=replace(one.interval, low=None if high is None else -high, high=None if low is None else -low),
        effect=None if one.effect is None else -one.effect,
    )


def contrasts(cells: Cells, protocol: Protocol) -> tuple[Contrast, ...]:
    """Every outcome that two arms share, paired by subject.

    Settings, and measurements before the arms separate, are left out.

    The members of the family come first in each pair of arms; a member that is a mean over counts is listed at the
    condition without them.
    """
    made: list[Contrast] = []
    columns: list[Floats] = []
    for arm, other in pairs(protocol, cells.arms):
        for one, difference in _of_pair(cells, protocol, arm, other):
            made.append(one)
            columns.append(difference)
    if not made:
        return ()
    values = np.stack(columns, axis=1)
    intervals = mean_intervals(values, ["free"] * len(made), cells.subjects)
    p_values, methods = sign_flip(values, cells.subjects)
    found = []
    for column, (one, interval) in enumerate(zip(made, intervals, strict=True)):
        present = values[:, column][~np.isnan(values[:, column])]
        effect = standardised(present)
        found.append(
            replace(
                one,
                n=len(present),
                difference=float(present.mean()),
                sd=sample_sd(present),
                interval=interval,
                effect=effect,
                p=p_values[column],
                p_method=methods[column],
                note=one.note or ("" if effect is not None else interval.note),
            )
        )
    return _adjusted(found)


def _of_pair(cells: Cells, protocol: Protocol, arm: str, other: str) -> Iterator[tuple[Contrast, Floats]]:
    """The contrasts of two arms, not computed yet, with the differences of the subjects."""
    shared = shared_cells(cells, protocol, arm, other)
    bare = Contrast(
        arm=arm, other=other, condition="", outcome="", n=0, difference=0.0, sd=None, interval=Interval(), effect=None,
        p=None, p_method="",
    )  # fmt: skip
    role: Role = "primary" if protocol.primary else "default"
    named = set()
    for member in family(cells.values, shared, protocol):
        one = replace(bare, condition=member.condition, outcome=member.outcome, role=role)
        if member.same_as:
            one = replace(one, role="exploratory", note=f"in every subject the same as {member.same_as}")
        named.add((member.condition, member.outcome))
        yield one, member.arm - member.other
    for (condition, outcome), (column, twin) in shared.items():
        difference = cells.values[:, column] - cells.values[:, twin]
        if (condition, outcome) not in named and not np.isnan(difference).all():
            yield replace(bare, condition=condition, outcome=outcome), difference


def standardised(differences: Floats) -> float | None:
    """d_z = mean / SD of the differences, with Hedges' exact small-sample correction; None where they do not vary."""
    n = len(differences)
    if n < 3 or is_constant(differences):
        return None
    df = n - 1
    correction = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
    return correction * float(differences.mean() / differences.std(ddof=1))


def sign_flip(values: Floats, subjects: NDArray[np.int64]) -> tuple[list[float | None], list[str]]:
    """Two-sided sign-flip permutation p of the mean of every column, and how it was found.

    Under no difference between two arms a subject's difference is as likely to be its negative. Up to `EXACT` subjects
    all 2**n signs are counted; beyond, random ones, with (1 + hits) / (1 + flips) so that p is never 0.
    """
    p_values: list[float | None] = [None] * values.shape[1]
    methods = [""] * values.shape[1]
    for columns, present in by_presence(values):
        n = int(present.sum())
        if n < 2:
            continue
        kept = values[present][:, columns]
        observed = np.abs(kept.sum(axis=0)) * (1 - 1e-12) - 1e-12
        hits = np.zeros(len(columns))
        exact = n <= EXACT
        flips = 2**n if exact else FLIPS if n <= MANY else FLIPS_OF_MANY
        for signs in _every_sign(n) if exact else _random_signs(n, flips, seed(subjects[present])):
            hits += (np.abs(signs @ kept) >= observed).sum(axis=0)
        found = hits / flips if exact else (1 + hits) / (1 + flips)
        for column, p in zip(columns, found, strict=True):
            p_values[column] = float(p)
            methods[column] = "exact" if exact else f"Monte Carlo, {flips} flips"
    return p_values, methods


def holm(p_values: list[float]) -> list[float]:
    """Holm's step-down adjustment."""
    order = np.argsort(p_values, kind="stable")
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _every_sign(n: int) -> Iterator[Floats]:
    codes = np.arange(2**n)[:, None] >> np.arange(n)
    yield np.where(codes & 1, -1.0, 1.0)


def _random_signs(n: int, flips: int, root: int) -> Iterator[Floats]:
    rng = np.random.default_rng(root)
    batch = max(1, 4_000_000 // n)
    for start in range(0, flips, batch):
        yield np.where(rng.integers(0, 2, (min(batch, flips - start), n), dtype=np.int8), -1.0, 1.0)


def _adjusted(found: list[Contrast]) -> tuple[Contrast, ...]:
    """The contrasts with Holm's p within the family of each pair of arms."""
    families: dict[tuple[str, str], list[int]] = {}
    for index, one in enumerate(found):
        if one.p is not None and one.role != "exploratory":
            families.setdefault((one.arm, one.other), []).append(index)
    for (arm, other), members in families.items():
        adjusted = holm([p for p in (found[i].p for i in members) if p is not None])
        for index, p in zip(members, adjusted, strict=True):
            what = NAMED if found[index].role == "primary" else BY_RULE
            found[index] = replace(found[index], p_holm=p, family=f"{what}, {arm} and {other} ({len(members)})")
    return tuple(found)


def _estimates(found: tuple[Contrast, ...]) -> Iterator[Estimate]:
    for c in found:
        cell = Estimate(part="contrast", arm=c.arm, other=c.other, condition=c.condition, outcome=c.outcome, n=c.n)
        yield cell.of("difference", c.difference, c.interval, p=c.p, p_holm=c.p_holm, role=c.role)
        yield cell.of("sd of differences", c.sd)
        yield cell.of("d_z", c.effect, note=c.note or None)


def _method(found: tuple[Contrast, ...]) -> str:
    methods = sorted({c.p_method for c in found if c.p_method})
    if not methods:
        return ""
    families = sorted({c.family.split(",")[0] for c in found if c.family})
    return (
        "Contrasts between arms are paired by subject; d_z is the mean over the SD of the differences, with Hedges' "
        f"correction; p comes from sign-flip permutation ({', '.join(methods)}), adjusted by Holm within each pair of "
        f"arms over {' and '.join(families)}. All other contrasts are exploratory: their p is not adjusted."
    )


def endpoint_remarks(found: Sequence[Contrast], protocol: Protocol) -> Iterator[str]:
    """Over what p is adjusted, which primary endpoint has no contrast, and which pairs of arms can reach no small p."""
    if not found:
        return
    if protocol.primary:
        seen = {(base(one.condition), one.outcome) for one in found}
        without = [str(one) for one in protocol.primary if (base(one.condition), one.outcome) not in seen]
        if without:
            yield f"Primary endpoints that no two arms have, or that are settings: {', '.join(without)}."
    else:
        yield (
            "The protocol names no primary endpoints: p is adjusted over every measured outcome, counts averaged and "
            "settings and duplicates left out. Name a few with `primary` before a run."
        )
    yield from _unreachable(found)


def _unreachable(found: Sequence[Contrast]) -> Iterator[str]:
    """The pairs of arms in which no p can fall below `ALPHA` after Holm, whatever the data."""
    families: dict[str, list[Contrast]] = {}
    for one in found:
        if one.p_holm is not None and one.p_method == "exact":
            families.setdefault(one.family, []).append(one)
    out_of_reach = [cells for cells in families.values() if smallest_p(max(c.n for c in cells), len(cells)) > ALPHA]
    if out_of_reach:
        most = max(c.n for cells in out_of_reach for c in cells)
        sizes = sorted({len(cells) for cells in out_of_reach})
        over = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        least = smallest_p(most, sizes[0])
        pairs = ", ".join(f"{cells[0].arm} - {cells[0].other}" for cells in out_of_reach)
        where = "no pair of arms" if len(out_of_reach) == len(families) else f"none of {pairs}"
        yield (
            f"With {most} subjects a sign-flip p is never below {smallest_p(most, 1):.3g}; after Holm over {over} "
            f"outcomes it is never below {least:.3g}, so {where} can have a p below {ALPHA:g}. Read the intervals."
        )


CONTRASTS = Part(
    name="contrasts",
    title="Contrasts between arms, paired by subject",
    compute=lambda run: run.of(contrasts),
    form=tuple[Contrast, ...],
    estimates=_estimates,
    tables=(
        PartTable[Contrast](
            title="Contrasts between arms, paired by subject",
            columns={
                "arms": lambda c: f"{c.arm} - {c.other}",
                "condition": lambda c: c.condition,
                "outcome": lambda c: c.outcome,
                "n": lambda c: str(c.n),
                "difference": lambda c: number(c.difference, signed=True),
                "95 % interval": lambda c: interval_text(c.interval),
                "d_z": lambda c: number(c.effect),
                "p": lambda c: p_value(c.p),
                "p (Holm)": lambda c: p_value(c.p_holm),
                "role": lambda c: c.role,
            },
        ),
    ),
    method_sentence=_method,
    why_absent=lambda run: "no outcome is measured in two arms after they part",
    remarks=lambda run: endpoint_remarks(run.of(contrasts), run.protocol),
)
