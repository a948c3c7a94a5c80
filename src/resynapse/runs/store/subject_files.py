"""The parts of a run: one self-checking file for each finished subject, packed by the hundreds.

The name of a part carries a digest of its content, and it appears under that name in one atomic step. A subject is
kept as `subject-NUMBER.DIGEST.parquet`; whenever `PACK` of these lie there, they become one `pack-DIGEST.parquet`, and
only when that is safe the single files go. A process killed in between leaves subjects twice; the pack counts.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from resynapse.errors import RunFolderError
from resynapse.runs.events import Row
from resynapse.runs.store.atomic_files import delete, digest, digest_of, put, settle

if TYPE_CHECKING:
    import polars as pl

PACK = 500
"""Single parts that are packed into one; also the subjects that are joined at a time."""
COLUMNS = ("protocol", "variant", "subject", "arm", "condition", "outcome", "value")
BASE_VARIANT = "base"
_SINGLE = re.compile(r"subject-(\d+)\.([0-9a-f]{16})\.parquet")
_PACK = re.compile(r"pack-([0-9a-f]{16})\.parquet")
_TRIES = 5
"""Listings before a reader gives up on a folder that another process keeps packing."""


class Inventory(NamedTuple):
    """The contents of a folder of parts, every file read once and checked."""

    sound: dict[int, Path]
    """The file that contains a subject."""
    damaged: list[Path]
    surplus: list[Path]
    """Sound single parts of subjects that a pack contains too."""


class Parts:
    """The folder of parts of one run.

    Parameters
    ----------
    path : the folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: dict[int, Path] | None = None
        self._singles: dict[int, Path] | None = None
        self._last: tuple[object, Inventory] | None = None

    def add(self, subject: int, rows: Sequence[Row], protocol: str) -> None:
        """Keep the results of one subject, and pack when there are enough single parts."""
        if self._singles is None:
            self._singles = {int(m[1]): p for p, m in self._listed(_SINGLE)}
        frame = _frame(subject, rows, protocol)
        path = _put_frame(lambda d: self.path / f"subject-{subject:06d}.{d}.parquet", frame)
        self._singles[subject] = path
        if self._held is not None:
            self._held[subject] = path
        if len(self._singles) >= PACK:
            self._pack(self._singles)
            self._singles = {}

    def _pack(self, singles: dict[int, Path]) -> None:
        """Put single parts, by subject, into one file and delete them; what is damaged stays, to be named later."""
        import polars as pl

        frames: dict[int, pl.DataFrame] = {}
        for number, path in sorted(singles.items()):
            with suppress(RunFolderError, FileNotFoundError):
                frame = _checked_frame(path)
                if frame.height:  # a subject without measurements is known by the file name only
                    frames[number] = frame
        if not frames:
            return
        pack = _put_frame(lambda d: self.path / f"pack-{d}.parquet", pl.concat(frames.values()))
        settle(self.path)
        for number in frames:
            delete(singles[number])
            if self._held is not None:
                self._held[number] = pack

    def inventory(self) -> Inventory:
        """Read every part, check it, and locate all subjects; only changed files are read again."""
        for _ in range(_TRIES):
            try:
                stamps = self._stamps()
                if self._last is None or self._last[0] != stamps:
                    self._last = stamps, self._taken()
                return self._last[1]
            except FileNotFoundError:  # another process packed meanwhile
                continue
        raise RunFolderError(f"{self.path}: changes faster than it can be read; try again when the run is idle")

    def adopt(self, found: Inventory) -> None:
        """Delete what is damaged or there twice, and remember the rest; only for the process that owns the folder."""
        for path in (*found.damaged, *found.surplus):
            delete(path)
        self._held = dict(found.sound)
        self._singles = {n: p for n, p in found.sound.items() if _SINGLE.fullmatch(p.name)}

    def sound(self) -> dict[int, Path]:
        """The file that contains a subject, from memory in the process that adopted the folder."""
        return self.inventory().sound if self._held is None else self._held

    def blocks(self, sound: dict[int, Path]) -> Iterator[pl.DataFrame]:
        """The rows of all subjects in the order of their numbers, `PACK` subjects at a time.

        Subjects finish nearly in order, so a few packs are kept in memory and each is read about once.

        Raises
        ------
        FileNotFoundError : a part has gone since the inventory.
        RunFolderError : a part was damaged since the inventory.
        """
        import polars as pl

        pack = lru_cache(maxsize=8)(_checked_frame)
        numbers = sorted(sound)
        for start in range(0, len(numbers), PACK):
            subjects_of: dict[Path, list[int]] = {}
            for number in numbers[start : start + PACK]:
                subjects_of.setdefault(sound[number], []).append(number)
            frames = [
                pack(path).filter(pl.col("subject").is_in(wanted))
                if _PACK.fullmatch(path.name)
                else _checked_frame(path)
                for path, wanted in subjects_of.items()
            ]
            yield pl.concat(frames).sort("subject", maintain_order=True)

    def _stamps(self) -> frozenset[tuple[str, int, int]]:
        """Name, size and time of change of every file: what must be equal for an inventory to hold still."""
        found = ((path.name, path.stat()) for path in self.path.glob("*"))
        return frozenset((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)

    def _taken(self) -> Inventory:
        sound: dict[int, Path] = {}
        ours = [p for kind in ("subject-*", "pack-*") for p in self.path.glob(kind)]
        damaged = [p for p in ours if not (_SINGLE.fullmatch(p.name) or _PACK.fullmatch(p.name))]
        surplus: list[Path] = []
        for path, _ in self._listed(_PACK):
            subjects = _subjects_of(path)
            if not subjects:
                damaged.append(path)
            for number in subjects:
                sound.setdefault(number, path)
        for path, match in self._listed(_SINGLE):
            if _sound(path) is None:
                damaged.append(path)
            elif sound.setdefault(int(match[1]), path) != path:
                surplus.append(path)
        return Inventory(sound, sorted(damaged), surplus)

    def _listed(self, kind: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
        return [(p, m) for p in sorted(self.path.glob("*.parquet")) if (m := kind.fullmatch(p.name))]


def joined(path: Path, blocks: Iterator[pl.DataFrame]) -> str:
    """Write one table of all blocks, a block in memory at a time, and return its digest."""
    from polars.exceptions import PolarsError
    from polars.io.plugins import register_io_source

    failures: list[Exception] = []
    digests: list[str | None] = []

    def source(*_: object) -> Iterator[pl.DataFrame]:
        try:
            yield from blocks
        except Exception as error:
            failures.append(error)
            raise

    def fill(draft: Path) -> None:
        try:
            table.sink_parquet(draft, compression="zstd", row_group_size=1 << 17)
        except PolarsError as error:
            raise OSError(str(error)) from None
        digests.append(digest_of(draft))

    table = register_io_source(source, schema=_schema())
    try:
        put(path, fill)
    except RunFolderError:
        if failures:
            raise failures[0] from None
        raise
    return str(digests[0])


def _frame(subject: int, rows: Sequence[Row], protocol: str) -> pl.DataFrame:
    import polars as pl

    arms, conditions, outcomes, values = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = {
        "protocol": [protocol] * len(rows),
        "variant": [BASE_VARIANT] * len(rows),
        "subject": [subject] * len(rows),
        "arm": arms,
        "condition": conditions,
        "outcome": outcomes,
        "value": values,
    }
    return pl.DataFrame(columns, schema=_schema())


def _put_frame(place: Callable[[str], Path], frame: pl.DataFrame) -> Path:
    """Write a table as Parquet to ``place(digest of its content)``."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    content = buffer.getvalue()
    path = place(digest(content))
    put(path, lambda draft: draft.write_bytes(content))
    return path


def _content(path: Path) -> bytes:
    """The contents of a file; None if it exists but cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError:
        return b""


def _sound(path: Path) -> bytes | None:
    """The content of a part; None if it is not what its name says."""
    content = _content(path)
    return content if path.stem.endswith(digest(content)) else None


def _checked_frame(path: Path) -> pl.DataFrame:
    import polars as pl

    content = _sound(path)
    if content is None:
        raise RunFolderError(f"{path}: damaged since it was read last; run the same command again")
    return pl.read_parquet(io.BytesIO(content))


def _subjects_of(pack: Path) -> list[int]:
    """The subjects in a pack; none if it is damaged."""
    import polars as pl

    content = _sound(pack)
    if content is None:
        return []
    return pl.read_parquet(io.BytesIO(content), columns=["subject"])["subject"].unique().sort().to_list()


def _schema() -> dict[str, Any]:
    import polars as pl

    return {
        "protocol": pl.String,
        "variant": pl.String,
        "subject": pl.Int64,
        "arm": pl.String,
        "condition": pl.String,
        "outcome": pl.String,
        "value": pl.Float64,
    }
