"""Subjects in a row of a chart: one by one as long as a page can hold them, and as a band where they are too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resynapse.analysis.cells import Floats

MOST_DOTS, MOST_DRAWN = 200, 1_000
"""Most subjects of a row that are drawn with a name each, and most that are drawn at all; of more, nine in ten."""
MOST_NAMED, MOST_MARKS = 1_200, 60_000
"""The same of all rows of a chart: a dot with a name takes 300 bytes of a page, one without takes ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One subject, in % of the width and of the height."""

    subject: int
    x: float
    y: float
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a row shows of its subjects; without any, they are not shown.

    Parameters
    ----------
    dots : each of them, by name.
    cloud : each of them without a name: a path in thousandths of the width and hundredths of the height.
    band : where nine in ten are, in % of the width.
    """

    dots: tuple[Dot, ...] = ()
    cloud: str = ""
    band: tuple[float, float] | None = None

    @property
    def any(self) -> bool:
        """Whether subjects are shown."""
        return bool(self.dots or self.cloud or self.band)


NO_MARKS = Marks()


def marks(
    place: Callable[[float], float], subjects: Floats, values: Floats, words: Callable[[float], str], rows: int = 1
) -> Marks:
    """The marks of one row.

    Parameters
    ----------
    place : where a value is, in % of the width.
    subjects, values : shape (subjects,).
    words : a value as it is written.
    rows : of the chart, all with as many subjects.
    """
    count = len(values)
    pairs = [(int(s), float(v)) for s, v in zip(subjects, values, strict=True)]
    if count <= MOST_DOTS and count * rows <= max(MOST_NAMED, MOST_DOTS):
        return Marks(dots=tuple(Dot(subject=s, x=place(v), y=_height(s), value=words(v)) for s, v in pairs))
    ends = (place(float(np.quantile(values, 0.05))), place(float(np.quantile(values, 0.95))))
    if count > MOST_DRAWN or count * rows > MOST_MARKS:
        return Marks(band=ends)
    return Marks(cloud="".join(f"M{10 * place(v):.0f} {_height(s):.0f}h0" for s, v in pairs))


def _height(subject: int) -> float:
    """A height from 25 to 75 in % that a subject keeps, so that dots do not hide each other."""
    return 25.0 + (subject * 0.618_033_988_75 % 1.0) * 50.0
