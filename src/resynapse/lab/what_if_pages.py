"""Pages on which values are changed: the form, and the control that it proposes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.lab.context import lab_of
from resynapse.lab.what_if import MOST_CHANGES, NO_CONTROL, parameters_of, proposed, usable_controls
from resynapse.lab.workspace import UnknownError
from resynapse.protocol import Protocol
from resynapse.protocol.prose.titles import titles_of


def what_if(request: Request) -> Response:
    """The form for changed values and their control, and for an attribution."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    if not found.begun:
        raise UnknownError("the run has not begun yet; wait for its first subject")
    protocol = lab.live.protocol(found)
    titles, parameters = titles_of(protocol), parameters_of(protocol)
    groups: dict[str, dict[str, str]] = {}
    for path, value in parameters.items():
        groups.setdefault(value.group, {})[path] = value.words
    first = next(iter(parameters), "")
    arm = arm_of(first, protocol)
    return lab.page(
        request, "what_if.html.j2", run=found, tab="whatif", status=lab.live.status(found),
        groups=groups, arms={arm: titles.arm(arm) for arm in protocol.arms}, arm=arm, most=MOST_CHANGES,
        proposal=proposed(protocol, [(first, "")], arm) if first else None,
        controls=usable_controls(protocol), no_control=NO_CONTROL,
    )  # fmt: skip


def arm_of(path: str, protocol: Protocol) -> str:
    """The arm that a value belongs to; of a value of all arms, the first that is treated."""
    named = [arm for arm in protocol.arms if path.startswith(f"arms.{arm}[")]
    treated = [arm for arm, steps in protocol.arms.items() if steps]
    return [*named, *treated, *protocol.arms][0]


def propose(request: Request) -> Response:
    """The control that isolates changed values, and why."""
    lab, asked = lab_of(request), request.query_params
    protocol = lab.live.protocol(lab.run(request.path_params["id"]))
    paths, values = asked.getlist("path"), asked.getlist("value")
    arm = asked.get("arm") or arm_of(paths[0] if paths else "", protocol)
    found = proposed(protocol, [*zip(paths, values, strict=False)][:MOST_CHANGES], arm)
    return JSONResponse({"arm": arm, "control": found.control or "none", "why": found.why})


ROUTES: list[BaseRoute] = [
    Route("/runs/{id}/whatif", what_if),
    Route("/runs/{id}/whatif/control", propose),
]
