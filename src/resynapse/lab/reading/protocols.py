"""Which protocol an address names: one of the library, or a file of the workspace."""

from __future__ import annotations

from functools import lru_cache

from resynapse.errors import nearest
from resynapse.lab.security.tables_inside import load_inside
from resynapse.lab.workspace.workspace import UnknownError, Workspace
from resynapse.protocol import LIBRARY_GROUPS, Protocol, load

LIBRARY, MINE = "library", "mine"


def protocol_of(workspace: Workspace, source: str, name: str) -> Protocol:
    """The protocol of an address.

    Raises
    ------
    UnknownError : there is none.
    ProtocolError : its file cannot be read.
    """
    if source == MINE:
        return load_inside(workspace.protocol(name), workspace)
    if source != LIBRARY or name not in _names():
        raise UnknownError(f"no protocol {name!r} in the library; {nearest(name, _names())}")
    return shipped(name)


def argument_of(workspace: Workspace, source: str, name: str) -> str:
    """What a command calls the protocol."""
    if source != MINE:
        return name
    return workspace.protocol(name).relative_to(workspace.root).as_posix()


def _names() -> tuple[str, ...]:
    return tuple(name for group in LIBRARY_GROUPS.values() for name in group)


@lru_cache(maxsize=64)
def shipped(name: str) -> Protocol:
    """A protocol of the library."""
    return load(name)
