"""Places in a protocol's text: the keys and numbers on the way to a step, a field or a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resynapse.errors import ResynapseError

Place = Sequence[str | int]
BESIDE = ("at", "fork", "share", "arms", "skip", "label", "when", "stream")
"""Keys that may stand beside a step."""
MANY = ("repeat", "sweep")
"""Nodes that do the steps inside more than once."""


def at(document: Any, place: Place) -> Any:
    """What is at a place.

    Raises
    ------
    ResynapseError : nothing is.
    """
    found = document
    for part in place:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            raise ResynapseError(f"nothing is at {'.'.join(map(str, place))} any more; choose a step again") from None
    return found
