"""The region in which a conclusion holds: a grid over the two constants that matter most, and other thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from resynapse.analysis.cells import Cells
from resynapse.audits.constants import CONSTANTS, DUMMY, Constant
from resynapse.audits.findings import Status
from resynapse.audits.linear_contrasts import combinations
from resynapse.audits.matrix import status_of
from resynapse.audits.perturbations import moved, variants
from resynapse.audits.scenarios import Scenario, thresholds
from resynapse.audits.section import AuditSection, Evidence, Note, Stage, Table
from resynapse.audits.sensitivity import Index, first_durations
from resynapse.audits.trimmed import trimmed
from resynapse.controls.registry import control_named
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.protocol.variants import Variant

SHARES = (0.0, 1 / 3, 2 / 3, 1.0)
"""Of the range of each constant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """One claim at one point of the grid.

    Parameters
    ----------
    claim : its id.
    first, second : the constants, and `first_level`, `second_level` their levels in every arm that has them.
    threshold : in words; empty for the protocol's own.
    status : status of all tests of the claim.
    """

    claim: str
    first: str
    first_level: float
    second: str
    second_level: float
    threshold: str
    status: Status


def directions(found: Iterable[Index]) -> tuple[Constant, ...]:
    """The two constants with the largest effects: the mean, over quantities, of an effect's share of the largest."""
    sums: dict[str, float] = {}
    found = tuple(index for index in found if index.factor != DUMMY.name)
    for quantity in {index.quantity for index in found}:
        here = [index for index in found if index.quantity == quantity]
        largest = max(index.effect for index in here)
        best: dict[str, float] = {}
        for index in here:
            best[index.constant] = max(best.get(index.constant, 0.0), index.effect / largest if largest else 0.0)
        for constant, share in best.items():
            sums[constant] = sums.get(constant, 0.0) + share
    ranked = sorted(sums, key=lambda name: (-sums[name], name))[:2]
    return tuple(constant for name in ranked for constant in CONSTANTS if constant.name == name)


def grid(protocol: Protocol, along: tuple[Constant, ...]) -> Protocol:
    """The tree of the map: one variant an arm and point, followed over the first duration, with other thresholds."""
    plain = replace(first_durations(protocol, 1), claims=(), variants={})
    routes = plain.routes
    added: dict[str, Variant] = {}
    for name, levels in _points(along):
        added.update(variants(name, {arm: moved(routes[arm], levels) for arm in plain.arms}))
    rules = tuple(rule for rule in control_named("threshold-sweep").rules(plain) if rule not in plain.derived)
    return replace(plain, variants=added, derived=(*plain.derived, *rules))


def _points(along: tuple[Constant, ...]) -> Iterator[tuple[str, tuple[tuple[Constant, float], ...]]]:
    for number, point in enumerate((a, b) for a in SHARES for b in SHARES):
        yield f"map.{number}", tuple((c, c.level(share)) for c, share in zip(along, point, strict=True))


def mapped(claims: Iterable[Claim], cells: Cells, tree: Protocol, along: tuple[Constant, ...]) -> tuple[MapPoint, ...]:
    """Every claim at every point of the grid and, where it has one, at every threshold."""
    made = []
    for claimed, reading in (named for claim in claims for named in claim.named):
        if any(not combinations(test, cells.index).parts for test in reading.tests):
            continue
        used = {measure.outcome for test in reading.tests for measure in test.measures}
        other = {name: renamed for name, renamed in thresholds(tree).items() if used & set(renamed)}
        for name, levels in _points(along):
            arms = {v.of: variant for variant, v in tree.variants.items() if v.control == name}
            for threshold, outcomes in {"": {}, **other}.items():
                status, _ = status_of(reading, cells, Scenario(name=name, arms=arms, outcomes=outcomes))
                made.append(
                    MapPoint(
                        claim=claimed,
                        first=along[0].name,
                        first_level=float(np.round(levels[0][1], 4)),
                        second=along[1].name,
                        second_level=float(np.round(levels[1][1], 4)),
                        threshold=threshold,
                        status=status,
                    )
                )
    return tuple(made)


def _later(evidence: Evidence, note: Note) -> Iterator[Stage]:
    """The grid, once the screening says which constants it is over."""
    for stage, _ in evidence.of("sensitivity")[:1]:
        along = directions(index for index in evidence.found["sensitivity"] if index.method == "Morris")
        if len(along) < 2:
            note("map: left out, as the screening tells no two constants apart; it needs more subjects")
            continue
        note(f"map: {' and '.join(constant.name for constant in along)} have the largest effects")
        tree = trimmed(grid(evidence.planned.source, along), evidence.planned.claims)
        yield Stage(name="map", protocol=tree, subjects=stage.subjects, design=along)


def _judge(evidence: Evidence) -> tuple[MapPoint, ...]:
    claims = evidence.planned.claims
    return tuple(
        point
        for stage, table in evidence.of(SECTION.name)
        for point in mapped(claims, Cells.of(table, stage.protocol), stage.protocol, stage.design)
    )


def _tables(found: Sequence[MapPoint], _: int) -> Iterator[Table]:
    """One row a claim and threshold, one column a point: + holds, - fails, ? open."""
    if not found:
        return
    signs = {"holds": "+", "fails": "-", "open": "?", "missing": " "}
    one = found[0]
    firsts = list(dict.fromkeys(p.first_level for p in found))
    rows = []
    for claim, threshold in dict.fromkeys((p.claim, p.threshold) for p in found):
        here = [p for p in found if p.claim == claim and p.threshold == threshold]
        shown = ("".join(signs[p.status] for p in here if p.first_level == level) for level in firsts)
        rows.append((f"{claim}, {threshold}" if threshold else claim, *shown))
    seconds = " ".join(f"{level:g}" for level in dict.fromkeys(p.second_level for p in found))
    axes = f"{one.first} in columns; {one.second} at {seconds} within"
    title = f"Where each claim holds (+), fails (-) or is open (?): {axes}"
    yield Table(title, ("claim", *(f"{level:g}" for level in firsts)), tuple(rows))


SECTION = AuditSection(name="map", judge=_judge, tables=_tables, later=_later)
