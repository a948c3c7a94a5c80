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
    """Summary of a file's contents at the time of reading; a manifest keeps it in place of the file.

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
            raise ValueError("contents describe no usable task; leave the key out, it is read from the file")


class LoadedTable(NamedTuple):
    """A table in memory: inputs of shape (rows, features), labels as class numbers of shape (rows,)."""

    contents: Contents
    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]


@lru_cache(maxsize=2)
def load_known(path: str, label: str, columns: tuple[str, ...] | None, contents: Contents) -> LoadedTable:
    """Load a table whose contents are known already; it is read once in a process.

    Raises
    ------
    ProtocolError : the file cannot be read, or its contents have changed.
    """
    found = read(path, label, columns)
    if found.contents != contents:
        raise ProtocolError(
            f"{path}: other contents than the protocol records (SHA-256 {found.contents.sha256[:12]}..., "
            f"not {contents.sha256[:12]}...); put the recorded file back"
        )
    return found


def read(path: str, label: str, columns: Sequence[str] | None = None) -> LoadedTable:
    """Read a table.

    Parameters
    ----------
    path : a CSV file in UTF-8, with commas and a header.
    label : the column of the labels; any text is a label.
    columns : the columns of the features, all numbers; by default every column except the label.

    Raises
    ------
    ProtocolError : one line with the file, the column, the line and the cure.
    """
    sheet = read_sheet(path, MOST_BYTES)
    names = _features(sheet, label, columns)
    label_index, feature_indices = sheet.column(label), [sheet.column(name) for name in names]
    values, row_labels = array("d"), []
    for line, row in sheet.rows():
        if not row:
            continue
        if row[label_index].lower() in MISSING:
            raise ProtocolError(f"{path} line {line}, column {label}: no label; leave the row out")
        row_labels.append(row[label_index])
        values.extend(sheet.number(line, name, row[i]) for name, i in zip(names, feature_indices, strict=True))
    classes = _classes(path, label, row_labels)
    number = {name: index for index, name in enumerate(classes)}
    inputs = np.frombuffer(values, dtype=np.float64).reshape(len(row_labels), len(names))
    labels = np.array([number[name] for name in row_labels], dtype=np.int64)
    return LoadedTable(
        Contents(sha256=sheet.sha256, rows=len(row_labels), columns=names, classes=classes), inputs, labels
    )


def _features(sheet: Sheet, label: str, columns: Sequence[str] | None) -> tuple[str, ...]:
    if len(sheet.header) == 1:
        raise ProtocolError(f"{sheet.path}: one column, {sheet.header[0][:60]!r}; separate the columns by commas")
    for name in (*sheet.header, label, *(columns or ())):
        sheet.column(name)
    return tuple(name for name in sheet.header if name != label) if columns is None else tuple(columns)


def _classes(path: str, label: str, row_labels: list[str]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for name in row_labels:
        counts[name] = counts.get(name, 0) + 1
    if len(counts) < 2:
        problem = f"is {next(iter(counts))!r} in every row" if counts else "has no row"
        raise ProtocolError(f"{path}: label column {label!r} {problem}; two or more classes are needed")
    few = min(counts, key=lambda name: counts[name])
    if counts[few] < FEWEST_ROWS:
        raise ProtocolError(
            f"{path}: too few rows of class {few[:40]!r}: {counts[few]} of {len(row_labels)}; "
            f"every class needs {FEWEST_ROWS}"
        )
    return tuple(sorted(counts))
