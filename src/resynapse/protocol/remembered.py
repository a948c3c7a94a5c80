"""What was computed from parts that did not change: a changed protocol shares most of its parts with the former one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Remembered(Generic[Result]):
    """Results by the identity of what they were computed from.

    Equality would not do: counts of 1 and 1.0 are equal, and print differently.

    Parameters
    ----------
    most : results that are kept, the latest ones.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._kept: dict[Hashable, tuple[tuple[object, ...], Result]] = {}

    def of(self, parts: tuple[object, ...], make: Callable[[], Result], *, also: Hashable = None) -> Result:
        """The result of the same parts, or that of `make`.

        Parameters
        ----------
        parts : never changed in place; they are kept, so that nothing else gets their identity.
        also : what the result depends on beside them, by equality.
        """
        key = (*map(id, parts), also)
        found = self._kept.get(key)
        if found is None:
            found = (parts, make())
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > self._most:
                    del self._kept[next(iter(self._kept))]
        return found[1]
