"""How every kernel is compiled, and where the compiled code is kept.

Numba stamps its cache with the file of one function alone, but a kernel contains the kernels it calls and constants of
other modules. So the cache lies in a folder named by a digest of all these sources: changed code is never run stale.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import config as numba_config

config: Any = numba_config
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "nsz", "reassoc"},
}
"""Without the GIL; sums may be reordered, but NaN and infinity keep their meaning."""

_HERE = Path(__file__).parent
_SOURCES = (
    *sorted(_HERE.glob("*.py")),
    *(_HERE.parent / f for f in ("compaction.py", "folding.py", "../base.py", "../../randomness.py")),
)


def digest() -> str:
    """Digest of every source that compiled code depends on."""
    total = hashlib.sha256()
    for source in _SOURCES:
        total.update(source.read_bytes())
    return total.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Where compiled kernels of these sources are kept; None where nothing can be written."""
    name = f"resynapse-kernels-{digest()}"
    places = [Path(config.CACHE_DIR)] if config.CACHE_DIR else [_HERE / "__pycache__", Path.home() / ".cache"]
    for place in places:
        folder = place / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


def _forget_others(folder: Path) -> None:
    """Delete the kernels of earlier sources that lie in the package itself."""
    if folder.parent == _HERE / "__pycache__":
        for old in folder.parent.glob("resynapse-kernels-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)


FOLDER = cache_folder()
"""The cache of this process."""
if FOLDER is not None:
    _forget_others(FOLDER)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call, with the house's options and its cache."""
    return _compiled(function)


def inlined(function: Callable[..., Any]) -> Any:
    """The same for a small function that is copied into its callers: a call with arrays costs as much as a row."""
    return _compiled(function, inline="always")


def _compiled(function: Callable[..., Any], **more: Any) -> Any:
    before = config.CACHE_DIR
    if FOLDER is not None:
        config.CACHE_DIR = str(FOLDER)
    try:
        return njit(**OPTIONS, **more, cache=FOLDER is not None)(function)
    finally:
        config.CACHE_DIR = before
