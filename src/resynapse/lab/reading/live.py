"""A run as it goes on: which subjects are finished, and their values in one cell, read from the folder alone.

Parts appear under their names in one step, so that a listing says what is finished; no file is read twice.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resynapse.lab.reading.charts import rounded
from resynapse.lab.workspace.found import Found
from resynapse.lab.workspace.queue import Asked, Queue
from resynapse.protocol import Protocol, parse
from resynapse.protocol.endpoints import Endpoint
from resynapse.protocol.prose.titles import Titles, titles_of
from resynapse.runs.duration import duration
from resynapse.runs.status import RunStatus, read
from resynapse.runs.store.file_names import MANIFEST, PARTS, STATUS

if TYPE_CHECKING:
    import polars as pl

_SINGLE = re.compile(r"subject-(\d+)\.[0-9a-f]{16}\.parquet")
_CELL = ("arm", "condition", "outcome")
_LISTED = 6
"""Arms of a run that a list shows."""
_MOST_KEPT, _MOST_TITLES = 20_000, 2_000
"""Small frames and titles that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far a run is, as a page says it.

    Parameters
    ----------
    state : of `RunStatus`, or ``waiting`` or ``stopping``.
    left : time left in words; empty where it is not known.
    phase : what is computed now; empty where it is not known.
    problem : why it failed or stopped, in one line.
    leading : the leading outcome in one line.
    changes : controls and changed values of its command.
    """

    state: str
    done: int
    subjects: int
    left: str = ""
    phase: str = ""
    problem: str = ""
    leading: str = ""
    changes: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether it is waiting or going on."""
        return self.state in ("waiting", "running", "stopping")


class Live:
    """Reads runs, and remembers what it has read.

    Parameters
    ----------
    queue : of the workspace.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self._packs: dict[Path, tuple[int, ...]] = {}
        self._frames: OrderedDict[tuple[str, str, str], pl.DataFrame] = OrderedDict()
        self._titles: OrderedDict[tuple[Path, tuple[int, int]], Titles] = OrderedDict()

    def status(self, found: Found, asked_for: Mapping[Path, Asked] | None = None) -> Status:
        """How far a run is; cheap enough for a list of a hundred.

        Parameters
        ----------
        asked_for : the latest command of every folder, where many runs are asked about; they are read otherwise.
        """
        if not found.readable:
            return Status(state="damaged", done=0, subjects=0)
        asked = (self.queue.latest() if asked_for is None else asked_for).get(found.path)
        said = read(found.path)
        waits = asked is not None and not asked.started
        changes = asked.changes if asked is not None else ()
        if said is None or waits:
            return Status(state="waiting" if waits else "stopped", done=0, subjects=found.subjects, changes=changes)
        done = said.done if said.done is not None else len(self.finished(found)) if said.subjects else 0
        running = said.state == "running"
        left = "" if said.seconds_left is None else duration(said.seconds_left)
        phase = _phase(said.going_on[0]) if said.going_on else said.where
        return Status(
            state="stopping" if running and self.queue.stopping(found.path) else said.state,
            done=done,
            subjects=said.subjects or found.subjects,
            left=left,
            phase=phase or ("starting" if running else ""),
            problem=said.reason.removeprefix("resynapse: ") if said.state in ("failed", "damaged") else "",
            leading=self._leading(found, said),
            changes=changes,
        )

    def _leading(self, found: Found, said: RunStatus) -> str:
        """The first leading outcome, arm by arm, in the words of the protocol."""
        if not said.leading or not found.begun:
            return ""
        key = (found.path, found.stamp)
        if key not in self._titles:
            self._titles[key] = titles_of(self.protocol(found))
            while len(self._titles) > _MOST_TITLES:
                self._titles.popitem(last=False)
        titles, first = self._titles[key], str(said.leading[0]["endpoint"])
        end = Endpoint.parse(first)
        title, decimals = titles.at(end.condition, end.outcome), titles.of(end.outcome).decimals
        of = [one for one in said.leading if one["endpoint"] == first]
        means = ", ".join(f"{titles.arm(one['arm'])} {rounded(one['mean'], decimals)}" for one in of[:_LISTED])
        means += f" and {len(of) - _LISTED} arms more" if len(of) > _LISTED else ""
        return f"{title[:1].upper()}{title[1:]}: {means}"

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
        """Changes whenever a page about the run would; before the point, whenever its chart would."""
        stamps = [_stamp(found.path / name) for name in (PARTS, MANIFEST, STATUS)]
        status = self.status(found)
        return f"{stamps[0]:x}-{stamps[1]:x}-{status.done}-{status.state}.{stamps[2]:x}"

    def protocol(self, found: Found) -> Protocol:
        """The protocol of a run; checked once, also for many runs of it."""
        return _protocol(json.dumps(found.manifest["protocol"]))

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
        folder = found.path / PARTS
        paths = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
        return sorted(paths, key=lambda path: path.name.startswith("subject-"))


@lru_cache(maxsize=64)
def _protocol(text: str) -> Protocol:
    return parse(json.loads(text))


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _phase(now: dict[str, Any]) -> str:
    """What is done to a subject now, in words."""
    where, _, step = str(now.get("stream") or "").rpartition("/")
    kind = step.partition(".")[0].replace("_", " ")
    arms = now.get("arms") or []
    whose = f"arm {arms[0].replace('_', ' ')}" if len(arms) == 1 else where.replace("_", "-")
    epochs = f", epoch {now['epoch']} of {now['epochs']}" if now.get("epochs") else ""
    return ", ".join(filter(None, [f"subject {now['subject']}", whose, kind])) + epochs
