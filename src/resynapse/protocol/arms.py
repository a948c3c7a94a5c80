"""The name of an arm: one of the protocol, or ``ARM:CONTROL`` for one that a control made."""

from __future__ import annotations

from dataclasses import dataclass

BY = ":"
"""Between an arm and its control; no arm of a protocol file has it in its name."""


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm, and the control that changed it; empty for none.

    >>> Arm.parse("ketamine:sham").control, str(Arm("ssri", "no-gain"))
    ('sham', 'ssri:no-gain')
    """

    name: str
    control: str = ""

    @classmethod
    def parse(cls, text: str) -> Arm:
        """From its text."""
        name, _, control = text.partition(BY)
        return cls(name, control)

    def __str__(self) -> str:
        return f"{self.name}{BY}{self.control}" if self.control else self.name
