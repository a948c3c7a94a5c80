"""The workspace: which protocols and runs there are. Pages name them by ids from this inventory, never by paths."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from resynapse.errors import ResynapseError
from resynapse.lab.workspace.found import Found, run_id
from resynapse.runs.store.atomic_files import put
from resynapse.runs.store.file_names import MANIFEST

DEPTH = 4
"""How many folders deep runs are looked for."""
PROTOCOLS, RUNS, OWN = "protocols", "resynapse-runs", ".resynapse-lab"
AUDITS, ATTRIBUTIONS = "resynapse-audits", "resynapse-attributions"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_SKIP = frozenset({"parts", "node_modules", "__pycache__"})


class UnknownError(ResynapseError):
    """There is no such protocol, run or page."""


@dataclass(slots=True)
class Workspace:
    """Folders that a session shows.

    Parameters
    ----------
    root : where it writes: protocols, runs, and what the laboratory itself keeps.
    others : folders of runs that are shown too.
    """

    root: Path
    others: Sequence[Path] = ()
    _seen: dict[str, Found] = field(default_factory=dict)
    _tops: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        self.others = tuple(path.resolve() for path in self.others)
        # texts, as a Path for each of a thousand runs takes longer than the rest
        self._tops = tuple(os.path.join(top, "") for top in (self.root / RUNS, self.root, *self.others))  # noqa: PTH118

    @property
    def own(self) -> Path:
        """What the laboratory keeps: jobs and the log of the session."""
        return self.root / OWN

    def protocols(self) -> dict[str, Path]:
        """The workspace's protocol files by their names."""
        found: dict[str, Path] = {}
        for folder in (self.root / PROTOCOLS, self.root):
            for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
                if path.is_file() and not path.is_symlink() and _NAME.fullmatch(path.stem):
                    found.setdefault(path.stem, path)
        return found

    def protocol(self, name: str) -> Path:
        """The file of a protocol of the workspace.

        Raises
        ------
        UnknownError : there is none of this name.
        """
        found = self.protocols().get(name)
        if found is None:
            raise UnknownError(f"no protocol {name!r} in this workspace; choose one on the page Protocols")
        return self.inside(found)

    def new_protocol(self, name: str) -> Path:
        """Where a protocol of a new name is written.

        Raises
        ------
        ResynapseError : the name cannot be that of a file.
        """
        if not _NAME.fullmatch(name):
            raise ResynapseError(
                f"{name!r} cannot name a file; use up to 80 letters, digits, points, hyphens and underscores"
            )
        return self.inside(self.root / PROTOCOLS / f"{name}.yaml")

    def inside(self, path: Path) -> Path:
        """A path that is in the workspace and no link out of it.

        Raises
        ------
        ResynapseError : it is not.
        """
        if path.is_symlink() or not path.resolve().is_relative_to(self.root):
            raise ResynapseError(f"{path.name}: outside the workspace; put a copy of the file into it")
        return path

    def write(self, path: Path, text: str) -> None:
        """Write a file of the workspace in one step."""
        self.inside(path).parent.mkdir(parents=True, exist_ok=True)
        put(path, lambda draft: draft.write_text(text, "utf-8"))

    def runs(self) -> list[Found]:
        """Every run, the latest first; no file is read."""
        found = [one for top in (self.root, *self.others) for one in self._below(str(top), DEPTH)]
        self._seen = {str(one.path): one for one in found}
        return sorted(self._seen.values(), key=lambda one: one.stamp, reverse=True)

    def run(self, id: str) -> Found:
        """The run of an id.

        Raises
        ------
        UnknownError : there is none.
        ResynapseError : its manifest is damaged.
        """
        for look in (self._seen.values, self.runs):  # the folders are walked only for a run that is new
            for found in look():
                if found.id == id:
                    return self.run_at(found.path)
        raise UnknownError("no such run in this workspace; choose one on the page Runs")

    def run_at(self, path: Path) -> Found:
        """The run in a folder.

        Raises
        ------
        UnknownError : there is none.
        ResynapseError : its manifest is damaged.
        """
        found = self._found(str(path))
        if found is None:
            raise UnknownError(f"{path.name}: no run here")
        _ = found.manifest
        return found

    def _below(self, folder: str, depth: int) -> Iterator[Found]:
        found = self._found(folder)
        if found is not None:
            yield found
            return
        if depth == 0:
            return
        try:
            with os.scandir(folder) as entries:
                below = [e.path for e in entries if e.name not in _SKIP and e.name[0] != "." and _is_folder(e)]
        except OSError:
            return
        for path in below:
            yield from self._below(path, depth - 1)

    def _found(self, path: str) -> Found | None:
        try:
            stat = os.stat(f"{path}{os.sep}{MANIFEST}")  # noqa: PTH116 - a Path for each run takes longer than the rest
        except OSError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        before = self._seen.get(path)
        if before is not None and before.stamp == stamp:
            return before
        there = Path(path)
        return Found(run_id(there), there, self._named(path), stamp)

    def _named(self, path: str) -> str:
        """The folder's name for people, from where the workspace begins."""
        for top in self._tops:
            if path.startswith(top):
                return path[len(top) :].replace(os.sep, "/")
        return path.rpartition(os.sep)[2]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)
