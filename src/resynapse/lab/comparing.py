"""Two runs beside each other, and what a changed value does with and without its control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.analysis.two_runs import Between, between
from resynapse.controls.isolating import takes_away
from resynapse.controls.registry import controls
from resynapse.errors import ResynapseError
from resynapse.lab.charts import COLOURS, Chart, Row, axis
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.results_pages import report_policy
from resynapse.lab.session_log import command_line
from resynapse.lab.what_if import NO_CONTROL, parameters_of, proposed
from resynapse.lab.workspace import Found, UnknownError
from resynapse.protocol import Protocol, differences
from resynapse.protocol.prose.titles import Titles, titles_of
from resynapse.report.page.numbers import number
from resynapse.runs.job import find
from resynapse.runs.store.folder import RunFolder

MOST_SUBJECTS = 2_000
"""Of a run that is compared in the server; larger ones by the command."""
MOST_CHANGES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two runs and all cells of either."""

    first: Found
    second: Found
    protocols: tuple[Protocol, Protocol]
    cells: tuple[Between, ...]
    paired: bool

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
    content: dict[str, Any] = {"runs": runs, "asked": asked, "found": found, "pair": None, "waiting": [], "answer": ""}
    if len(found) == 2:
        status = [(one, lab.live.status(one)) for one in found.values()]
        content["waiting"] = [(one, how) for one, how in status if how.live]
        if not content["waiting"]:
            content.update(_compared(lab, found["first"], found["second"], asked))
    return lab.page(request, "compare.html.j2", **content)


def _compared(lab: Lab, first: Found, second: Found, asked: Mapping[str, str]) -> dict[str, Any]:
    for one in (first, second):
        if one.subjects > MOST_SUBJECTS:
            raise ResynapseError(f"{one.name}: too large for this page; use `resynapse report FIRST SECOND`")
    tables = [RunFolder(one.path).table() for one in (first, second)]
    same_seed = first.seed == second.seed
    shared = set(tables[0]["subject"]) & set(tables[1]["subject"]) if same_seed else set()
    pair = Pair(
        first=first, second=second, protocols=(lab.live.protocol(first), lab.live.protocol(second)),
        cells=between(*tables, paired=bool(shared)), paired=bool(shared),
    )  # fmt: skip
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
        "shared": len(shared), "same": sum(cell.same for cell in pair.both), "number": number,
        "differences": changed[:MOST_CHANGES], "more": max(0, len(changed) - MOST_CHANGES), "cells": shown,
        "chart": forest(shown, titles, outcome), "answer": answer(pair, asked, titles, outcome),
    }  # fmt: skip


def forest(cells: list[Between], titles: Titles, outcome: str) -> Chart:
    """The differences of one outcome, a row a cell."""
    arms = list(dict.fromkeys(cell.arm for cell in cells))
    ends = [e for c in cells for e in (c.difference, c.interval.low, c.interval.high) if e is not None]
    place, ticks = axis([*ends, 0.0])
    rows = tuple(
        Row(
            name=cell.arm,
            title=f"{titles.arm(cell.arm)}, {titles.condition(cell.condition)}",
            look=arms.index(cell.arm) % COLOURS,
            n=cell.n or cell.second_n,
            mean=number(cell.difference, signed=True),
            interval=_interval(cell),
            note="the same in every subject" if cell.same else cell.interval.note,
            x=place(cell.difference) if cell.difference is not None else None,
            low=None if cell.interval.low is None else place(cell.interval.low),
            high=None if cell.interval.high is None else place(cell.interval.high),
        )
        for cell in cells[:60]
    )
    unit = titles.of(outcome).unit
    of = "points" if unit == "%" else unit
    label = "second minus first" + ("" if of == "1" else f" ({of})")
    return Chart(title=titles.outcome(outcome), axis=label, rows=rows, ticks=ticks, zero=place(0.0))


def _interval(cell: Between) -> str:
    low, high = cell.interval.low, cell.interval.high
    return "" if low is None or high is None else f"{number(low, signed=True)} to {number(high, signed=True)}"


