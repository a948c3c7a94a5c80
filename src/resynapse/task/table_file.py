"""A user's own table from a CSV file: columns of numbers, and one of labels."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.errors import ProtocolError
from resynapse.task.sheet import MISSING, Sheet, read_sheet

MOST_BYTES = 200_000_000
"""Size of the largest file that is read."""
FEWEST_ROWS = 3
"""Rows that every class needs: one for each set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file held when it was read; it stands in for the file in a manifest.

    Parameters
    ----------
    sha256 : digest of the whole file, 64 hexadecimal digits.
    rows : number of samples.
    columns : names of the features, in the order of the inputs.
    classes : labels in the order of the class numbers.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    sha256: str
    rows: int
    columns: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.rows < FEWEST_ROWS * len(self.classes) or len(self.classes) < 2 or not self.columns:
            raise ValueError("these contents make no task; leave contents out, it is read from the file")


class Held(NamedTuple):
    """A table in memory: inputs of shape (rows, features), labels as class numbers of shape (rows,)."""

    contents: Contents
    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]


@lru_cache(maxsize=2)
def held(path: str, label: str, columns: tuple[str, ...] | None, contents: Contents) -> Held:
    """The table whose contents are known; it is read once in a process.

    Raises
    ------
    ProtocolError : the file cannot be read, or holds something else by now.
    """
    found = read(path, label, columns)
    if found.contents != contents:
        raise ProtocolError(
            f"{path}: other contents than the protocol records (SHA-256 {found.contents.sha256[:12]}..., "
            f"not {contents.sha256[:12]}...); put the recorded file back"
        )
    return found


def read(path: str, label: str, columns: Sequence[str] | None = None) -> Held:
    """Read a table.

    Parameters
    ----------
    path : a CSV file in UTF-8, separated by commas, with a header.
    label : the column of the labels; any text is a label.
    columns : the columns of the features, all numbers; by default every other one.

    Raises
    ------
    ProtocolError : one line with the file, the column, the line and the cure.
    """
    sheet = read_sheet(path, MOST_BYTES)
    names = _features(sheet, label, columns)
    at, places = sheet.column(label), [sheet.column(name) for name in names]
    values, said = array("d"), []
    for line, row in sheet.rows():
        if not row:
            continue
        if row[at].lower() in MISSING:
            raise ProtocolError(f"{path} line {line}, column {label}: no label; leave the row out")
        said.append(row[at])
        values.extend(sheet.number(line, name, row[place]) for name, place in zip(names, places, strict=True))
    classes = _classes(path, label, said)
    number = {name: index for index, name in enumerate(classes)}
    inputs = np.frombuffer(values, dtype=np.float64).reshape(len(said), len(names))
    labels = np.array([number[name] for name in said], dtype=np.int64)
    return Held(Contents(sha256=sheet.sha256, rows=len(said), columns=names, classes=classes), inputs, labels)


def _features(sheet: Sheet, label: str, columns: Sequence[str] | None) -> tuple[str, ...]:
    if len(sheet.header) == 1:
        raise ProtocolError(f"{sheet.path}: one column, {sheet.header[0][:60]!r}; separate the columns by commas")
    for name in (*sheet.header, label, *(columns or ())):
        sheet.column(name)
    return tuple(name for name in sheet.header if name != label) if columns is None else tuple(columns)


def _classes(path: str, label: str, said: list[str]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for name in said:
        counts[name] = counts.get(name, 0) + 1
    if len(counts) < 2:
        held_by = f"is {next(iter(counts))!r} in every row" if counts else "has no row"
        raise ProtocolError(f"{path}: label column {label!r} {held_by}; two or more classes are needed")
    few = min(counts, key=lambda name: counts[name])
    if counts[few] < FEWEST_ROWS:
        raise ProtocolError(
            f"{path}: too few rows of class {few[:40]!r}: {counts[few]} of {len(said)}; every class needs {FEWEST_ROWS}"
        )
    return tuple(sorted(counts))
