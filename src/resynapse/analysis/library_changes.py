"""In which parts a protocol differs from the library's of the same name."""

from __future__ import annotations

from resynapse.protocol import UNNUMBERED, Protocol, dump, library, load


def changes(protocol: Protocol) -> tuple[str, ...]:
    """Parts in which a protocol differs from the library's of the same name.

    Arms left out or added do not count, nor do derived outcomes that are added.
    """
    if not _latest or _latest[0][0] is not protocol:
        _latest[:] = [(protocol, _changes(protocol))]
    return _latest[0][1]


_latest: list[tuple[Protocol, tuple[str, ...]]] = []
"""The protocol that was asked for last, as an analysis asks for one again and again."""


def _changes(protocol: Protocol) -> tuple[str, ...]:
    if protocol.name not in library():
        return ()
    original = load(protocol.name)
    shared = [arm for arm in protocol.arms if arm in original.arms]
    if not shared:
        return ("arms",)
    ours, theirs = dump(protocol.only(shared)), dump(original.only(shared))
    ours["derived"] = [rule for rule in ours["derived"] if rule in theirs["derived"]]
    return tuple(part for part in ours if part not in UNNUMBERED and ours[part] != theirs[part])
