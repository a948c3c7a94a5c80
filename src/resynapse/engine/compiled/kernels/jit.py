"""How every kernel is compiled, and where the compiled code is kept.

Numba stamps its cache with the file of one function alone, but a kernel contains the kernels it calls and constants of
other modules. So the cache lies in a folder named by a digest of all these sources: changed code is never run stale.
Importing a kernel touches no file: the folder is made when an engine is built, by `use_cache`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numba.core import config as numba_config

config: Any = numba_config
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "nsz", "reassoc"},
}
"""Without the GIL; sums may be reordered, but NaN and infinity keep their meaning."""

NOUGHT = np.int64(0)
"""Zero as an argument: Numba would compile a kernel once more for the literal."""
PREFIX = "resynapse-kernels-"
"""How the folder of a cache begins; the digest of its sources follows."""
MARK = "ready"
"""Name of the file that says that every kernel lies in the cache, and for which sources."""
UNUSED_DAYS = 30
"""A cache of other sources that nobody loaded for so long may be deleted."""
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
    """Where compiled kernels of these sources are kept, made if need be; None where nothing can be written."""
    name = f"{PREFIX}{digest()}"
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


def forget_unused(folder: Path) -> None:
    """Delete the kernels of other sources, beside `folder`, that no process has loaded for `UNUSED_DAYS`."""
    before = time.time() - UNUSED_DAYS * 86_400
    for other in folder.parent.glob(f"{PREFIX}*"):
        # every process that loads kernels touches their mark (`warm_up.make_ready`)
        used = [path.stat().st_mtime for path in (other, *other.glob(f"{MARK}*")) if path.exists()]
        if other != folder and used and max(used) < before:
            shutil.rmtree(other, ignore_errors=True)


@cache
def use_cache() -> Path | None:
    """Let all kernels keep their compiled code, before the first of them is compiled; the folder of this process."""
    folder = cache_folder()
    if folder is not None:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(folder)
        try:
            for compiled in _KERNELS:
                compiled.enable_caching()
        finally:
            config.CACHE_DIR = before
    return folder


_KERNELS: list[Any] = []
_INLINED: list[Any] = []


def kernels() -> list[Any]:
    """Every kernel that is compiled by itself."""
    return [compiled for compiled in _KERNELS if compiled not in _INLINED]


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call, with the house's options and its cache."""
    return _compiled(function, no_cfunc_wrapper=True)


def part(function: Callable[..., Any]) -> Any:
    """The same for a function that kernels alone call: without the ways in from Python, which cost as much again."""
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def inlined(function: Callable[..., Any]) -> Any:
    """The same for a small function that is copied into its callers: a call with arrays costs as much as a row."""
    compiled = _compiled(function, inline="always")
    _INLINED.append(compiled)
    return compiled


def _compiled(function: Callable[..., Any], **more: Any) -> Any:
    compiled = njit(**OPTIONS, **more)(function)
    _KERNELS.append(compiled)
    return compiled
