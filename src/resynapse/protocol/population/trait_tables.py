"""Traits from a table: a number of a protocol that a column of a CSV file gives, one row for each subject.

The values become part of the protocol when its file is read, so that a run is a function of its manifest alone and
neither resuming nor a worker on another machine needs the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.task.sheet import read_sheet

MOST_VALUES = 10_000
"""Most rows of a table: the manifest of every run records all of its values."""
MOST_BYTES = 20_000_000
"""Largest table that is read."""
_KEYS = ("column", "of", "values", "draw", "name")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table of traits.

    Parameters
    ----------
    column, of : name of the column, and of the file it is from.
    numbers : its values, row by row.
    drawn : subjects draw rows with replacement; False gives subject n, from 0, the row n of as many or more.
    name : of the trait.
    """

    column: str
    of: str
    numbers: tuple[float, ...]
    drawn: bool
    name: str

    @classmethod
    def parse(cls, value: Mapping[str, Any], where: Where) -> Column:
        """From its mapping, such as ``{column: depth, of: traits.csv, values: [0.9, 0.95]}``.

        Raises
        ------
        ProtocolError : an unknown key, no values, or too many.
        """
        for key in value:
            if key not in _KEYS:
                raise ProtocolError(f"unknown key {key!r}; {nearest(key, _KEYS)}", where)
        column, of, values, drawn = (value.get(key) for key in ("column", "of", "values", "draw"))
        if not isinstance(column, str) or not isinstance(of, str):
            raise ProtocolError("name a column and its file, such as {column: depth, of: traits.csv}", where)
        if drawn not in (None, True, False):
            raise ProtocolError(f"expected true or false, got {drawn!r}", (*where, "draw"))
        name = value.get("name", column)
        if not isinstance(name, str) or not name or any(c in name for c in ",=/ "):
            raise ProtocolError(f"{name!r} is no name for a trait; give a `name` without , = / and blanks", where)
        if not isinstance(values, list):
            raise ProtocolError("the values of the column are missing; load the protocol from its file", where)
        if not 1 <= len(values) <= MOST_VALUES:
            raise ProtocolError(f"{len(values)} rows; give at least 1 and at most {MOST_VALUES}", where)
        for row, number in enumerate(values, 1):
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
                raise ProtocolError(f"row {row}, column {column}: {number!r} is no finite number", where)
        return cls(column, of, tuple(values), bool(drawn), name)

    def dump(self) -> dict[str, Any]:
        """Plain data that `parse` turns into an equal column."""
        out: dict[str, Any] = {"column": self.column, "of": self.of, "values": list(self.numbers)}
        if self.drawn:
            out["draw"] = True
        return out if self.name == self.column else {**out, "name": self.name}

    def __str__(self) -> str:
        how = "rows drawn with replacement" if self.drawn else "a row for each subject"
        return f"column {self.column} of {self.of}, {len(self.numbers)} rows, {how}"

    @property
    def stream(self) -> str:
        """Of the draw: rows are drawn, so that the columns of a table stay together."""
        return f"row of {self.of}"

    @property
    def median(self) -> float:
        """A value from the middle."""
        return sorted(self.numbers)[len(self.numbers) // 2]

    @property
    def bounded(self) -> bool:
        """Whether `limits` contains every value."""
        return True

    @property
    def limits(self) -> Iterator[tuple[str, float]]:
        """Every value that a field must allow, and its place in the table."""
        first = {number: row for row, number in reversed([*enumerate(self.numbers, 1)])}
        for number, row in first.items():
            whose = "" if self.drawn else f" (subject {row - 1})"
            yield f"row {row}{whose}, column {self.column}: ", number

    def value(self, subject: int, quantile: float) -> float:
        """The subject's value.

        Raises
        ------
        ProtocolError : there is no row for it.
        """
        if self.drawn:
            return self.numbers[int(quantile * len(self.numbers))]
        self.reaches(subject + 1)
        return self.numbers[subject]

    def reaches(self, subjects: int) -> None:
        """Refuse a cohort that has more subjects than the table has rows."""
        if not self.drawn and len(self.numbers) < subjects:
            raise ProtocolError(
                f"{self.of} has {len(self.numbers)} rows and the cohort {subjects} subjects, so column {self.column} "
                "ends too soon; add rows, or draw them with replacement: draw: true"
            )


def with_columns(document: Any, folder: Path) -> Any:
    """A document with the values of every column that it names written in.

    Parameters
    ----------
    document : plain data.
    folder : what the path of a table is relative to.

    Raises
    ------
    ProtocolError : a table that cannot be read, or a value that is no number, with its line and column.
    """
    known: dict[int, Any] = {}

    def visit(value: Any, where: Where) -> Any:
        if not isinstance(value, (dict, list)):
            return value
        if id(value) not in known:  # an alias is the same object: it is visited once
            known[id(value)] = value
            if isinstance(value, list):
                known[id(value)] = [visit(inner, (*where, index)) for index, inner in enumerate(value)]
            elif "column" in value and "of" in value and "values" not in value:
                known[id(value)] = _filled(value, folder, where)
            else:
                known[id(value)] = {
                    key: visit(inner, (*where, key)) if isinstance(key, str) else inner for key, inner in value.items()
                }
        return known[id(value)]

    return visit(document, ())


def _filled(value: Mapping[str, Any], folder: Path, where: Where) -> dict[str, Any]:
    column, of = value["column"], value["of"]
    if not isinstance(column, str) or not isinstance(of, str):
        raise ProtocolError("name a column and its file, such as {column: depth, of: traits.csv}", where)
    path = folder / of
    try:
        values = _values(str(path), column)
    except ProtocolError as error:
        raise ProtocolError(error.problem, (*where, "column")) from None
    return {**value, "of": path.name, "values": values}


def _values(path: str, column: str) -> list[float]:
    """The numbers of a column; blank lines may only end the file, because row and subject belong together."""
    sheet = read_sheet(path, MOST_BYTES)
    place = sheet.column(column)
    rows = list(sheet.rows())
    while rows and not rows[-1][1]:
        rows.pop()
    if not 1 <= len(rows) <= MOST_VALUES:
        raise ProtocolError(f"{path}: {len(rows)} rows below the header; give at least 1 and at most {MOST_VALUES}")
    return [sheet.number(line, column, row[place] if row else "") for line, row in rows]
