"""Controls applied one after the other, as one value: ``no-gain+many-draws``."""

from __future__ import annotations

from dataclasses import dataclass

AND = "+"
"""Between the names of controls; no control has it in its own name."""


@dataclass(frozen=True, slots=True)
class Combined:
    """Controls in the order in which they were applied.

    >>> Combined.parse("no-gain+many-draws").last, str(Combined(("sham",)).then("no-decay"))
    ('many-draws', 'sham+no-decay')
    """

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Combined:
        """From the text that a variant stores; empty for no control."""
        return cls(tuple(text.split(AND)) if text else ())

    def __str__(self) -> str:
        return AND.join(self.names)

    @property
    def before(self) -> Combined:
        """All but the last one."""
        return Combined(self.names[:-1])

    @property
    def last(self) -> str:
        """The one that was applied last; empty for none."""
        return self.names[-1] if self.names else ""

    def then(self, name: str) -> Combined:
        """These, and another one after them."""
        return Combined((*self.names, name))
