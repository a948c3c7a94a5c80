"""A run folder as a page knows it: by its manifest, which is read when it is asked for."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resynapse.errors import ResynapseError
from resynapse.runs.store.file_names import MANIFEST


@dataclass(frozen=True)
class Found:
    """A run folder; what its manifest says is read when it is asked for, without the protocol being checked.

    Parameters
    ----------
    stamp : when its manifest was written, and its size.
    asked : what is known of a run that has yet to write its manifest.
    """

    id: str
    path: Path
    name: str
    stamp: tuple[int, int] = (0, 0)
    asked: dict[str, Any] | None = None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest as plain data.

        Raises
        ------
        ResynapseError : it is damaged.
        """
        if self.asked is not None:
            return self.asked
        try:
            manifest: dict[str, Any] = json.loads((self.path / MANIFEST).read_bytes())
            _ = manifest["identity"], manifest["protocol"]["name"]
            _ = int(manifest["subjects"]), int(manifest["root_seed"])
        except (OSError, ValueError, TypeError, KeyError):
            raise ResynapseError(f"{self.name}: {MANIFEST} cannot be read; run its command again") from None
        return manifest

    @property
    def readable(self) -> bool:
        """Whether its manifest is not damaged."""
        with suppress(ResynapseError):
            return bool(self.manifest)
        return False

    @property
    def subjects(self) -> int:
        """Size of the cohort."""
        return int(self.manifest["subjects"])

    @property
    def seed(self) -> int:
        """The root seed."""
        return int(self.manifest["root_seed"])

    @property
    def protocol(self) -> str:
        """Name of the protocol."""
        return str(self.manifest["protocol"]["name"])

    @property
    def begun(self) -> bool:
        """Whether its manifest is written."""
        return self.asked is None

    @property
    def finished(self) -> bool:
        """Whether its table is written."""
        return self.manifest.get("results") is not None


def run_id(path: Path) -> str:
    """The id of a run folder."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
