"""Which published cells are results of their own, from the protocol and the tables alone.

A share of relapse is arithmetic on the probe, two outcomes may be one measurement under two names, a trajectory is
looked at many times, and a cell without spread is no test of anything. Counting all of them as agreements counts one
result several times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from resynapse.analysis.cells import Cell as Key
from resynapse.analysis.cells import Cells, courses
from resynapse.analysis.families import SETTINGS
from resynapse.protocol import Protocol
from resynapse.publication.comparison import Cell

LOOKED_AT = 20
"""Subjects by which it is seen that a cell is a function of others; a rule is arithmetic, so that more add nothing."""

Kind = Literal["own", "trajectory", "repeat", "constant", "function"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a measured cell is beside the other published cells.

    Parameters
    ----------
    kind : ``function``: a derived rule computes it from other published cells of its arm, in every subject;
        ``repeat``: equal to an earlier cell in every subject of every arm, here and in print; ``constant``: its
        published SD is 0; ``trajectory``: one of several looks along the counts of a condition; ``own``: none of these.
    of : the cell it repeats, or the trajectory it belongs to; empty for the others.
    """

    kind: Kind
    of: str = ""


def standings(compared: Sequence[Cell], cells: Cells, protocol: Protocol) -> dict[Key, Standing]:
    """The standing of every measured cell; the first kind that applies, in the order function, repeat, constant."""
    measured = {Key(c.arm, c.condition, c.outcome): c for c in compared if c.outcome not in SETTINGS}
    functions = set(_functions(measured, cells, protocol))
    repeats = dict(_repeats(measured, cells))
    tracks = {
        compared_key: f"{arm} {outcome} along {within}"
        for (arm, within, outcome), points in courses(list(measured)).items()
        if len(points) > 1
        for compared_key in (list(measured)[place] for _, place in points)
    }
    return {
        key: _standing(key, cell, functions, repeats, tracks)
        for key, cell in measured.items()
    }  # fmt: skip


def separate(found: Sequence[Standing]) -> int:
    """The most results of their own that the cells can be: cells of their own, and one for each trajectory."""
    own = sum(one.kind == "own" for one in found)
    return own + len({one.of for one in found if one.kind == "trajectory"})


def _standing(key: Key, cell: Cell, functions: set[Key], repeats: dict[Key, str], tracks: dict[Key, str]) -> Standing:
    if key in functions:
        return Standing(kind="function")
    if key in repeats:
        return Standing(kind="repeat", of=repeats[key])
    if cell.published_sd == 0.0:
        return Standing(kind="constant")
    return Standing(kind="trajectory", of=tracks[key]) if key in tracks else Standing(kind="own")


def _functions(measured: dict[Key, Cell], cells: Cells, protocol: Protocol) -> Iterator[Key]:
    """Cells that a derived rule gives from the other published cells of the arm alone, in every subject looked at."""
    columns = {key: cells.values[:LOOKED_AT, place] for place, key in enumerate(cells.keys) if key in measured}
    for arm in dict.fromkeys(key.arm for key in columns):
        own = {key: column for key, column in columns.items() if key.arm == arm}
        right: dict[Key, bool] = {}
        for subject in range(min(LOOKED_AT, len(cells.subjects))):
            values = {(k.condition, k.outcome): float(v[subject]) for k, v in own.items() if not np.isnan(v[subject])}
            for rule in protocol.derived:
                for condition, value in rule.values({k: v for k, v in values.items() if k[1] != rule.outcome}):
                    key = Key(arm, condition, rule.outcome)
                    if key in own and (condition, rule.outcome) in values:
                        same = abs(values[condition, rule.outcome] - value) <= 1e-9 * max(1.0, abs(value))
                        right[key] = right.get(key, True) and same
        yield from (key for key, same in right.items() if same)


def _repeats(measured: dict[Key, Cell], cells: Cells) -> Iterator[tuple[Key, str]]:
    """Cells whose outcome equals an earlier one at the condition, in every arm that has both, and varies in one."""
    for condition in dict.fromkeys(key.condition for key in measured):
        outcomes = list(dict.fromkeys(key.outcome for key in measured if key.condition == condition))
        for place, later in enumerate(outcomes):
            for earlier in outcomes[:place]:
                arms = [
                    arm
                    for arm in cells.arms
                    if {Key(arm, condition, earlier), Key(arm, condition, later)} <= measured.keys()
                ]
                if arms and _equal(measured, cells, arms, condition, earlier, later):
                    yield from ((Key(arm, condition, later), f"{arm} {condition} {earlier}") for arm in arms)
                    break


def _equal(
    measured: dict[Key, Cell], cells: Cells, arms: Sequence[str], condition: str, earlier: str, later: str
) -> bool:
    varies = False
    for arm in arms:
        one, other = measured[Key(arm, condition, earlier)], measured[Key(arm, condition, later)]
        a, b = cells.column(arm, condition, earlier), cells.column(arm, condition, later)
        if a is None or b is None or not np.array_equal(a, b, equal_nan=True):
            return False
        if (one.published_mean, one.published_sd) != (other.published_mean, other.published_sd):
            return False
        varies = varies or len(np.unique(a[~np.isnan(a)])) > 1
    return varies
