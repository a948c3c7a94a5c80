"""Files that are whole or not there: atomic writing, and the digests that tell a sound file from a damaged one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from resynapse.errors import RunFolderError

DRAFTS = ".*.draft"
"""What a killed process may leave half written."""


def put(path: Path, fill: Callable[[Path], object]) -> None:
    """Put a file in place in one atomic step.

    Parameters
    ----------
    path : destination; its folder is made if it is missing.
    fill : writes the content to the path of a draft.

    Raises
    ------
    RunFolderError : the disk is full or the folder cannot be written; what was there stays.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fill(draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise RunFolderError(
            f"{path}: cannot be written ({error.strerror or error}); make room or give another --out, "
            "then run the same command again: finished subjects are kept"
        ) from None


def replace_quickly(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain data as JSON in one atomic step, without waiting for the disk: for what is soon written again."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.write_text(json.dumps(content) + "\n", "utf-8")
    draft.replace(path)


def settle(folder: Path) -> None:
    """Make the names in a folder durable, so that nothing is deleted before what replaces it is safe."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def delete(path: Path) -> None:
    """Delete a file that is damaged or no longer needed.

    Raises
    ------
    RunFolderError : it cannot be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunFolderError(f"{path}: in the way and cannot be deleted ({error.strerror}); move it") from None


def digest(content: bytes) -> str:
    """The digest of a content, 16 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()[:16]


def digest_of(path: Path) -> str | None:
    """Digest of a file's content, read piece by piece; None where there is no readable file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError:
        return None
