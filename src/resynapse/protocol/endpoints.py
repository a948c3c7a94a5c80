"""Primary endpoints: the few outcomes that a protocol names before it is run, over which p values are adjusted."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from resynapse.errors import ProtocolError, nearest

MOST = 50
"""Most endpoints: a family of more adjusts every finding away."""
FORM = r"^\s*\S+ at \S+\s*$"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An outcome at a condition; a condition without its counts means the mean over them within the subject.

    >>> Endpoint.parse("acc_biased_1.0 at maintenance").condition
    'maintenance'
    """

    outcome: str
    condition: str

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """From ``OUTCOME at CONDITION``.

        Raises
        ------
        ProtocolError : it has another form.
        """
        match = re.fullmatch(r"\s*(\S+) at (\S+)\s*", text)
        if match is None:
            raise ProtocolError(f"{text!r} names no endpoint; write it such as acc_combined at acute")
        return cls(*match.groups())

    def __str__(self) -> str:
        return f"{self.outcome} at {self.condition}"


Known = Mapping[str, Collection[str]]
"""The outcomes measured at each condition, with and without counts."""


def known_among(endpoints: Sequence[Endpoint], known: Known) -> tuple[Endpoint, ...]:
    """Those of the endpoints that have values."""
    return tuple(one for one in endpoints if one.outcome in known.get(one.condition, ()))


def check_endpoints(endpoints: Sequence[Endpoint], known: Known) -> None:
    """Refuse endpoints without values, the same one twice, and too many.

    Raises
    ------
    ProtocolError : names which, where, and what is allowed.
    """
    if len(endpoints) > MOST:
        raise ProtocolError(f"{len(endpoints)} primary endpoints; at most {MOST} are possible", ("primary",))
    for index, one in enumerate(endpoints):
        where = ("primary", index)
        if one in endpoints[:index]:
            raise ProtocolError(f"duplicate '{one}'; name each endpoint once", where)
        if one.condition not in known:
            raise ProtocolError(
                f"'{one}' reads a condition at which no arm is assessed; {nearest(one.condition, sorted(known))}", where
            )
        if one.outcome not in known[one.condition]:
            raise ProtocolError(
                f"'{one}' reads an outcome that is not measured there; "
                f"{nearest(one.outcome, sorted(known[one.condition]))}",
                where,
            )
