"""Plug-ins: extensions from other installed packages, found by their entry points (`GROUPS`).

A package is imported when a protocol is first read or described, or a run is analysed, not before. A plug-in that
cannot be used is reported once, in one warning, and left out; everything else works.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

from resynapse.errors import nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

What = Literal["step", "task", "network", "outcome", "engine", "control", "claim test", "part", "audit section"]
GROUPS: dict[What, str] = {
    "step": "resynapse.steps",
    "task": "resynapse.tasks",
    "network": "resynapse.networks",
    "outcome": "resynapse.outcomes",
    "engine": "resynapse.engines",
    "control": "resynapse.controls",
    "claim test": "resynapse.claim_tests",
    "part": "resynapse.parts",
    "audit section": "resynapse.audit_sections",
}
"""The entry-point group of each part of the vocabulary."""


class PlugInWarning(UserWarning):
    """A plug-in that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugIn:
    """One entry point of an installed package.

    Parameters
    ----------
    what : the part of the vocabulary it belongs to.
    name : as it is written in protocol files.
    package, version : of the distribution that contains it.
    code : digest of the module that defines it; empty where there is no file.
    problem : why it is skipped; empty for one that can be used.
    """

    what: What
    name: str
    package: str
    version: str
    code: str = ""
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.name!r} of {self.package} {self.version}"


_found: dict[What, tuple[PlugIn, ...]] = {}
_joining: set[What] = set()
_lock = RLock()


def admit(what: What, take: Callable[[str, Any], str]) -> None:
    """Load the plug-ins of one group, once in a process.

    Parameters
    ----------
    take : receives a name and the object of the entry point; adds it to the vocabulary and returns an empty text, or
        returns the reason why it cannot.
    """
    if what in _found:
        return
    with _lock:
        # a plug-in may read a protocol while it is imported
        if what in _found or what in _joining:
            return
        _joining.add(what)
        # if two packages use one name, the first gets it; so the order must not depend on the search path
        entries = sorted(_installed()[GROUPS[what]], key=lambda entry: (entry.name, _package(entry)))
        _found[what] = tuple(_admitted(what, entry, take) for entry in entries)
    for skipped in _found[what]:
        if skipped.problem:
            warnings.warn(f"plug-in {skipped} is skipped: {skipped.problem}", PlugInWarning, stacklevel=2)


@cache
def _installed() -> Mapping[str, tuple[EntryPoint, ...]]:
    """The entry points of every group; packages are read once for all of them."""
    from importlib.metadata import entry_points

    every = entry_points()
    return {group: tuple(every.select(group=group)) for group in GROUPS.values()}


def found() -> Iterator[PlugIn]:
    """All plug-ins found so far, including skipped ones."""
    for plugins in _found.values():
        yield from plugins


def unknown(what: What, name: object, allowed: Iterable[str]) -> str:
    """The error message for an unknown name. The cure may be to install a plug-in."""
    for plugin in found():
        if plugin.problem and (plugin.what, plugin.name) == (what, name):
            return f"unknown {what} {name!r}; plug-in {plugin} is skipped: {plugin.problem}"
    hint = nearest(name, allowed)
    if hint.startswith("allowed"):
        hint += "; if a plug-in brings it, install that (`resynapse plugins` lists what is found)"
    return f"unknown {what} {name!r}; {hint}"


def _admitted(what: What, entry: EntryPoint, take: Callable[[str, Any], str]) -> PlugIn:
    code = ""
    try:
        loaded = entry.load()
        code = _digest(entry.module)
        problem = take(entry.name, loaded)
    except (Exception, SystemExit) as error:
        problem = " ".join(f"{type(error).__name__}: {error}".split())
    version = (entry.dist.version if entry.dist else None) or "of unknown version"
    return PlugIn(what=what, name=entry.name, package=_package(entry), version=version, code=code, problem=problem)


def _package(entry: EntryPoint) -> str:
    return (entry.dist.name if entry.dist else None) or "an unknown package"


def _digest(module: str) -> str:
    """Digest of the module's source: an edited plug-in differs from the released one of the same version."""
    import hashlib

    path = getattr(sys.modules.get(module), "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if path else ""
