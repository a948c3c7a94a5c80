"""An outcome: what is measured, and every fact that tables, figures and tests need to know about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from resynapse.outcomes.examination import Examination

Kind = Literal["accuracy", "other"]
More = Literal["better", "worse", "neither"]


def opposite(more: More) -> More:
    """What less of an outcome is, or more of what is taken from it."""
    return {"better": "worse", "worse": "better", "neither": "neither"}[more]  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an outcome, whether it is measured or derived.

    Parameters
    ----------
    name : as in the results table and the published tables.
    unit : ``%``, ``points``, ``count`` or ``1`` (dimensionless).
    meaning : one sentence.
    title : for people; by default the name with spaces.
    bounds : smallest and largest possible value; by default 0 to 100 of a %, and none otherwise.
    digits : decimals in tables; by default 1 of a % and of points, and 3 otherwise.
    setting : it follows from the protocol by arithmetic: its agreement shows that the settings are the article's.
    more : whether more of it is better, worse or neither.
    kind : ``accuracy`` or another one.
    flag : it is 0 or 100 in each subject, so that a mean is a % of subjects.
    family : what it is defined under: the name without its number and without ``as``.
    strength : the number in the name; None outside a family.
    strength_of : what the number is, such as ``sd of internal noise``.
    """

    name: str
    unit: str
    meaning: str
    _: KW_ONLY
    title: str = ""
    bounds: tuple[float, float] | None = None
    digits: int | None = None
    setting: bool = False
    more: More = "neither"
    kind: Kind = "other"
    flag: bool = False
    family: str = ""
    strength: float | None = None
    strength_of: str = ""

    def __post_init__(self) -> None:
        by_unit = {
            "title": self.name.replace("_", " "),
            "bounds": (0.0, 100.0) if self.unit == "%" else None,
            "digits": 1 if self.unit in ("%", "points") else 3,
            "family": self.name,
        }
        for field, value in by_unit.items():
            if getattr(self, field) in ("", None):
                object.__setattr__(self, field, value)

    @property
    def decimals(self) -> int:
        """Decimals in tables."""
        return 3 if self.digits is None else self.digits


@dataclass(frozen=True, slots=True)
class Outcome(Facts):
    """A named measurement, with the facts about it.

    Parameters
    ----------
    measure : maps an examination to a number, or to None where the outcome has no value; then nothing is stored.
    ceiling : the largest value that can be measured; a value equal to it is censored (this or more).
    marked : it measures change, and needs a mark to measure from.
    layer : the layer of weights that it is about, from 1 (the inputs') to the last (the classes').
    disturbed : noise is drawn for it, so that its strength can be calibrated.
    in_time : it is measured with noise in some steps of a sequence alone, which not every network can have.
    """

    measure: Callable[[Examination], float | None]
    _: KW_ONLY
    ceiling: float | None = None
    marked: bool = False
    layer: int | None = None
    disturbed: bool = False
    in_time: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Outcomes that differ in one number, which is part of the name: ``acc_internal_1.5``.

    Parameters
    ----------
    name : what precedes the number.
    build : the outcome of a full name and its number, 0 or more.
    strength_of : what the number is, such as ``sd of internal noise``.
    """

    name: str
    build: Callable[[str, float], Outcome]
    strength_of: str = ""
