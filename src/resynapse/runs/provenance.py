"""What a run was made with: versions, commit, machine."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from resynapse.cores import usable_cores
from resynapse.engine import engines

_PACKAGES = ("resynapse", "numpy", "scipy", "polars", "pydantic", "PyYAML")


def versions() -> dict[str, str]:
    """Python's version and those of the packages that decide the numbers."""
    found = {"python": platform.python_version()}
    of_engines = (name for kind in engines().values() for name in kind.packages)
    for name in dict.fromkeys((*_PACKAGES, *of_engines)):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def engine_remark(name: str) -> str:
    """What a report says of an engine's numbers; empty for nothing, and for an engine that is not installed here."""
    kind = engines().get(name)
    return kind.remark if kind else ""


def commit() -> dict[str, Any]:
    """Commit of the source tree and whether it has uncommitted changes; None outside a checkout of resynapse."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "pyproject.toml").exists():
        return {"commit": None, "dirty": None}
    try:
        head = _git(root, "rev-parse", "HEAD")
        return {"commit": head, "dirty": bool(_git(root, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


@cache
def sources() -> str:
    """Digest of resynapse's own sources and data: it distinguishes installed copies from changed checkouts."""
    root = Path(__file__).parents[1]
    total = hashlib.sha256()
    read = {*root.rglob("*.py"), *root.rglob("*.yaml"), *(p for p in root.glob("data/**/*") if p.is_file())}
    for source in sorted(path for path in read if path.suffix != ".pyc"):
        total.update(source.relative_to(root).as_posix().encode())
        total.update(source.read_bytes())
    return total.hexdigest()[:12]


def hardware() -> dict[str, Any]:
    """Processor, cores that this process may use, operating system."""
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": usable_cores(),
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()
