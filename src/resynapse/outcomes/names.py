"""The name of an outcome as an assessment writes it: what is measured, and the name under which results store it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_NUMBERED = re.compile(r"(.+)_([0-9]+(?:[.][0-9]+)?)")
_AS = " as "


@dataclass(frozen=True, slots=True)
class OutcomeName:
    """``X``, or ``X as Y``: X, stored as Y.

    >>> OutcomeName.parse("acc_biased_1.5 as stress_test").stored
    'stress_test'
    >>> str(OutcomeName.parse("acc_biased_1.5 as stress_test").at(2))
    'acc_biased_2 as stress_test'
    """

    measured: str
    alias: str = ""

    @classmethod
    def parse(cls, text: str) -> OutcomeName:
        """From its text."""
        return _parsed(text)

    def __str__(self) -> str:
        return f"{self.measured}{_AS}{self.alias}" if self.alias else self.measured

    @property
    def stored(self) -> str:
        """The name in the results."""
        return self.alias or self.measured

    @property
    def numbered(self) -> tuple[str, str] | None:
        """What precedes the number at the end of what is measured, and the number as written; None without one."""
        match = _NUMBERED.fullmatch(self.measured)
        return None if match is None else (match[1], match[2])

    def at(self, strength: float) -> OutcomeName:
        """The same outcome at another strength.

        Raises
        ------
        ValueError : the name has no number.
        """
        if self.numbered is None:
            raise ValueError(f"{self.measured!r} has no strength")
        # names have no exponents
        number = f"{strength:.9f}".rstrip("0").rstrip(".")
        return replace(self, measured=f"{self.numbered[0]}_{number}")


@lru_cache(maxsize=4096)
def _parsed(text: str) -> OutcomeName:
    measured, _, alias = text.partition(_AS)
    return OutcomeName(measured, alias)
