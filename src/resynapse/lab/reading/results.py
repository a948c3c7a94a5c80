"""The results of a run as the sections of its report, computed once in a process of its own and kept as files.

So the server stays small, whatever the size of a run, and a page that was computed is there at once.
"""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from resynapse.errors import ResynapseError
from resynapse.lab.reading.live import Live
from resynapse.lab.workspace.found import Found
from resynapse.report.figures.stack import side_by_side
from resynapse.report.page.section import anchor

NARROW = "-narrow"
"""Ends the name of a figure as it is drawn for a narrow screen."""
KEPT = 12
"""Runs whose results are kept."""


class Results:
    """The computed results of a workspace.

    Parameters
    ----------
    folder : where they are kept; None for a folder of this session.
    live : tells how far runs are.
    """

    def __init__(self, folder: Path | None, live: Live) -> None:
        self.folder = folder if folder is not None else Path(tempfile.mkdtemp(prefix="resynapse-lab-"))
        self.live = live
        self._lock = threading.Lock()
        self._going: dict[Path, subprocess.Popen[bytes]] = {}

    def of(self, found: Found) -> dict[str, Any] | None:
        """The results of a run; None while they are computed. `problem` says why there are none."""
        if not self.live.finished(found):
            return {"problem": "No subject is finished, so there is nothing to show yet."}
        place = self.place(found)
        file = place / "results.json"
        if file.is_file():
            content: dict[str, Any] = json.loads(file.read_text("utf-8"))
            return content
        said = self._worked(place, "resynapse.lab.reading.results", found.path, place)
        return {"problem": said} if said else None

    def packed(self, found: Found) -> Path | None:
        """The folder of the run's files to take away; None while they are written.

        Raises
        ------
        ResynapseError : they cannot be made; why.
        """
        results = self.of(found)
        if results is None:
            return None
        if "problem" in results:
            raise ResynapseError(str(results["problem"]))
        place = self.place(found)
        folder = place / "files"
        if folder.is_dir():
            return folder
        said = self._worked(folder, "resynapse.lab.reading.packing", found.path, place / "report.html", folder)
        if said:
            raise ResynapseError(said)
        return None

    def _worked(self, place: Path, module: str, *arguments: Path) -> str:
        """Have a module make a place, if that does not go on already; why it could not, once it has ended without."""
        log = place.with_suffix(".log")
        with self._lock:
            child = self._going.get(place)
            if child is None:
                self._begin(place, log, [module, *map(str, arguments)])
            if child is None or child.poll() is None:
                return ""
            del self._going[place]
        said = log.read_text("utf-8", "replace").strip().splitlines()
        return said[-1] if said else "this could not be computed; try again"

    def place(self, found: Found) -> Path:
        """Where the results of a run, as far as it is, are kept."""
        done = str(found.manifest["results"]) if found.finished else f"n{len(self.live.finished(found))}"
        return self.folder / f"{found.id}-{done}"

    def _begin(self, place: Path, log: Path, words: list[str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        before = sorted((p for p in self.folder.iterdir() if p.is_dir()), key=lambda path: path.stat().st_mtime)
        for old in before[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._going[place] = child
        threading.Thread(target=child.wait, daemon=True).start()


def compute(run: Path, place: Path) -> None:
    """Write the results of a run: `results.json`, every figure as SVG, and the report as one page."""
    from resynapse.report.page.page import page
    from resynapse.report.report import contents
    from resynapse.report.run_data import RunData
    from resynapse.runs.store.folder import RunFolder

    run_data = RunData.of(RunFolder(run))
    first, sections = contents(run_data)
    title = f"{run_data.protocol.name}: report of a simulated run"
    made = [one for one in sections if one]
    content = {
        "opening": asdict(first),
        "sections": [_with_anchors(asdict(one)) for one in made],
    }
    draft = place.with_name(f"{place.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    _take_figures(content, draft)
    (draft / "results.json").write_text(json.dumps(content, allow_nan=False, default=str), "utf-8")
    (draft / "report.html").write_text(page(title, run_data.protocol.title, sections, first), "utf-8")
    draft.replace(place)


def _with_anchors(section: dict[str, Any]) -> dict[str, Any]:
    """A section whose parts have names in the address of the page too."""
    parts = [_with_anchors(part) for part in section["parts"]]
    return {**section, "anchor": anchor(section["title"]), "parts": parts}


def _take_figures(value: Any, folder: Path) -> None:
    """Write the drawings within to files; their text alternative stays."""
    if isinstance(value, dict):
        if "svg" in value and "caption" in value:
            stacked = str(value.pop("svg"))
            svg = side_by_side(stacked)
            value["alt"] = html.unescape(svg.partition('aria-label="')[2].partition('"')[0]) or value["title"]
            (folder / f"{value['name']}.svg").write_text(svg, "utf-8")
            value["narrow"] = svg != stacked
            if value["narrow"]:
                (folder / f"{value['name']}{NARROW}.svg").write_text(stacked, "utf-8")
        for inner in value.values():
            _take_figures(inner, folder)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _take_figures(inner, folder)


if __name__ == "__main__":
    try:
        compute(Path(sys.argv[1]), Path(sys.argv[2]))
    except (ResynapseError, OSError) as error:
        print(error)
        raise SystemExit(1) from None
