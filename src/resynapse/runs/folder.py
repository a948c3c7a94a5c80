"""The run folder: a manifest, one self-checking part per subject, and the tidy table of results.

A part's file name carries a digest of its content, and a part appears under its name in one atomic step. So kill -9
at any moment loses at most the subjects in flight, and a damaged part is found, named and computed again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ProtocolError, RunFolderError
from resynapse.protocol import Protocol, dump, parse
from resynapse.runs.provenance import commit, hardware, versions
from resynapse.runs.walk import Row

if TYPE_CHECKING:
    import polars as pl

SCHEMA_VERSION = 1
COLUMNS = ("protocol", "variant", "subject", "arm", "condition", "outcome", "value")
BASE_VARIANT = "base"
_PART = re.compile(r"subject-(\d+)\.([0-9a-f]{16})\.parquet")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run is: everything that decides its numbers, and what it was made with."""

    protocol: Protocol
    root_seed: int
    engine: str
    subjects: int
    sessions: tuple[dict[str, Any], ...]
    """Versions, commit and machine of every session that worked on the run."""
    results: str | None = None
    """Digest of the table of a finished run."""

    @property
    def identity(self) -> str:
        """Digest of what decides the numbers; runs of equal identity may share a folder."""
        protocol = {k: v for k, v in dump(self.protocol).items() if k not in ("title", "cite")}
        decides = {"protocol": protocol, "root_seed": self.root_seed, "engine": self.engine}
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> str:
        """The manifest as it stands in the folder."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "disclaimer": DISCLAIMER,
            "identity": self.identity,
            "protocol": dump(self.protocol),
            "root_seed": self.root_seed,
            "engine": self.engine,
            "subjects": self.subjects,
            "sessions": list(self.sessions),
            "results": self.results,
        }
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The manifest behind `to_json`.

        Raises
        ------
        ValueError, KeyError, ProtocolError : the text is no manifest of this schema version.
        """
        content = json.loads(text)
        if content["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {content['schema_version']}, this resynapse reads {SCHEMA_VERSION}")
        numbers = (content["root_seed"], content["subjects"])
        if not all(type(n) is int for n in numbers) or not isinstance(content["engine"], str):
            raise ValueError("root_seed and subjects must be integers, engine a name")
        return cls(
            protocol=parse(content["protocol"]),
            root_seed=content["root_seed"],
            engine=content["engine"],
            subjects=content["subjects"],
            sessions=tuple(content["sessions"]),
            results=content["results"],
        )


