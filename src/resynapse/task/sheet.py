"""CSV files of users: one reader for the samples of a task and for the traits of subjects."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resynapse.errors import ProtocolError, nearest

LARGEST = 1e100
"""Largest number that is read; its square must be finite."""
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "."})
"""What a cell without a value contains, in small letters."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file in UTF-8, separated by commas, with a header.

    Parameters
    ----------
    path : as it was given.
    sha256 : digest of the whole file.
    header : names of the columns.
    """

    path: str
    sha256: str
    header: tuple[str, ...]
    text: str

    def column(self, name: str) -> int:
        """The position of a column.

        Raises
        ------
        ProtocolError : no column, or several, have the name.
        """
        if self.header.count(name) > 1:
            raise ProtocolError(f"{self.path}: duplicate column {name!r}; give every column its own name")
        if name not in self.header:
            hint = nearest(name, self.header)
            cure = hint if len(hint) <= 300 else f"there are {len(self.header)} columns, none of a name like it"
            raise ProtocolError(f"{self.path}: no column {name!r}; {cure}")
        return self.header.index(name)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row below the header with the line it ends on; a blank row is an empty list.

        Raises
        ------
        ProtocolError : malformed, or a row of another length than the header.
        """
        rows = _rows(self.path, self.text)
        next(rows, None)
        for line, row in rows:
            if row and len(row) != len(self.header):
                raise ProtocolError(
                    f"{self.path} line {line}: {len(row)} values, but the header names {len(self.header)} columns"
                )
            yield line, row

    def number(self, line: int, column: str, cell: str) -> float:
        """The number in a cell.

        Raises
        ------
        ProtocolError : no value, no number, or one that is too large.
        """
        where = f"{self.path} line {line}, column {column}"
        if cell.lower() in MISSING:
            raise ProtocolError(f"{where}: no value; fill it in or leave the row out")
        try:
            value = float("" if "_" in cell else cell)
        except ValueError:
            raise ProtocolError(
                f"{where}: {cell[:40]!r} is no number; code it as numbers or use other columns"
            ) from None
        if not abs(value) <= LARGEST:
            raise ProtocolError(f"{where}: {cell[:40]} is too large; leave the row out")
        return value


def read_sheet(path: str, most_bytes: int) -> Sheet:
    """Open a CSV file of at most so many bytes.

    Raises
    ------
    ProtocolError : it cannot be read; one line with the file and the cure.
    """
    content = _content(path, most_bytes)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: not a text file (byte {error.start} is not UTF-8)") from None
    header = tuple(" ".join(name.split()) for name in next(_rows(path, text), (0, []))[1])
    if not header:
        raise ProtocolError(f"{path}: empty; give a header and rows")
    return Sheet(path, hashlib.sha256(content).hexdigest(), header, text)


def _content(path: str, most_bytes: int) -> bytes:
    file = Path(path)
    try:
        if file.exists() and not file.is_file():
            raise ProtocolError(f"{path}: not a file; give the path of a CSV file")
        if file.stat().st_size > most_bytes:
            raise ProtocolError(f"{path}: {file.stat().st_size} bytes; at most {most_bytes} are read")
        return file.read_bytes()
    except FileNotFoundError:
        raise ProtocolError(f"{path}: no such file; a path in a protocol file begins at that file's folder") from None
    except (OSError, ValueError) as error:
        raise ProtocolError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _rows(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            yield reader.line_num, cells if any(cells) else []
    except csv.Error as error:
        raise ProtocolError(f"{path} line {reader.line_num}: malformed CSV: {error}") from None
