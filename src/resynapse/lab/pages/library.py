"""Pages about protocols: the shelves, and one protocol with its tree, parameters and claims."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resynapse.errors import ResynapseError
from resynapse.lab.context import Lab, lab_of
from resynapse.lab.reading.protocols import LIBRARY, MINE, argument_of, protocol_of, shipped
from resynapse.lab.security.tables_inside import load_inside
from resynapse.protocol import LIBRARY_GROUPS, Protocol, parameters
from resynapse.protocol.prose.sentences import lines


class Entry(NamedTuple):
    """A protocol on a shelf."""

    source: str
    name: str
    title: str
    problem: str = ""


def mine(lab: Lab) -> list[Entry]:
    """The protocols of the workspace; one that cannot be read says why."""
    found = []
    for name, path in lab.workspace.protocols().items():
        try:
            found.append(
                Entry(MINE, name, load_inside(lab.workspace.inside(path), lab.workspace).title or "No title yet")
            )
        except ResynapseError as error:
            found.append(Entry(MINE, name, "", str(error)))
    return found


def home(request: Request) -> Response:
    """The first page."""
    lab = lab_of(request)
    runs = lab.runs()
    shown = [(run, lab.live.status(run)) for run in runs[:6]]
    return lab.page(
        request, "home.html.j2", runs=shown, count=len(runs), mine=mine(lab), folder=lab.workspace.root.name
    )


def shelves(request: Request) -> Response:
    """Every protocol by shelf."""
    lab = lab_of(request)
    wanted = request.query_params.get("q", "").strip().lower()
    library = {
        group: [Entry(LIBRARY, name, shipped(name).title) for name in names] for group, names in LIBRARY_GROUPS.items()
    }
    own = mine(lab)
    if wanted:
        library = {shelf: [e for e in found if _matches(e, wanted)] for shelf, found in library.items()}
        own = [entry for entry in own if _matches(entry, wanted)]
    return lab.page(request, "protocols.html.j2", shelves=library, mine=own, q=request.query_params.get("q", ""))


def _matches(entry: Entry, wanted: str) -> bool:
    return all(word in f"{entry.name} {entry.title}".lower() for word in wanted.split())


def protocol(request: Request) -> Response:
    """One protocol."""
    lab = lab_of(request)
    source, name = request.path_params["source"], request.path_params["name"]
    found = protocol_of(lab.workspace, source, name)
    return lab.page(
        request,
        "protocol.html.j2",
        protocol=found,
        source=source,
        name=name,
        argument=argument_of(lab.workspace, source, name),
        induction=list(lines(found.induction)),
        arms={arm: list(lines(path)) for arm, path in found.arms.items()},
        follow_up=list(lines(found.follow_up)),
        parameters=parameters(found),
        titles=_titles(found),
    )


def _titles(protocol: Protocol) -> dict[str, str]:
    from resynapse.protocol.prose.titles import titles_of

    titles = titles_of(protocol)
    return {arm: titles.arm(arm) for arm in protocol.routes}


ROUTES = [
    Route("/", home),
    Route("/protocols", shelves),
    Route("/protocols/{source}/{name}", protocol),
]
