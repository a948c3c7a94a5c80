"""A run as it goes on: which subjects are finished, and their values in one cell, read from the folder alone.

Parts appear under their names in one step, so that a listing says what is finished; no file is read twice.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.lab.jobs import LIVE, Job, Jobs
from resynapse.lab.workspace import Found
from resynapse.protocol import Protocol, parse

if TYPE_CHECKING:
    import polars as pl

_SINGLE = re.compile(r"subject-(\d+)\.[0-9a-f]{16}\.parquet")
_PROGRESS = re.compile(r"resynapse: (\d+) of (\d+) subjects(?:, (.+?) left)?(?: \| (.*))?$")
_CELL = ("arm", "condition", "outcome")
_MOST_KEPT = 20_000
"""Small frames that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far a run is.

    Parameters
    ----------
    state : of its job, else ``finished`` or ``unfinished``.
    left : time left in words; empty where it is not known.
    phase : what is computed now; empty where it is not known.
    problem : why it failed, in one line.
    """

    state: str
    done: int
    subjects: int
    left: str = ""
    phase: str = ""
    problem: str = ""
    job: str = ""

    @property
    def live(self) -> bool:
        """Whether it is waiting or going on."""
        return self.state in LIVE

    @property
    def share(self) -> float:
        """Share of the subjects that are finished, 0 to 1."""
        return min(1.0, self.done / self.subjects) if self.subjects else 0.0


class Live:
    """Reads runs, and remembers what it has read.

    Parameters
    ----------
    jobs : of the workspace.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self._packs: dict[Path, tuple[int, ...]] = {}
        self._frames: OrderedDict[tuple[str, str, str], pl.DataFrame] = OrderedDict()
        self._protocols: OrderedDict[str, Protocol] = OrderedDict()
        self._latest: tuple[float, dict[str, Job]] = (0.0, {})

    def status(self, found: Found) -> Status:
        """How far a run is; cheap enough for a list of a thousand."""
        job = self._job(found.path)
        if found.finished and (job is None or job.state not in LIVE):
            return Status(state="finished", done=found.subjects, subjects=found.subjects)
        done, size = len(self.finished(found)), found.subjects
        if job is None:
            return Status(state="unfinished", done=done, subjects=size)
        left, phase = "", ""
        lines = self.jobs.log(job).splitlines()
        for line in reversed(lines):
            if match := _PROGRESS.match(line.strip()):
                left, phase = match[3] or "", match[4] or ""
                break
        problem = lines[-1].removeprefix("resynapse: ") if job.state == "failed" and lines else ""
        state = "unfinished" if job.state in ("finished", "lost") else job.state
        return Status(
            state=state, done=done, subjects=size, left=left if state == "running" else "",
            phase=phase if state == "running" else "", problem=problem, job=job.id,
        )  # fmt: skip

    def finished(self, found: Found) -> dict[int, Path]:
        """The part that has each finished subject."""
        held: dict[int, Path] = {}
        for path in self._parts(found):
            if match := _SINGLE.fullmatch(path.name):
                held.setdefault(int(match[1]), path)
            else:
                if path not in self._packs:
                    import polars as pl

                    subjects = pl.read_parquet(path, columns=["subject"])["subject"].unique().to_list()
                    self._packs[path] = tuple(map(int, subjects))
                held.update(dict.fromkeys(self._packs[path], path))
        return held

    def version(self, found: Found) -> str:
        """Changes whenever a page about the run would."""
        folder, manifest = found.path / "parts", found.path / "manifest.json"
        stamps = [path.stat().st_mtime_ns if path.exists() else 0 for path in (folder, manifest)]
        job = self._job(found.path)
        lines = self.jobs.log(job).splitlines()[-1:] if job is not None and job.state in LIVE else []
        return f"{stamps[0]:x}-{stamps[1]:x}-{job.state if job else ''}-{hash(tuple(lines)) & 0xFFFFFF:x}"

    def protocol(self, found: Found) -> Protocol:
        """The protocol of a run, checked once."""
        identity = f"{found.id}-{found.manifest['identity']}"
        if identity not in self._protocols:
            self._protocols[identity] = parse(found.manifest["protocol"])
            while len(self._protocols) > 32:
                self._protocols.popitem(last=False)
        return self._protocols[identity]

    def cells(self, found: Found) -> list[tuple[str, str, str]]:
        """(arm, condition, outcome) of the first finished subject, in table order."""
        import polars as pl

        paths = self._parts(found)
        if not paths:
            return []
        frame = pl.scan_parquet(paths[0]).select(*_CELL).unique(maintain_order=True).collect()
        return [(str(a), str(c), str(o)) for a, c, o in frame.iter_rows()]

    def values(self, found: Found, condition: str, outcome: str) -> pl.DataFrame:
        """Columns subject, arm and value of one outcome at one condition, of every finished subject."""
        import polars as pl

        chosen = (pl.col("condition") == condition) & (pl.col("outcome") == outcome)
        frames = []
        for path in self._parts(found):
            key = (str(path), condition, outcome)
            if key not in self._frames:
                lazy = pl.scan_parquet(path).filter(chosen)
                self._frames[key] = lazy.select("subject", pl.col("arm").cast(pl.String), "value").collect()
                while len(self._frames) > _MOST_KEPT:
                    self._frames.popitem(last=False)
            frames.append(self._frames[key])
        if not frames:
            return pl.DataFrame(schema={"subject": pl.Int64, "arm": pl.String, "value": pl.Float64})
        return pl.concat(frames).unique(["subject", "arm"], maintain_order=True).sort("subject", maintain_order=True)

    def subject(self, found: Found, number: int) -> pl.DataFrame:
        """Every value of one subject: arm, condition, outcome, value; empty where it is not finished."""
        import polars as pl

        path = self.finished(found).get(number)
        if path is None:
            return pl.DataFrame(schema=dict.fromkeys((*_CELL, "value"), pl.String))
        frame = pl.scan_parquet(path).filter(pl.col("subject") == number)
        return frame.select(*(pl.col(name).cast(pl.String) for name in _CELL), "value").collect()

    def _parts(self, found: Found) -> list[Path]:
        folder = found.path / "parts"
        paths = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
        return sorted(paths, key=lambda path: path.name.startswith("subject-"))

    def _job(self, folder: Path) -> Job | None:
        moment, known = self._latest
        if time.monotonic() - moment > 0.2:
            known = {job.folder: job for job in self.jobs.every()}
            self._latest = (time.monotonic(), known)
        return known.get(str(folder))
