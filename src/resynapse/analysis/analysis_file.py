"""The analysis of a finished run, kept in its folder so that a second report is quick."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from resynapse.analysis.analyse import Absent, Analysis, analyse
from resynapse.analysis.part_registry import BUILT_IN, groups, parts
from resynapse.errors import RunFolderError
from resynapse.protocol import dump, plugins_here
from resynapse.runs.provenance import sources, versions
from resynapse.runs.store.atomic_files import digest, put
from resynapse.runs.store.file_names import ANALYSIS
from resynapse.runs.store.folder import RunFolder

if TYPE_CHECKING:
    import polars as pl

DIFFERENCE = 5.0
"""To plan for, by default."""


def analysis_of(folder: RunFolder, table: pl.DataFrame | None = None, *, difference: float = DIFFERENCE) -> Analysis:
    """The statistics of a run: of a finished one as kept in its folder, where they still fit.

    Parameters
    ----------
    table : of the run, where it has been read.
    difference : as in `analyse`.

    Raises
    ------
    RunFolderError : no subject is finished.
    ResynapseError : the difference is not above 0.
    """
    key = _key(folder, difference)
    kept = None if key is None else _read(folder, key)
    if kept is not None:
        return kept
    protocol = folder.manifest().protocol
    found = analyse(
        folder.table() if table is None else table, protocol, unfinished=folder.unfinished(), difference=difference
    )
    # the failure of a plug-in may be gone the next time
    if key is not None and not any(one.failed for one in found.absent):
        content = found.to_json()
        kept_as = {"key": key, "digest": digest(content.encode()), "analysis": content}
        # a folder that cannot be written is analysed again
        with suppress(RunFolderError):
            put(folder.path / ANALYSIS, lambda draft: draft.write_text(json.dumps(kept_as) + "\n", "utf-8"))
    return found


def _key(folder: RunFolder, difference: float) -> str | None:
    """Digest of everything that decides the analysis of a finished run.

    None of an unfinished or damaged one, and with a part that no package installed: its code may change unseen.
    """
    results, plugins = folder.sound_results(), plugins_here()
    if results is None or any(f"part {name}" not in plugins for name in groups() if name not in BUILT_IN):
        return None
    decides = {
        "results": results,
        "protocol": dump(folder.manifest().protocol),
        "difference": difference,
        "sources": sources(),
        "versions": versions(),
        "plugins": plugins,
        "parts": list(parts()),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def _read(folder: RunFolder, key: str) -> Analysis | None:
    """The analysis that is kept under this key; None where none is, or it is damaged."""
    try:
        kept = json.loads((folder.path / ANALYSIS).read_text("utf-8"))
        if kept["key"] != key or kept["digest"] != digest(kept["analysis"].encode()):
            return None
        return from_json(kept["analysis"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def from_json(text: str) -> Analysis:
    """The analysis behind `Analysis.to_json`; every part in its `form`.

    Raises
    ------
    ValueError, KeyError : the text is no analysis by the parts that are installed.
    """
    content: dict[str, Any] = json.loads(text)
    found = {}
    for name, part in parts().items():
        plain = content[name]
        nothing = plain == (list(part.nothing) if isinstance(part.nothing, tuple) else part.nothing)
        found[name] = part.nothing if nothing else TypeAdapter(part.form).validate_python(plain)
    return Analysis(
        protocol=content["protocol"],
        subjects=content["subjects"],
        changed=tuple(content["changed"]),
        remarks=tuple(content["remarks"]),
        found=found,
        absent=tuple(Absent(**one) for one in content["absent"]),
    )
