"""What large cohorts do to everything but the processor: `python -m benchmarks.scale [dask] [folder] [statistics]`.

dask: the same run of `demo` by threads, and by Dask with two and four worker processes on the loopback interface.
folder: folders of synthetic subjects, the rows of one real subject with values that vary. statistics: one such folder
through table, analysis and report. Every row is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables import Cell, table
from resynapse.disclaimer import SHORT_DISCLAIMER

WAYS: dict[str, tuple[str, ...]] = {
    "2 threads": ("--workers", "2"),
    "Dask, 2 processes": ("--workers", "2", "--dask", "local"),
    "Dask, 4 processes": ("--workers", "4", "--dask", "local"),
}


def by_dask(subjects: int) -> str:
    """Time, processor time and tables of one run by every way of working."""
    import polars as pl

    import resynapse as rs
    from resynapse.runs.workers.worker import Plan, answer

    demo = rs.load("demo")
    sent = len(pickle.dumps(answer(tuple(Plan.of(demo, "compiled", 0)), 0)))
    rows: list[list[Cell]] = []
    first: pl.DataFrame | None = None
    with tempfile.TemporaryDirectory() as temporary:
        for way, words in WAYS.items():
            out = Path(temporary) / way
            command = [sys.executable, "-m", "resynapse", "run", "demo", "--subjects", str(subjects), "--out", str(out)]
            used, started = _children(), time.perf_counter()
            subprocess.run([*command, *words], check=True, capture_output=True)
            wall, processor = time.perf_counter() - started, _children() - used
            found = pl.read_parquet(out / "results.parquet")
            first = found if first is None else first
            rows.append([way, wall, wall / subjects, processor / subjects, "yes" if found.equals(first) else "NO"])
    columns = ["demo", "seconds", "s a subject", "processor s a subject", "same table"]
    return table(f"{subjects} subjects, start of the workers included", columns, rows) + (
        f"\n  What a worker sends back for a subject: {sent:,} bytes.\n"
    )


def folders(counts: Sequence[int]) -> str:
    """A folder of each size."""
    rows: list[list[Cell]] = []
    for count in counts:
        found = _alone("folder", count)
        megabytes = [found["parts"] / 1e6, found["results"] / 1e6]
        times = [found[what] for what in ("check", "join", "check the table")]
        rows.append([f"{count:,}", found["files"], *megabytes, *times, found["peak"]])
    columns = ["subjects", "files", "parts MB", "results MB", "check parts s", "join s", "check table s", "peak MB"]
    return table("Run folders of synthetic subjects", columns, rows)


def statistics(count: int) -> str:
    """One folder through everything that reads it."""
    found = _alone("statistics", count)
    rows: list[list[Cell]] = [[what, found[what], found[f"{what} peak"]] for what in ("table", "analysis", "report")]
    title = f"{count:,} synthetic subjects, {found['cells']} cells each; page {found['page'] / 1e6:.2f} MB"
    return table(title, ["what", "seconds", "peak MB so far"], rows)


def _alone(part: str, count: int) -> dict[str, Any]:
    code = f"from benchmarks.scale import {part}_alone; {part}_alone({count})"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def folder_alone(count: int) -> None:
    """Fill, check and join a folder, and print what that took."""
    from verification.journeys.synthetic import many_subjects

    from resynapse.runs.store.folder import RunFolder

    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "run"
        many_subjects(place, count, finish=False)
        run, found = RunFolder(place), {}
        found["check"] = _seconds(run.parts)
        found["join"] = _seconds(run.finish)
        found["check the table"] = _seconds(RunFolder(place).sound_results)
        files = [path for path in place.rglob("*") if path.is_file()]
        found["files"] = len(files)
        found["parts"] = sum(path.stat().st_size for path in files if path.parent.name == "parts")
        found["results"] = run.results_path.stat().st_size
    print(json.dumps({**found, "peak": _peak()}))


def statistics_alone(count: int) -> None:
    """Read, analyse and report a folder, and print what that took."""
    from verification.journeys.synthetic import many_subjects

    from resynapse.analysis.analyse import analyse
    from resynapse.report.report import report
    from resynapse.report.run_data import RunData
    from resynapse.runs.store.folder import RunFolder

    found: dict[str, Any] = {}

    def timed(what: str, do: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        value = do()
        found[what], found[f"{what} peak"] = time.perf_counter() - started, _peak()
        return value

    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "run"
        many_subjects(place, count)
        run = RunFolder(place)
        rows = [timed("table", run.table)]
        found["cells"] = rows[0].height // count
        timed("analysis", lambda: analyse(rows.pop(), run.manifest().protocol))
        html = timed("report", lambda: report(RunData.of(run)))
    found |= {"page": len(html.encode())}
    print(json.dumps(found))


def _seconds(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("parts", nargs="*", default=["dask", "folder", "statistics"], metavar="PART")
    parser.add_argument("--subjects", type=int, default=100, help="of the runs by Dask (100)")
    parser.add_argument("--synthetic", type=int, nargs="+", default=[10**5, 10**6], help="subjects of folders")
    parser.add_argument("--analysed", type=int, default=10**5, help="subjects of statistics and report")
    asked = parser.parse_args(words)
    for part in asked.parts:
        if part not in ("dask", "folder", "statistics"):
            parser.error(f"expected dask, folder or statistics, got {part!r}")
    if "dask" in asked.parts:
        print(by_dask(asked.subjects), flush=True)
    if "folder" in asked.parts:
        print(folders(asked.synthetic), flush=True)
    if "statistics" in asked.parts:
        print(statistics(asked.analysed), flush=True)
    print(SHORT_DISCLAIMER)


if __name__ == "__main__":
    main()