def session() -> dict[str, Any]:
    """Provenance of a session that starts now."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        **commit(),
        "hardware": hardware(),
    }


class RunFolder:
    """A run on disk.

    Parameters
    ----------
    path : the folder; it need not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def manifest_path(self) -> Path:
        """Where the manifest stands."""
        return self.path / "manifest.json"

    @property
    def results_path(self) -> Path:
        """Where the table of a finished run stands."""
        return self.path / "results.parquet"

    def manifest(self) -> Manifest:
        """What the run is.

        Raises
        ------
        RunFolderError : no run, or one that this version cannot read.
        """
        try:
            return Manifest.from_json(self.manifest_path.read_text("utf-8"))
        except FileNotFoundError:
            raise RunFolderError(
                f"{self.path}: no run here (manifest.json is missing); give a folder that `resynapse run` made"
            ) from None
        except OSError as error:
            raise RunFolderError(f"{self.manifest_path}: cannot be read ({error.strerror})") from None
        except (ValueError, KeyError, TypeError, ProtocolError) as error:
            raise RunFolderError(f"{self.manifest_path}: no readable manifest ({error}); start a new folder") from None

    def admit(self, wanted: Manifest) -> Manifest:
        """The manifest that will hold once `wanted` starts here or goes on; nothing is written.

        The cohort never shrinks: a folder with more subjects than wanted keeps them.

        Raises
        ------
        RunFolderError : the folder holds another run, or files of something else.
        """
        if self.manifest_path.exists():
            present = self.manifest()
            if present.identity != wanted.identity:
                raise RunFolderError(
                    f"{self.path}: holds another run ({_difference(present, wanted)}); give another --out"
                )
            if len(self.parts()[0]) == max(present.subjects, wanted.subjects):
                return present
            return replace(
                present,
                subjects=max(present.subjects, wanted.subjects),
                sessions=(*present.sessions, *wanted.sessions),
                results=None,
            )
        if self.path.is_dir() and any(not _is_ours(p) for p in self.path.iterdir()):
            raise RunFolderError(f"{self.path}: not empty and no run folder; give an empty or new folder with --out")
        return wanted

    def keep(self, manifest: Manifest) -> None:
        """Write the manifest, and forget what a killed process left half written."""
        for draft in (*self.path.glob(".*.draft"), *self.path.glob("parts/.*.draft")):
            draft.unlink(missing_ok=True)
        self.write(self.manifest_path, manifest.to_json().encode())

    def lock(self) -> AbstractContextManager[object]:
        """Hold the folder for this process; the lock ends with the process, however it ends.

        Raises
        ------
        RunFolderError : another process works here, or the folder cannot be made.
        """
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return FileLock(self.path / ".lock").acquire(timeout=0)
        except Timeout:
            raise RunFolderError(
                f"{self.path}: another process is working in this folder; wait for it or give another --out"
            ) from None
        except OSError as error:
            raise RunFolderError(
                f"{self.path}: cannot be written ({error.strerror}); give a writable folder with --out"
            ) from None

    def add(self, subject: int, rows: Sequence[Row], protocol: str) -> None:
        """Keep the results of one subject."""
        import polars as pl

        arms, conditions, outcomes, values = zip(*rows, strict=True) if rows else ((), (), (), ())
        frame = pl.DataFrame(
            {
                "protocol": [protocol] * len(rows),
                "variant": [BASE_VARIANT] * len(rows),
                "subject": [subject] * len(rows),
                "arm": arms,
                "condition": conditions,
                "outcome": outcomes,
                "value": values,
            },
            schema=_schema(),
        )
        self._write_frame(lambda digest: self.path / "parts" / f"subject-{subject:06d}.{digest}.parquet", frame)

    def parts(self) -> tuple[dict[int, Path], list[Path]]:
        """Sound parts by subject, and damaged ones."""
        sound: dict[int, Path] = {}
        damaged: list[Path] = []
        for path in sorted((self.path / "parts").glob("subject-*")):
            match = _PART.fullmatch(path.name)
            if match and match[2] == _digest_of(path):
                sound[int(match[1])] = path
            else:
                damaged.append(path)
        return sound, damaged

    def finish(self) -> None:
        """Write the table of all parts and its digest, unless it stands there soundly."""
        manifest = self.manifest()
        if manifest.results is not None and manifest.results == _digest_of(self.results_path):
            return
        digest = self._write_frame(lambda _: self.results_path, self._joined())
        self.write(self.manifest_path, replace(manifest, results=digest).to_json().encode())

    def table(self) -> pl.DataFrame:
        """The tidy table: protocol, variant, subject, arm, condition, outcome, value.

        Of an unfinished run, the subjects that are finished. A table that is damaged is joined anew from the parts.

        Raises
        ------
        RunFolderError : nothing is finished yet.
        """
        import polars as pl

        digest = self.manifest().results
        if digest is not None and digest == _digest_of(self.results_path):
            return pl.read_parquet(self.results_path)
        return self._joined()

    def unfinished(self) -> int:
        """How many subjects are still to come."""
        return self.manifest().subjects - len(self.parts()[0])

    def write(self, path: Path, content: bytes) -> None:
        """Put a file in place in one atomic step.

        Raises
        ------
        RunFolderError : the disk is full or the folder cannot be written; what was there stays.
        """
        draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise RunFolderError(
                f"{path}: cannot be written ({error.strerror}); make room or give another --out, "
                "then run the same command again: finished subjects are kept"
            ) from None

    def _write_frame(self, place: Callable[[str], Path], frame: pl.DataFrame) -> str:
        """Write a table as Parquet to ``place(digest)`` and return the digest of its content."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd")
        content = buffer.getvalue()
        digest = _digest(content)
        self.write(place(digest), content)
        return digest

    def _joined(self) -> pl.DataFrame:
        import polars as pl

        sound, _ = self.parts()
        if not sound:
            raise RunFolderError(f"{self.path}: no subject is finished yet; run `resynapse run` with this --out first")
        return pl.concat([pl.read_parquet(sound[n]) for n in sorted(sound)])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _digest_of(path: Path) -> str | None:
    """Digest of a file's content; None where there is no readable file."""
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None


def _is_ours(path: Path) -> bool:
    """Whether a file is one that a run leaves before its manifest stands."""
    return path.name == ".lock" or path.name.endswith(".draft")


def _difference(present: Manifest, wanted: Manifest) -> str:
    if present.root_seed != wanted.root_seed:
        return f"seed {present.root_seed}, not {wanted.root_seed}"
    if present.engine != wanted.engine:
        return f"engine {present.engine}, not {wanted.engine}"
    if present.protocol.name != wanted.protocol.name:
        return f"protocol {present.protocol.name}, not {wanted.protocol.name}"
    here, there = dump(present.protocol), dump(wanted.protocol)
    changed = [key for key in here if here[key] != there[key]]
    return f"protocol {present.protocol.name} with other {' and '.join(changed)}"


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
