"""What cohorts of 1 000, 100 000 and 1 000 000 subjects cost, from a run that is measured here.

``python -m benchmarks.capacity`` runs a protocol, prints what it took, and multiplies: nothing else is assumed but the
price of a core-hour, which `--price` gives.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from resynapse.cores import usable_cores
from resynapse.runs.duration import duration
from resynapse.runs.progress import display

COHORTS = (1_000, 100_000, 1_000_000)
ASSUMED_PRICE = 0.05


@dataclass(frozen=True)
class Measured:
    """A finished run of `subjects` subjects by `workers` workers."""

    protocol: str
    subjects: int
    workers: int
    seconds: float
    files: int
    parts: int
    results: int

    @property
    def core_seconds(self) -> float:
        """Of one subject, writing and packing included."""
        return self.seconds * self.workers / self.subjects

    def size(self, subjects: int) -> float:
        """Bytes of a run folder with this many subjects, in proportion."""
        return (self.parts + self.results) * subjects / self.subjects


def measure(protocol: str, subjects: int, workers: int, dask: str | None, out: Path) -> Measured:
    """Run a protocol into an empty folder and measure it; the kernels are compiled before."""
    import resynapse as rs

    chosen = rs.load(protocol)
    rs.run(chosen, subjects=1, seed=1)
    started = time.perf_counter()
    with display() as shown:
        run = rs.run(chosen, subjects=subjects, out=out, workers=workers, dask=dask, display=shown)
    seconds = time.perf_counter() - started
    files = [p for p in run.path.rglob("*") if p.is_file()]
    return Measured(
        protocol=chosen.name,
        subjects=subjects,
        workers=workers,
        seconds=seconds,
        files=len(files),
        parts=sum(p.stat().st_size for p in files if p.parent.name == "parts"),
        results=run.folder.results_path.stat().st_size,
    )


def files(subjects: int) -> int:
    """Files of a finished run folder: packs, the single parts that are left, manifest, table and lock."""
    from resynapse.runs.store.subject_files import PACK

    return subjects // PACK + subjects % PACK + 3


def table(measured: Measured, cores: int, price: float) -> str:
    """The capacity table as Markdown."""
    lines = [
        "| subjects | core-hours | hours on "
        + f"{cores} cores | money at {price:g} a core-hour | run folder | files |",
        "|---|---|---|---|---|---|",
    ]
    for subjects in COHORTS:
        core_hours = measured.core_seconds * subjects / 3600
        lines.append(
            f"| {subjects:,} | {core_hours:,.2f} | {core_hours / cores:,.2f} | {core_hours * price:,.2f} "
            f"| {_bytes(measured.size(subjects))} | {files(subjects):,} |"
        )
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--protocol", default="demo", help="library protocol or YAML file (default: demo)")
    parser.add_argument("--subjects", type=int, default=1000, help="subjects to run (default: 1000)")
    parser.add_argument("--workers", type=int, default=usable_cores(), help="subjects at a time (default: all cores)")
    parser.add_argument("--dask", choices=["local"], help="worker processes instead of threads")
    parser.add_argument("--cores", type=int, default=64, help="cores to project to (default: 64)")
    parser.add_argument("--price", type=float, help=f"of a core-hour (default: {ASSUMED_PRICE}, an assumption)")
    parser.add_argument("--out", type=Path, help="run folder, empty or new (default: a temporary one)")
    asked = parser.parse_args(words)
    if min(asked.subjects, asked.workers, asked.cores) < 1:
        parser.error("subjects, workers and cores must be 1 or more")
    price = ASSUMED_PRICE if asked.price is None else asked.price
    with tempfile.TemporaryDirectory() as temporary:
        out = asked.out or Path(temporary) / "run"
        if out.exists() and any(out.iterdir()):
            parser.error(f"{out} is not empty; a run that goes on cannot be timed")
        measured = measure(asked.protocol, asked.subjects, asked.workers, asked.dask, out)
    how = "worker processes" if asked.dask else "threads"
    print(f"Measured {datetime.now(UTC):%Y-%m-%d}, {usable_cores()} cores, {platform.machine()}, {sys.platform}:")
    print(
        f"{measured.subjects:,} subjects of {measured.protocol} with {measured.workers} {how} in "
        f"{duration(measured.seconds)}: {measured.core_seconds:.3f} core-seconds a subject; "
        f"{measured.files} files, parts {_bytes(measured.parts)}, results.parquet {_bytes(measured.results)}.\n"
    )
    print(table(measured, asked.cores, price))
    source = "an assumption; give yours with --price" if asked.price is None else "given with --price"
    print(f"\nIn proportion to the measured run. The price of a core-hour, {price:g}, is {source}.")


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


if __name__ == "__main__":
    main()