def answer(pair: Pair, asked: Mapping[str, str], titles: Titles, outcome: str) -> str:
    """What a changed value does, in one paragraph; never without its control or the words that there is none."""
    control, arm = asked["control"], asked["arm"]
    if not control:
        return ""
    conditions = dict.fromkeys(cell.condition for cell in pair.both if cell.arm == arm and cell.outcome == outcome)
    cells = {(cell.arm, cell.condition): cell for cell in pair.both if cell.outcome == outcome}
    ends = [end.condition for end in pair.protocols[1].primary if end.outcome == outcome]
    ranked = [c for end in ends for c in conditions if c == end or c.startswith(f"{end}=")]
    condition = next(iter([*ranked, *conditions]), "")
    if (arm, condition) not in cells:
        return f"{titles.outcome(outcome)} is not measured in both runs in this arm. {NO_CONTROL}."
    said = f"{titles.cell(arm, condition, outcome)}, {_moves(cells[arm, condition])}."
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
    return f"{said} With the control {control} it {_moves(beside)}: {rests}. The control shows: {isolates}"


def _moved(cell: Between) -> bool:
    low, high = cell.interval.low, cell.interval.high
    return low is not None and high is not None and not low <= 0 <= high


def _moves(cell: Between) -> str:
    size, span = cell.difference or 0.0, _interval(cell)
    if cell.same:
        return "is the same in every subject, to the last bit"
    if not _moved(cell):
        return f"does not clearly change ({number(size, signed=True)}{f'; {span}' if span else ''})"
    ends = sorted(abs(end) for end in (cell.interval.low, cell.interval.high) if end is not None)
    return f"{'falls' if size < 0 else 'rises'} by {number(abs(size))} ({number(ends[0])} to {number(ends[1])})"


def what_if(request: Request) -> Response:
    """The form for one changed value."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    if not found.begun:
        raise UnknownError("the run has not begun yet; wait for its first subject")
    protocol = lab.live.protocol(found)
    titles, parameters = titles_of(protocol), parameters_of(protocol)
    path = next(iter(parameters), "")
    arm = arm_of(path, protocol)
    return lab.page(
        request, "what_if.html.j2", run=found, tab="whatif", status=lab.live.status(found),
        parameters=parameters, arms={arm: titles.arm(arm) for arm in protocol.arms}, arm=arm,
        proposal=proposed(protocol, path, arm) if path else None,
        controls={name: one.isolates for name, one in controls().items() if one.role in ("nuisance", "ablation")},
        no_control=NO_CONTROL,
    )  # fmt: skip


def arm_of(path: str, protocol: Protocol) -> str:
    """The arm that a value belongs to; of a value of all arms, the first that is treated."""
    named = [arm for arm in protocol.arms if path.startswith(f"arms.{arm}[")]
    treated = [arm for arm, steps in protocol.arms.items() if steps]
    return [*named, *treated, *protocol.arms][0]


def propose(request: Request) -> Response:
    """The control that isolates a changed value, and why."""
    lab, asked = lab_of(request), request.query_params
    protocol = lab.live.protocol(lab.run(request.path_params["id"]))
    path = asked.get("path", "")
    arm = asked.get("arm") or arm_of(path, protocol)
    found = proposed(protocol, path, arm, asked.get("value", ""))
    return JSONResponse({"arm": arm, "control": found.control or "none", "why": found.why})


def command(request: Request) -> Response:
    """A command that is no single run: an audit, an attribution; its output, runs and report."""
    lab = lab_of(request)
    asked = next((one for one in lab.queue.every() if one.number == request.path_params["number"]), None)
    if asked is None:
        raise UnknownError("no such command in this workspace; choose a run on the page Runs")
    job = find(asked.path) if asked.started else None
    log = asked.path / "job.log"
    output = log.read_text("utf-8", "replace")[-60_000:] if log.is_file() else ""
    below = [one for one in lab.workspace.runs() if one.path.is_relative_to(asked.path)]
    live = not asked.started or (job is not None and job.alive)
    return lab.page(
        request, "command.html.j2", asked=asked, command=command_line(asked.command(lab.workspace.root)), live=live,
        output=output, runs=[(one, lab.live.status(one)) for one in below],
        report=(asked.path / "report.html").is_file(),
    )  # fmt: skip


def command_report(request: Request) -> Response:
    """The report of such a command, sandboxed."""
    lab = lab_of(request)
    for one in lab.queue.every():
        file = one.path / "report.html"
        if one.number == request.path_params["number"] and file.is_file():
            html = lab.workspace.inside(file).read_text("utf-8")
            return HTMLResponse(html, headers={"content-security-policy": report_policy(html)})
    raise UnknownError("this command has no report yet; wait for its end")


ROUTES: list[BaseRoute] = [
    Route("/compare", compare),
    Route("/runs/{id}/whatif", what_if),
    Route("/runs/{id}/whatif/control", propose),
    Route("/commands/{number:int}", command),
    Route("/commands/{number:int}/report", command_report),
]
