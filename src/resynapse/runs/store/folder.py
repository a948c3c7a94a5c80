"""The run folder: a manifest, the parts with the finished subjects, and the tidy table of results.

Every file appears under its name in one atomic step and is checked by a digest. So kill -9 at any moment loses at most
the subjects in flight, and what is damaged is found, named and computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ProtocolError, RunFolderError
from resynapse.protocol import UNNUMBERED, Protocol, dump, parse, plugins_of
from resynapse.runs.events import Row
from resynapse.runs.provenance import commit, hardware, sources, versions
from resynapse.runs.store.atomic_files import DRAFTS, digest_of, put
from resynapse.runs.store.file_names import (
    ANALYSIS,
    EVENTS,
    JOB,
    JOB_LOG,
    LOCK,
    MANIFEST,
    PARTS,
    RESULTS,
    SPARE_MANIFEST,
    STATUS,
)
from resynapse.runs.store.subject_files import COLUMNS, Inventory, Parts, joined
from resynapse.task import location_fields

if TYPE_CHECKING:
    import polars as pl

SCHEMA_VERSION = 1
_TRIES = 5
__all__ = ["COLUMNS", "SCHEMA_VERSION", "Manifest", "RunFolder", "session"]


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
        protocol = {k: v for k, v in dump(self.protocol).items() if k not in UNNUMBERED}
        ignored = location_fields(type(self.protocol.task))
        protocol["task"] = {k: v for k, v in protocol["task"].items() if k not in ignored}
        decides = {"protocol": protocol, "root_seed": self.root_seed, "engine": self.engine}
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> str:
        """The manifest as it is in the folder."""
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
            protocol=_protocol(json.dumps(content["protocol"])),
            root_seed=content["root_seed"],
            engine=content["engine"],
            subjects=content["subjects"],
            sessions=tuple(content["sessions"]),
            results=content["results"],
        )


@lru_cache(maxsize=8)
def _protocol(text: str) -> Protocol:
    """The protocol of a manifest: its folder is opened many times, and a tree of an audit has a hundred variants."""
    return parse(json.loads(text))


def session(protocol: Protocol) -> dict[str, Any]:
    """Provenance of a session that starts now."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "sources": sources(),
        "plugins": plugins_of(protocol),
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
        self._parts = Parts(self.path / PARTS)

    @property
    def manifest_path(self) -> Path:
        """Path of the manifest."""
        return self.path / MANIFEST

    @property
    def results_path(self) -> Path:
        """Path of the table of a finished run."""
        return self.path / RESULTS

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
            try:
                return Manifest.from_json(self._spare_manifest.read_text("utf-8"))
            except (OSError, ValueError, KeyError, TypeError, ProtocolError):
                if isinstance(error, ProtocolError):
                    raise RunFolderError(f"{self.manifest_path}: its protocol cannot be read here ({error})") from None
                raise RunFolderError(
                    f"{self.manifest_path}: no readable manifest ({error}), nor its copy; start a new folder"
                ) from None

    @property
    def _spare_manifest(self) -> Path:
        """A copy, so that a damaged manifest does not cost the finished subjects."""
        return self.path / SPARE_MANIFEST

    def admit(self, wanted: Manifest) -> Manifest:
        """The manifest that will be valid once `wanted` starts or continues here; nothing is written.

        The cohort never shrinks: a folder with more subjects than wanted keeps them.

        Raises
        ------
        RunFolderError : the folder contains another run, or files of something else.
        """
        if self.manifest_path.exists():
            present = self.manifest()
            if present.identity != wanted.identity:
                raise RunFolderError(
                    f"{self.path}: contains another run ({_difference(present, wanted)}); give another --out"
                )
            return replace(
                present,
                protocol=wanted.protocol,
                subjects=max(present.subjects, wanted.subjects),
                sessions=(*present.sessions, *wanted.sessions),
                results=None,
            )
        if self.path.is_dir() and any(not _is_ours(p) for p in self.path.iterdir()):
            raise RunFolderError(f"{self.path}: not empty and no run folder; give an empty or new folder with --out")
        return wanted

    def keep(self, manifest: Manifest) -> None:
        """Write the manifest, and forget what a killed process left half written."""
        for draft in (*self.path.glob(DRAFTS), *self.path.glob(f"{PARTS}/{DRAFTS}")):
            draft.unlink(missing_ok=True)
        self._write(manifest)

    def lock(self) -> AbstractContextManager[object]:
        """Hold the folder for this process; the lock ends with the process, however it ends.

        Raises
        ------
        RunFolderError : another process works here, or the folder cannot be made.
        """
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return FileLock(self.path / LOCK).acquire(timeout=0)
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
        self._parts.add(subject, rows, protocol)

    def parts(self) -> Inventory:
        """Which file contains a subject, and which files are damaged or not needed; every part is read once."""
        return self._parts.inventory()

    def adopt(self, found: Inventory) -> None:
        """Delete the parts that are damaged or there twice and remember the others; needs the lock."""
        self._parts.adopt(found)

    def finish(self) -> None:
        """Write the table of all parts and its digest, unless a sound one exists; one block in memory at a time."""
        if self.sound_results() is not None:
            return
        digest = joined(self.results_path, self._parts.blocks(self._held()))
        self._write(replace(self.manifest(), results=digest))

    def sound_results(self) -> str | None:
        """Digest of the table of a finished run; None of an unfinished one, and where the table is damaged."""
        digest = self.manifest().results
        return digest if digest is not None and digest == digest_of(self.results_path) else None

    def table(self) -> pl.DataFrame:
        """The tidy table: protocol, variant, subject, arm, condition, outcome, value.

        Of an unfinished run, the subjects that are finished. A table that is damaged is joined anew from the parts.

        Raises
        ------
        RunFolderError : nothing is finished yet.
        """
        import polars as pl

        if self.sound_results() is not None:
            return pl.read_parquet(self.results_path)
        for _ in range(_TRIES):
            try:
                return pl.concat(self._parts.blocks(self._held()))
            except FileNotFoundError:  # another process packed meanwhile
                continue
        raise RunFolderError(f"{self.path}: changes faster than it can be read; try again when the run is idle")

    def unfinished(self) -> int:
        """How many subjects are still to come."""
        if self.sound_results() is not None:
            return 0
        return self.manifest().subjects - len(self.parts().sound)

    def finished(self) -> int:
        """How many subjects are finished."""
        return len(self._parts.sound())

    def _held(self) -> dict[int, Path]:
        sound = self._parts.sound()
        if not sound:
            raise RunFolderError(f"{self.path}: no subject is finished yet; run `resynapse run` with this --out first")
        return sound

    def _write(self, manifest: Manifest) -> None:
        for path in (self.manifest_path, self._spare_manifest):
            put(path, lambda draft: draft.write_text(manifest.to_json(), "utf-8"))


def _is_ours(path: Path) -> bool:
    """Whether a file is one that a run, a job that starts it, or its analysis leaves beside the manifest."""
    return path.name in (LOCK, EVENTS, STATUS, JOB, JOB_LOG, ANALYSIS) or path.name.endswith(".draft")


def _difference(present: Manifest, wanted: Manifest) -> str:
    if present.root_seed != wanted.root_seed:
        return f"seed {present.root_seed}, not {wanted.root_seed}"
    if present.engine != wanted.engine:
        return f"engine {present.engine}, not {wanted.engine}"
    if present.protocol.name != wanted.protocol.name:
        return f"protocol {present.protocol.name}, not {wanted.protocol.name}"
    here, there = dump(present.protocol), dump(wanted.protocol)
    changed = [key for key in here if key not in UNNUMBERED and here[key] != there.get(key)]
    if "task" in changed and here["task"].keys() == there["task"].keys():
        fields = [key for key in here["task"] if here["task"][key] != there["task"][key]]
        changed[changed.index("task")] = f"task ({', '.join(fields)})"
    return f"protocol {present.protocol.name} with other {' and '.join(changed)}"
