"""Two runs beside each other, and what changed values do with and without their control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from resynapse.analysis.cells import Floats
from resynapse.analysis.two_runs import Between, between
from resynapse.controls.isolating import takes_away
from resynapse.controls.registry import controls
from resynapse.errors import ResynapseError
from resynapse.lab.commands.changeable import MOST_CHANGES
from resynapse.lab.commands.what_if import NO_CONTROL
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.reading.charts import COLOURS, Chart, Row, axis, noted, rounded, span
from resynapse.lab.reading.marks import NO_MARKS, marks
from resynapse.lab.workspace.found import Found
from resynapse.protocol import Protocol, differences
from resynapse.protocol.prose.titles import Titles, titles_of
from resynapse.runs.store.folder import RunFolder

if TYPE_CHECKING:
    import polars as pl

MOST_SUBJECTS = 2_000
"""Of a run that is compared in the server; larger ones by the command."""
MOST_DIFFERENCES, MOST_ROWS = 40, 60
MOST_ALONE = MOST_CHANGES
Changes = dict[tuple[str, str], tuple[Floats, Floats]]
"""By arm and condition: subjects, and a value of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two runs and all cells of either.

    Parameters
    ----------
    shared : subjects that are in both; the differences are within them.
    tables : of the first and of the second run.
    """

    first: Found
    second: Found
    protocols: tuple[Protocol, Protocol]
    cells: tuple[Between, ...]
    shared: int
    tables: tuple[pl.DataFrame, ...] = ()

    @property
    def paired(self) -> bool:
        """Whether differences are within subjects."""
        return self.shared > 0

    @property
    def both(self) -> list[Between]:
        """Cells that are in both."""
        return [cell for cell in self.cells if cell.difference is not None]


def compare(request: Request) -> Response:
    """The page."""
    lab = lab_of(request)
    runs = [one for one in lab.runs() if one.begun]
    asked = {key: request.query_params.get(key, "") for key in ("first", "second", "control", "arm", "outcome")}
    found = {key: lab.run(asked[key]) for key in ("first", "second") if asked[key]}
    alone = [lab.run(id) for id in request.query_params.getlist("alone")[:MOST_ALONE]]
    content: dict[str, Any] = {
        "runs": runs, "asked": asked, "found": found, "alone": alone, "pair": None, "waiting": [], "answer": "",
    }  # fmt: skip
    if len(found) == 2:
        status = [(one, lab.live.status(one)) for one in (*found.values(), *alone)]
        content["waiting"] = [(one, how) for one, how in status if how.live]
        if not content["waiting"]:
            content.update(_compared(lab, found["first"], found["second"], alone, asked))
    return lab.page(request, "compare.html.j2", **content)


def pair_of(lab: Lab, first: Found, second: Found) -> Pair:
    """Two runs as they are compared.

    Raises
    ------
    ResynapseError : one is too large for a page.
    """
    for one in (first, second):
        if one.subjects > MOST_SUBJECTS:
            raise ResynapseError(f"{one.name}: too large for this page; use `resynapse report FIRST SECOND`")
    tables = tuple(RunFolder(one.path).table() for one in (first, second))
    shared = set(tables[0]["subject"]) & set(tables[1]["subject"]) if first.seed == second.seed else set()
    return Pair(
        first=first, second=second, protocols=(lab.live.protocol(first), lab.live.protocol(second)),
        cells=between(*tables, paired=bool(shared)), shared=len(shared), tables=tables,
    )  # fmt: skip


def _compared(lab: Lab, first: Found, second: Found, alone: list[Found], asked: Mapping[str, str]) -> dict[str, Any]:
    pair = pair_of(lab, first, second)
    titles = titles_of(pair.protocols[1])
    outcomes = list(dict.fromkeys(cell.outcome for cell in pair.both))
    if not outcomes:
        raise ResynapseError("these runs share no arm, condition and outcome; choose two that do")
    named = [end.outcome for end in pair.protocols[1].primary if end.outcome in outcomes]
    outcome = asked["outcome"] if asked["outcome"] in outcomes else [*named, *outcomes][0]
    shown = [cell for cell in pair.both if cell.outcome == outcome]
    changed = differences(*pair.protocols)
    return {
        "pair": pair, "titles": titles, "outcome": outcome, "outcomes": {o: titles.outcome(o) for o in outcomes},
        "same": sum(cell.same for cell in pair.both),
        "differences": changed[:MOST_DIFFERENCES], "more": max(0, len(changed) - MOST_DIFFERENCES), "cells": shown,
        "chart": forest(shown, titles, outcome, within_subjects(pair, outcome)),
        "answer": answer(pair, asked, titles, outcome),
        "each": [each_alone(pair_of(lab, first, one), asked, titles, outcome) for one in alone],
        "decimals": titles.of(outcome).decimals, "rounded": rounded, "span": span,
    }  # fmt: skip


def within_subjects(pair: Pair, outcome: str) -> Changes:
    """What every subject of both runs has more in the second one, by arm and condition; empty where none is in both."""
    if not pair.paired:
        return {}
    import polars as pl

    keys = ["arm", "condition", "subject"]
    first, second = (
        table.filter(pl.col("outcome") == outcome).select(*keys, "value").drop_nulls() for table in pair.tables
    )
    both = first.join(second, on=keys, suffix="_second").sort("subject")
    both = both.with_columns(pl.col("value_second") - pl.col("value"), pl.col("arm", "condition").cast(pl.String))
    return {
        (str(arm), str(condition)): (part["subject"].to_numpy(), part["value_second"].to_numpy())
        for (arm, condition), part in both.group_by("arm", "condition")
    }


def forest(cells: list[Between], titles: Titles, outcome: str, changes: Changes | None = None) -> Chart:
    """The differences of one outcome, a row a cell, each with its subjects."""
    arms = list(dict.fromkeys(cell.arm for cell in cells))
    cells, nobody = cells[:MOST_ROWS], (np.array([]), np.array([]))
    by_cell = [(changes or {}).get((cell.arm, cell.condition), nobody) for cell in cells]
    ends = [e for c in cells for e in (c.difference, c.interval.low, c.interval.high) if e is not None]
    place, ticks = axis(
        [*ends, *(float(end) for _, values in by_cell if len(values) for end in (values.min(), values.max())), 0.0]
    )
    decimals = titles.of(outcome).decimals
    words = partial(rounded, decimals=decimals, signed=True)
    rows = [
        Row(
            name=cell.arm,
            title=f"{titles.arm(cell.arm)}, {titles.condition(cell.condition)}",
            look=arms.index(cell.arm) % COLOURS,
            n=cell.n or cell.second_n,
            mean=rounded(cell.difference, decimals, signed=True),
            interval=span(cell.interval, decimals, signed=True),
            note="the same in every subject" if cell.same else cell.interval.note,
            x=place(cell.difference) if cell.difference is not None else None,
            low=None if cell.interval.low is None else place(cell.interval.low),
            high=None if cell.interval.high is None else place(cell.interval.high),
            marks=NO_MARKS if cell.same or not len(values) else marks(place, subjects, values, words, len(cells)),
        )
        for cell, (subjects, values) in zip(cells, by_cell, strict=True)
    ]
    said, note = noted(rows)
    unit = titles.of(outcome).unit
    of = "points" if unit == "%" else unit
    label = "second minus first" + ("" if of == "1" else f" ({of})")
    return Chart(title=titles.outcome(outcome), axis=label, rows=said, ticks=ticks, zero=place(0.0), note=note)


def answer(pair: Pair, asked: Mapping[str, str], titles: Titles, outcome: str) -> str:
    """What changed values do, in one paragraph; never without their control or the words that there is none."""
    control, arm = asked["control"], asked["arm"]
    if not control:
        return ""
    cells, condition = _cells(pair, arm, outcome)
    if (arm, condition) not in cells:
        return f"{titles.outcome(outcome)} is not measured in both runs in this arm. {NO_CONTROL}."
    decimals = titles.of(outcome).decimals
    said = f"{titles.cell(arm, condition, outcome)}, {_moves(cells[arm, condition], decimals)}."
    said = said[0].upper() + said[1:]
    if control == "none":
        return f"{said} {NO_CONTROL}: what this rests on is open."
    beside = cells.get((f"{arm}:{control}", condition))
    if beside is None:
        return f"{said} The control {control} changes nothing in this arm: what this rests on is open."
    if takes_away(*pair.protocols, arm, control):
        return (
            f"{said} The control {control} takes the change itself away, so that both runs are alike with it: "
            "what this rests on is open."
        )
    isolates = controls()[control].isolates if control in controls() else ""
    moved, still = _moved(cells[arm, condition]), _moved(beside)
    rests = (
        "so the change rests on what the control takes away" if moved and not still
        else "so the change does not rest on what the control takes away" if moved and still
        else "no clear change was shown, so what it rests on was not tested"
    )  # fmt: skip
    return f"{said} With the control {control} it {_moves(beside, decimals)}: {rests}. The control shows: {isolates}"


def each_alone(pair: Pair, asked: Mapping[str, str], titles: Titles, outcome: str) -> tuple[Found, str, str, str]:
    """One of several changes by itself: its run, what it is, what it does, and what it does with the control."""
    control, arm = asked["control"], asked["arm"]
    cells, condition = _cells(pair, arm, outcome)
    decimals = titles.of(outcome).decimals
    there, beside = cells.get((arm, condition)), cells.get((f"{arm}:{control}", condition))
    return (
        pair.second,
        "; ".join(differences(*pair.protocols)),
        _moves(there, decimals) if there is not None else "is not measured",
        _moves(beside, decimals) if beside is not None else NO_CONTROL.lower(),
    )


def _cells(pair: Pair, arm: str, outcome: str) -> tuple[dict[tuple[str, str], Between], str]:
    """The cells of an outcome by arm and condition, and the condition that speaks first in an arm."""
    cells = {(cell.arm, cell.condition): cell for cell in pair.both if cell.outcome == outcome}
    conditions = [condition for name, condition in cells if name == arm]
    ends = [end.condition for end in pair.protocols[1].primary if end.outcome == outcome]
    ranked = [c for end in ends for c in conditions if c == end or c.startswith(f"{end}=")]
    return cells, next(iter([*ranked, *conditions]), "")


def _moved(cell: Between) -> bool:
    low, high = cell.interval.low, cell.interval.high
    return low is not None and high is not None and not low <= 0 <= high


def _moves(cell: Between, decimals: int) -> str:
    size, within = cell.difference or 0.0, span(cell.interval, decimals, signed=True)
    if cell.same:
        return "is the same in every subject, to the last bit"
    if not _moved(cell):
        return f"does not clearly change ({rounded(size, decimals, signed=True)}{f'; {within}' if within else ''})"
    ends = sorted(abs(end) for end in (cell.interval.low, cell.interval.high) if end is not None)
    low, high = (rounded(end, decimals) for end in ends)
    return f"{'falls' if size < 0 else 'rises'} by {rounded(abs(size), decimals)} ({low} to {high})"


ROUTES: list[BaseRoute] = [Route("/compare", compare)]
