"""Everything that can be said about a run, in one object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from resynapse.analysis.cells import Cells, courses
from resynapse.analysis.count_axes import Exposure
from resynapse.analysis.families import smallest_p
from resynapse.analysis.parts.contrasts import Contrast, contrasts
from resynapse.analysis.parts.describe import Description, censored_remarks, describe
from resynapse.analysis.parts.dose import DoseResponse, dose_responses
from resynapse.analysis.parts.orders import Orders, rank_orders
from resynapse.analysis.parts.planning import Plan, plans
from resynapse.analysis.parts.relapse import Relapse, relapse
from resynapse.analysis.parts.survival import Survival, SurvivalContrast, survival, untimed
from resynapse.analysis.parts.traits import TraitEffect, trait_effects
from resynapse.clinical.side_by_side import ARMS, SideBySide, side_by_side
from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError, nearest
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import base
from resynapse.protocol.population.distributions import TRAIT
from resynapse.publication.comparison import changes, compare, protocols_with_tables
from resynapse.publication.equivalence import Equivalence, equivalences

LEVEL = 0.05
PARTS: Mapping[str, tuple[str, ...]] = {
    "descriptions": ("descriptions",),
    "contrasts": ("contrasts",),
    "orders": ("orders",),
    "relapse": ("relapse",),
    "survival": ("survival", "survival_contrasts"),
    "dose": ("dose",),
    "traits": ("traits",),
    "plans": ("plans",),
    "equivalence": ("equivalence",),
    "clinical": ("clinical",),
}
"""Parts that may be asked for alone, each with its fields of `Analysis`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A part of the analysis that does not apply to this run, and why."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The statistics of a run. A part that is empty, or None, is named in `absent` with its reason.

    Parameters
    ----------
    protocol : name of the protocol.
    subjects : subjects in the table.
    untimed : conditions with a threshold rule along which there is no time to relapse, as counts are exposures there.
    changed : parts in which the protocol differs from the published one of this name.
    remarks : what a reader must know before any number.
    """

    protocol: str
    subjects: int
    changed: tuple[str, ...]
    remarks: tuple[str, ...]
    descriptions: tuple[Description, ...]
    contrasts: tuple[Contrast, ...]
    orders: tuple[Orders, ...]
    relapse: tuple[Relapse, ...]
    survival: tuple[Survival, ...]
    survival_contrasts: tuple[SurvivalContrast, ...]
    untimed: tuple[Exposure, ...]
    dose: tuple[DoseResponse, ...]
    traits: tuple[TraitEffect, ...]
    plans: tuple[Plan, ...]
    equivalence: tuple[Equivalence, ...]
    clinical: SideBySide | None
    absent: tuple[Absent, ...]
    disclaimer: str = DISCLAIMER

    def only(self, outcomes: Sequence[str] = (), *, parts: Sequence[str] = ()) -> Analysis:
        """The same of some outcomes or some parts; of all if none is named. No number changes.

        Parameters
        ----------
        outcomes : of the run. The clinical side belongs to no outcome, and stays only if it is among the parts.
        parts : names in `PARTS`.

        Raises
        ------
        ResynapseError : the run has no such outcome, or there is no such part.
        """
        for part in parts:
            if part not in PARTS:
                raise ResynapseError(f"no part {part!r} of the statistics; {nearest(part, PARTS)}")
        known = {d.outcome for d in self.descriptions}
        for outcome in outcomes:
            if outcome not in known:
                raise ResynapseError(f"no outcome {outcome!r} in this run; {nearest(outcome, sorted(known))}")
        named = {field for part in parts or PARTS for field in PARTS[part]}
        kept: dict[str, Any] = {"absent": tuple(one for one in self.absent if one.part in named)}
        if "survival" not in named:
            kept["untimed"] = ()
        for field in (field for part in PARTS.values() for field in part):
            value = getattr(self, field)
            if field == "clinical":
                kept[field] = value if field in named and (parts or not outcomes) else None
            elif field not in named:
                kept[field] = ()
            elif outcomes:
                kept[field] = tuple(one for one in value if one.outcome in outcomes)
        return replace(self, **kept)

    def to_json(self) -> str:
        """Everything, as JSON."""
        return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"

    def frame(self) -> pl.DataFrame:
        """One row a number, every part below the other; columns of `resynapse.analysis.tidy`."""
        from resynapse.analysis.tidy import long

        return long(self)


def analyse(table: pl.DataFrame, protocol: Protocol, *, unfinished: int = 0, difference: float = 5.0) -> Analysis:
    """The statistics of a run; the same table gives the same numbers, bit for bit.

    Parameters
    ----------
    table : tidy table: protocol, variant, subject, arm, condition, outcome, value.
    protocol : that was run.
    unfinished : subjects that are still to come, which is said in the remarks.
    difference : to plan for, in % or points; a hundredth of it in dimensionless outcomes.

    Raises
    ------
    ResynapseError : the table is empty, or the difference is not above 0.
    """
    if table.is_empty():
        raise ResynapseError("the table holds no value; run at least one subject first")
    cells = Cells.of(table)
    paired, orders = contrasts(cells, protocol), rank_orders(cells, protocol)
    curves, curve_contrasts = survival(cells, protocol)
    changed = changes(protocol)
    tabled = protocol.name in protocols_with_tables()
    made = Analysis(
        protocol=protocol.name,
        subjects=len(cells.subjects),
        changed=changed,
        remarks=(),
        descriptions=describe(cells, protocol),
        contrasts=paired,
        orders=orders,
        relapse=relapse(cells, protocol),
        survival=curves,
        survival_contrasts=curve_contrasts,
        untimed=untimed(cells, protocol),
        dose=dose_responses(cells, protocol),
        traits=trait_effects(cells),
        plans=plans(paired, protocol, points=difference, absolute=difference / 100),
        equivalence=equivalences(compare(protocol.name, table, changed)) if tabled else (),
        clinical=side_by_side(cells, protocol, orders),
        absent=(),
    )
    return replace(made, absent=tuple(_absent(made, cells)), remarks=tuple(_remarks(made, protocol, unfinished)))


def _absent(made: Analysis, cells: Cells) -> Iterator[Absent]:
    one = made.subjects == 1
    counted = bool(courses(cells.keys))
    reasons = {
        "contrasts": "no outcome is measured in two arms after they part",
        "orders": "no outcome is measured in two arms after they part",
        "relapse": "the protocol has no threshold rule (`below` or `first`) along the counts of a condition",
        "survival": "; ".join(one.why for one in made.untimed)
        or "the protocol has no threshold rule (`below` or `first`) along two counts of a condition or more",
        "survival_contrasts": "no two arms have a time to relapse",
        "dose": "every outcome along counts is a setting or yes or no" if counted else "no condition has three counts",
        "traits": "too few subjects, or outcomes and traits that do not vary"
        if any(k.condition == TRAIT for k in cells.keys)
        else "the protocol draws no number for each subject",
        "plans": "one subject has no spread" if one else "no paired difference in %, points or a pure number varies",
        "equivalence": f"no published table of protocol {made.protocol!r} ships with resynapse",
        "clinical": f"no arm is named {', '.join(ARMS)}",
    }
    for part, reason in reasons.items():
        if not getattr(made, part):
            yield Absent(part=part, reason=reason)


def _remarks(made: Analysis, protocol: Protocol, unfinished: int) -> Iterator[str]:
    if unfinished:
        yield f"{unfinished} more subjects are still to come: these are the finished ones."
    if made.subjects == 1:
        yield "One subject: no interval, no spread and no test."
    elif made.subjects < 6:
        yield f"{made.subjects} subjects: intervals are Student's t, which rests on normality that so few cannot show."
    sizes = sorted({d.n for d in made.descriptions})
    if len(sizes) > 1:
        yield f"Not every cell has every subject: n runs from {sizes[0]} to {sizes[-1]}."
    if made.changed and made.equivalence:
        yield f"The protocol differs from the published {made.protocol} in {', '.join(made.changed)}: no replication."
    yield from _endpoints(made.contrasts, protocol)
    yield from censored_remarks(made.descriptions, protocol, made.subjects)
    yield from _unreachable(made.contrasts)


def _endpoints(found: Sequence[Contrast], protocol: Protocol) -> Iterator[str]:
    """Over what p is adjusted, and which primary endpoint has no contrast."""
    if not found:
        return
    if not protocol.primary:
        yield (
            "The protocol names no primary endpoints: p is adjusted over every measured outcome, counts averaged and "
            "settings and duplicates left out. Name a few with `primary` before a run."
        )
        return
    seen = {(base(one.condition), one.outcome) for one in found}
    without = [str(one) for one in protocol.primary if (base(one.condition), one.outcome) not in seen]
    if without:
        yield f"Primary endpoints that no two arms have, or that are settings: {', '.join(without)}."


def _unreachable(found: Sequence[Contrast]) -> Iterator[str]:
    """The pairs of arms in which no p can fall below `LEVEL` after Holm, whatever the data."""
    families: dict[str, list[Contrast]] = {}
    for one in found:
        if one.p_holm is not None and one.p_method == "exact":
            families.setdefault(one.family, []).append(one)
    out_of_reach = [cells for cells in families.values() if smallest_p(max(c.n for c in cells), len(cells)) > LEVEL]
    if out_of_reach:
        most = max(c.n for cells in out_of_reach for c in cells)
        sizes = sorted({len(cells) for cells in out_of_reach})
        over = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        least = smallest_p(most, sizes[0])
        pairs = ", ".join(f"{cells[0].arm} - {cells[0].other}" for cells in out_of_reach)
        where = "no pair of arms" if len(out_of_reach) == len(families) else f"none of {pairs}"
        yield (
            f"With {most} subjects a sign-flip p is never below {smallest_p(most, 1):.3g}; after Holm over {over} "
            f"outcomes it is never below {least:.3g}, so {where} can have a p below {LEVEL:g}. Read the intervals."
        )
