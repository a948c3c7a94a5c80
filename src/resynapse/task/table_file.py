"""A user's own table from a CSV file: columns of numbers, and one of labels."""

from __future__ import annotations

import csv
import hashlib
import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resynapse.errors import ProtocolError, nearest

MOST_BYTES = 200_000_000
"""Size of the largest file that is read."""
LARGEST = 1e100
"""Largest number that is read; its square must be finite."""
FEWEST_ROWS = 3
"""Rows that every class needs: one for each set."""
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "."})


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
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: not a text file (byte {error.start} is not UTF-8)") from None
    rows = _rows(path, text)
    header = [" ".join(name.split()) for name in next(rows, (0, []))[1]]
    names = _features(path, header, label, columns)
    at, places = header.index(label), [header.index(name) for name in names]
    values, said = array("d"), []
    for line, row in rows:
        if len(row) != len(header):
            raise ProtocolError(f"{path} line {line}: {len(row)} values, but the header names {len(header)} columns")
        if row[at].lower() in _MISSING:
            raise ProtocolError(f"{path} line {line}: no label in column {label!r}; leave the row out")
        said.append(row[at])
        values.extend(_number(path, line, name, row[place]) for name, place in zip(names, places, strict=True))
    classes = _classes(path, label, said)
    number = {name: index for index, name in enumerate(classes)}
    inputs = np.frombuffer(values, dtype=np.float64).reshape(len(said), len(names))
    labels = np.array([number[name] for name in said], dtype=np.int64)
    return Held(Contents(sha256=digest, rows=len(said), columns=names, classes=classes), inputs, labels)


def _content(path: str) -> bytes:
    file = Path(path)
    try:
        if file.exists() and not file.is_file():
            raise ProtocolError(f"{path}: not a file; give the path of a CSV file")
        if file.stat().st_size > MOST_BYTES:
            raise ProtocolError(f"{path}: {file.stat().st_size} bytes; at most {MOST_BYTES} are read")
        return file.read_bytes()
    except FileNotFoundError:
        raise ProtocolError(f"{path}: no such file; a path in a protocol file begins at that file's folder") from None
    except (OSError, ValueError) as error:
        raise ProtocolError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _rows(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line it ends on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise ProtocolError(f"{path} line {reader.line_num}: malformed CSV: {error}") from None


def _features(path: str, header: list[str], label: str, columns: Sequence[str] | None) -> tuple[str, ...]:
    if not header:
        raise ProtocolError(f"{path}: empty; give a header and rows")
    if len(header) == 1:
        raise ProtocolError(f"{path}: one column, {header[0][:60]!r}; separate the columns by commas")
    for name in header:
        if header.count(name) > 1:
            raise ProtocolError(f"{path}: column {name!r} stands twice; give every column its own name")
    for name in (label, *(columns or ())):
        if name not in header:
            raise ProtocolError(f"{path}: no column {name!r}; {_others(name, header)}")
    return tuple(name for name in header if name != label) if columns is None else tuple(columns)


def _others(name: str, header: list[str]) -> str:
    said = nearest(name, header)
    return said if len(said) <= 300 else f"there are {len(header)} columns, none of a name like it"


def _number(path: str, line: int, column: str, cell: str) -> float:
    if cell.lower() in _MISSING:
        raise ProtocolError(f"{path} line {line}: no value in column {column!r}; fill it in or leave the row out")
    try:
        value = float(cell)
    except ValueError:
        raise ProtocolError(
            f"{path} line {line}: {cell[:40]!r} in column {column!r} is no number; code it as numbers, "
            "or name the columns to use with `columns`"
        ) from None
    if not abs(value) <= LARGEST:
        raise ProtocolError(f"{path} line {line}: {cell[:40]} in column {column!r} is too large; leave the row out")
    return value


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
