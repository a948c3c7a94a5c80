"""A condition: the name of an assessment and the counts at which it was made, such as ``course=3,15``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

Count = int | float
RESERVED = ",=/"
"""Characters that no name of an arm or a condition has; arms have no `:` either."""
_OF_NUMBERS = frozenset("+-.0123456789eE")


@dataclass(frozen=True, slots=True)
class Condition:
    """A name and its counts, outermost first.

    Counts are written as Python writes them, so that a printed condition parses back to the same text; ``1`` and
    ``1.0`` are equal.

    >>> Condition.parse("course=3,0.5")
    Condition(name='course', counts=(3, 0.5))
    >>> str(Condition("acute").below(25).below(1.0))
    'acute=25,1.0'
    """

    name: str
    counts: tuple[Count, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Condition:
        """From its text; what follows ``=`` and is no list of numbers belongs to the name."""
        return _parsed(text)

    def __str__(self) -> str:
        return f"{self.name}={','.join(map(str, self.counts))}" if self.counts else self.name

    @property
    def count(self) -> Count:
        """The last count.

        Raises
        ------
        IndexError : there is none.
        """
        return self.counts[-1]

    @property
    def within(self) -> Condition:
        """The condition without its last count."""
        return Condition(self.name, self.counts[:-1])

    def below(self, count: Count) -> Condition:
        """The condition with one more count."""
        return Condition(self.name, (*self.counts, count))

    def renamed(self, name: str) -> Condition:
        """The same counts under another name, which may have counts itself."""
        other = Condition.parse(name)
        return Condition(other.name, (*other.counts, *self.counts))

    def beyond(self, meant: str) -> Condition | None:
        """The counts that `meant` leaves open, without a name; None where `meant` is another condition.

        A condition without counts means all of its counts; one with counts means itself.

        >>> Condition.parse("cycle=3").beyond("cycle"), Condition.parse("cycle=3").beyond("cycle=2")
        (Condition(name='', counts=(3,)), None)
        """
        other = _parsed(meant)
        if self == other:
            return Condition("")
        return Condition("", self.counts) if other == Condition(self.name) else None


def base(condition: str) -> str:
    """The name before the counts: ``maintenance`` of ``maintenance=25``."""
    return _parsed(condition).name


def below(condition: str, count: Count) -> str:
    """The text of a condition with one more count: ``maintenance=25``, then ``maintenance=25,10``."""
    return str(_parsed(condition).below(count))


@lru_cache(maxsize=65_536)
def _parsed(text: str) -> Condition:
    name, equals, written = text.partition("=")
    counts = [_number(part) for part in written.split(",")] if equals else []
    found = [count for count in counts if count is not None]
    return Condition(name, tuple(found)) if len(found) == len(counts) else Condition(text)


def _number(text: str) -> Count | None:
    if not set(text) <= _OF_NUMBERS:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None
