"""Pages on which values are changed: the form, and the control that it proposes."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.errors import ResynapseError
from resynapse.lab.commands.changeable import MOST_CHANGES, Value, checked_changes, parameters_of
from resynapse.lab.commands.starting import check_cohort
from resynapse.lab.commands.what_if import (
    NO_CONTROL,
    Answering,
    Base,
    planned_runs,
    proposed,
    start_runs,
    usable_controls,
)
from resynapse.lab.context import Lab, lab_of, path_of
from resynapse.lab.pages.costs import cost_of, to_confirm
from resynapse.lab.pages.forms import cohort, fields, go, listed, whole
from resynapse.lab.reading.protocols import protocol_of
from resynapse.lab.workspace.found import Found, run_id
from resynapse.lab.workspace.workspace import UnknownError
from resynapse.protocol import Protocol, load
from resynapse.protocol.prose.titles import titles_of

DOSE, DOSE_ARM = "arms.ketamine[0].drug.gain", "ketamine"


def what_if(request: Request) -> Response:
    """The form for changed values and their control, of a run or of a protocol that has yet to be run."""
    lab, place = lab_of(request), path_of(request)
    protocol, found = _changeable(request)
    titles, parameters = titles_of(protocol), parameters_of(protocol)
    groups: dict[str, dict[str, Value]] = {}
    for path, value in parameters.items():
        if not value.of_many:
            groups.setdefault(value.group, {})[path] = value
    first = next(iter(parameters), "")
    arm = arm_of(first, protocol)
    return lab.page(
        request, "what_if.html.j2", run=found, tab="whatif", status=lab.live.status(found) if found else None,
        name=found.name if found else request.path_params["name"], place=place.removesuffix("/whatif"),
        groups=groups, arms={arm: titles.arm(arm) for arm in protocol.arms}, arm=arm, most=MOST_CHANGES,
        proposal=proposed(protocol, [(first, "")], arm) if first else None,
        controls=usable_controls(protocol), no_control=NO_CONTROL,
    )  # fmt: skip


def _changeable(request: Request) -> tuple[Protocol, Found | None]:
    """The protocol whose values are changed, and its run where there is one.

    Raises
    ------
    ResynapseError : there is none, or its run has not begun.
    """
    lab, named = lab_of(request), request.path_params
    if "id" not in named:
        return protocol_of(lab.workspace, named["source"], named["name"]), None
    found = lab.run(named["id"])
    if not found.begun:
        raise UnknownError("the run has not begun yet; wait for its first subject")
    return lab.live.protocol(found), found


def arm_of(path: str, protocol: Protocol) -> str:
    """The arm that a value belongs to; of a value of all arms, the first that is treated."""
    named = [arm for arm in protocol.arms if path.startswith(f"arms.{arm}[")]
    treated = [arm for arm, steps in protocol.arms.items() if steps]
    return [*named, *treated, *protocol.arms][0]


def propose(request: Request) -> Response:
    """The control that isolates changed values, and why."""
    asked, (protocol, _) = request.query_params, _changeable(request)
    paths, values = asked.getlist("path"), asked.getlist("value")
    arm = asked.get("arm") or arm_of(paths[0] if paths else "", protocol)
    found = proposed(protocol, [*zip(paths, values, strict=False)][:MOST_CHANGES], arm)
    return JSONResponse({"arm": arm, "control": found.control or "none", "why": found.why})


async def change_dose(request: Request) -> Response:
    """The last step of the story: another gain of a drug in `demo`, with the control that isolates it."""
    lab, content = lab_of(request), await fields(request)
    base, value = Base(protocol=load("demo"), subjects=4, seed=0), str(content.get("value", ""))
    known = await run_in_threadpool(parameters_of, base.protocol)
    changes = checked_changes([DOSE], [value], known)
    control = (await run_in_threadpool(proposed, base.protocol, [(DOSE, value)], DOSE_ARM)).control
    return _answered(request, await run_in_threadpool(start_runs, lab, base, changes, control), control, DOSE_ARM)


class Asking(NamedTuple):
    """What a form asks for, checked."""

    lab: Lab
    base: Base
    changes: list[str]
    control: str
    alone: bool


async def _asking(request: Request, content: dict[str, Any]) -> Asking:
    lab, (protocol, found) = lab_of(request), await run_in_threadpool(_changeable, request)
    known = await run_in_threadpool(parameters_of, protocol)
    changes = checked_changes(listed(content, "path"), listed(content, "value"), known)
    control = str(content.get("control", ""))
    if not control:
        raise ResynapseError("control: choose one, or say that none is chosen")
    chosen = "" if control == "none" else control
    if found is not None:
        base = Base.of(lab, found)
    else:
        base = Base(protocol=protocol, subjects=cohort(content), seed=whole(content, "seed", 0) or 0)
        check_cohort(protocol, base.subjects, base.seed)
    return Asking(lab, base, changes, chosen, content.get("alone") == "yes")


async def cost_of_what_if(request: Request) -> Response:
    """What the runs of a what-if will cost; nothing is said before every new value is there."""
    content = await fields(request)
    if not all(value.strip() for value in listed(content, "value")):
        return JSONResponse({"sentence": "The cost is estimated as soon as there is a new value."})
    asking = await _asking(request, content)
    return await cost_of(asking.lab, await run_in_threadpool(planned_runs, *asking))


async def start_what_if(request: Request) -> Response:
    """Start the runs that changed values and their control need."""
    content = await fields(request)
    asking = await _asking(request, content)
    question = await to_confirm(asking.lab, content, await run_in_threadpool(planned_runs, *asking))
    if question is not None:
        return question
    runs = await run_in_threadpool(start_runs, *asking)
    return _answered(request, runs, asking.control, str(content.get("arm", "")))


def _answered(request: Request, runs: Answering, control: str, arm: str) -> Response:
    """To the page that waits for the runs and answers."""
    query = {"first": run_id(runs.base), "second": run_id(runs.changed), "control": control or "none", "arm": arm}
    return go(request, "/compare", {**query, "alone": [run_id(one) for one in runs.alone]})


_OF = ("/runs/{id}", "/protocols/{source}/{name}")
ROUTES: list[BaseRoute] = [
    route for of in _OF for route in (Route(f"{of}/whatif", what_if), Route(f"{of}/whatif/control", propose))
]
WRITING: list[BaseRoute] = [
    Route("/api/story/dose", change_dose, methods=["POST"]),
    *(Route(f"/api{of}/whatif", start_what_if, methods=["POST"]) for of in _OF),
    *(Route(f"/api{of}/whatif/cost", cost_of_what_if, methods=["POST"]) for of in _OF),
]
