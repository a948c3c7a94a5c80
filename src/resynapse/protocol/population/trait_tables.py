"""Traits from a table: a number of a protocol that stands in a column of a CSV file, a row for each subject.

The values become part of the protocol when its file is read, so that a run is a function of its manifest alone and
neither resuming nor a worker on another machine needs the table.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resynapse.errors import ProtocolError, Where, nearest

MOST_VALUES = 10_000
"""Most rows of a table: all of its values stand in the manifest of every run."""
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
            raise ProtocolError(f"{drawn!r} is not possible: true or false must stand here", (*where, "draw"))
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
        """`limits` holds every value."""
        return True

    @property
    def limits(self) -> Iterator[tuple[str, float]]:
        """Every value that a field must allow, and where it stands."""
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
        values = _values(path, column)
    except ProtocolError as error:
        raise ProtocolError(error.problem, (*where, "column")) from None
    except UnicodeDecodeError:
        raise ProtocolError(f"{path}: not a text file in UTF-8", (*where, "of")) from None
    except csv.Error as error:
        raise ProtocolError(f"{path}: no CSV table ({error})", (*where, "of")) from None
    except (OSError, ValueError) as error:
        raise ProtocolError(f"{path}: cannot be read ({error})", (*where, "of")) from None
    return {**value, "of": path.name, "values": values}


def _values(path: Path, column: str) -> list[float]:
    """The numbers of a column."""
    if not path.is_file():
        raise ProtocolError(f"{path}: no such file; give the path of a CSV table, from the folder of the protocol")
    if path.stat().st_size > MOST_BYTES:
        raise ProtocolError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB; leave columns out")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        if header.count(column) != 1:
            found = f"{header.count(column)} times" if column in header else f"not at all; {nearest(column, header)}"
            raise ProtocolError(f"{path}: the header names column {column!r} {found}")
        lines = [(reader.line_num, row) for row in reader]
    while lines and not lines[-1][1]:
        lines.pop()
    if not 1 <= len(lines) <= MOST_VALUES:
        raise ProtocolError(f"{path}: {len(lines)} rows below the header; give at least 1 and at most {MOST_VALUES}")
    place = header.index(column)
    numbers = []
    for line, row in lines:
        if len(row) > len(header):
            raise ProtocolError(f"{path} line {line}: {len(row)} values, the header has {len(header)}")
        text = row[place].strip() if place < len(row) else ""
        if not text:
            raise ProtocolError(f"{path} line {line}, column {column}: no value; every row needs a number")
        try:
            number = math.nan if "_" in text else float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ProtocolError(f"{path} line {line}, column {column}: {text!r} is no finite number")
        numbers.append(number)
    return numbers
