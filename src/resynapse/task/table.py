"""A user's own table: any classification of rows of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from resynapse.errors import ProtocolError
from resynapse.randomness import Key
from resynapse.task.base import Sizes, TaskData
from resynapse.task.samples import PUBLISHED_SCALE, check_scale, divided
from resynapse.task.table_file import Contents, load_known, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a CSV file; every subject draws its own split.

    Parameters
    ----------
    path : a CSV file in UTF-8, separated by commas, with a header; in a protocol file it begins at that file's folder.
    label : the column of the labels; any text is a label.
    columns : the columns of the features, all numbers; by default every other one.
    split : training, test and clean set, in proportion; all rows are used. By default 6 : 2 : 1, as published.
    standardise : ``each`` gives every feature the same sd, ``together`` divides all by one number, where their unit is
        one. Both from the training set alone.
    scale : sd of a feature after that (root mean square for ``together``), by default that of the published task.
    contents : summary of the file; read from it if not given. A file with other contents is refused.

    The clean set is a second held-out set, always without added noise.

    Raises
    ------
    ProtocolError : one line with the file, the column, the line and the cure.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    path: str = field(metadata={"decides": False})
    label: str
    columns: tuple[str, ...] | None = None
    split: tuple[float, float, float] = (6.0, 2.0, 1.0)
    standardise: Literal["each", "together"] = "each"
    scale: float = PUBLISHED_SCALE
    contents: Contents | None = None

    def __post_init__(self) -> None:
        if self.columns is not None:
            self._check_columns(self.columns)
        if not all(math.isfinite(part) and part > 0 for part in self.split):
            raise ProtocolError(f"expected every part of split above 0, got {list(self.split)}")
        check_scale(self.scale)
        object.__setattr__(self, "path", str(Path(self.path).absolute()))
        if self.contents is None:
            object.__setattr__(self, "contents", read(self.path, self.label, self.columns).contents)
        if min(self.sizes) < 1:
            raise ProtocolError(
                f"{self.path}: too few rows: {self.known.rows} split as {list(self.split)} leave a set empty"
            )

    def _check_columns(self, columns: tuple[str, ...]) -> None:
        if not columns or len(set(columns)) < len(columns):
            raise ProtocolError(f"expected one or more columns, each once, got {list(columns)}")
        if self.label in columns:
            raise ProtocolError(f"label {self.label!r} is among the columns; a label is no feature")

    @property
    def known(self) -> Contents:
        """Summary of the file when it was first read."""
        assert self.contents is not None, "filled in when the task is made"
        return self.contents

    @property
    def features(self) -> int:
        """Number of feature columns."""
        return len(self.known.columns)

    @property
    def classes(self) -> int:
        """Number of different labels."""
        return len(self.known.classes)

    @property
    def sizes(self) -> Sizes:
        """Samples of each set; what rounding leaves goes to the training set."""
        rows, whole = self.known.rows, sum(self.split)
        test, clean = (int(rows * part / whole) for part in self.split[1:])
        return Sizes(rows - test - clean, test, clean)

    def draw(self, key: Key) -> TaskData:
        """The sets of the subject of `key`.

        Raises
        ------
        ProtocolError : the file is missing, or its contents have changed.
        """
        found = load_known(self.path, self.label, self.columns, self.known)
        each = self.standardise == "each"
        return divided(found.inputs, found.labels, self.sizes, key, scale=self.scale, each=each)
