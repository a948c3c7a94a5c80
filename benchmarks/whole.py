"""The whole protocol: what the baselines would need for it, from epochs timed around a complete run of ours."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import resynapse as rs
from benchmarks.phases import BATCH, LOOP1, LOOP2, Settings, Timed, measure
from benchmarks.stages import Stage
from benchmarks.tables import Cell, table

NOTES = (
    "Baselines: seconds an epoch of each phase, timed before and after our run, x published epochs x subjects;",
    "training alone is counted, their assessments and regrowth come free. Ours: the complete run, all in.",
    "'better of both': the faster of one and two threads, phase by phase. 'two loops (bound)': the most that two",
    "single-threaded loops side by side could reach, half of the one-thread time.",
)
Projection = dict[str, float]
"""Seconds by baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A complete run of ours: wall seconds, and processor seconds over all cores."""

    seconds: float
    processor: float


def whole(
    protocol: rs.Protocol, stages: list[Stage], settings: Settings, *, subjects: int, workers: list[int]
) -> tuple[str, dict[str, Any]]:
    """Time the baselines' epochs, run ours for real with each number of workers, time the baselines again."""
    before = measure(stages, settings, sgemm=False)
    walls = {count: run(protocol, subjects, count) for count in workers}
    after = measure(stages, settings, sgemm=False)
    projected = {name: subjects * s for name, s in projection(before, after).items()} if settings.torch else {}
    fastest = min(wall.seconds for wall in walls.values())
    text = _table(f"Whole {protocol.name}, {subjects} subjects", stages, walls, projected)
    record = {
        "subjects": subjects,
        "published_epochs": {s.name: s.published_epochs for s in stages},
        "shared_epochs": {s.name: s.shared_epochs for s in stages},
        "walls_by_workers": {count: asdict(wall) for count, wall in walls.items()},
        "projected_seconds": projected,
        "ratio": {name: seconds / fastest for name, seconds in projected.items()},
        "seconds_a_step": {
            one.stage.name: {name: [*one.seconds[name], *two.seconds[name]] for name in one.seconds}
            for one, two in zip(before, after, strict=True)
        },
    }
    return text, record


def _table(title: str, stages: list[Stage], walls: dict[int, Wall], projected: Projection) -> str:
    fastest = min(wall.seconds for wall in walls.values())
    shared, published = sum(s.shared_epochs for s in stages), sum(s.published_epochs for s in stages)
    rows: list[list[Cell]] = [
        [f"resynapse, {count} workers", shared, wall.seconds, wall.seconds / 60, wall.processor / wall.seconds, None]
        for count, wall in walls.items()
    ]
    rows += [[name, published, s, s / 60, None, s / fastest] for name, s in projected.items()]
    notes = [*NOTES]
    if {1, 2} <= walls.keys():
        notes.append(f"Two workers against one: {walls[1].seconds / walls[2].seconds:.2f}x.")
    return table(title, ["who", "epochs a subject", "seconds", "minutes", "cores used", "x ours"], rows, notes)


def run(protocol: rs.Protocol, subjects: int, workers: int) -> Wall:
    """A complete run in a temporary folder, its table included."""
    with tempfile.TemporaryDirectory(prefix="resynapse-benchmark-") as folder:
        started, processor = time.perf_counter(), time.process_time()
        rs.run(protocol, subjects=subjects, workers=workers, out=Path(folder) / "run")
        return Wall(seconds=time.perf_counter() - started, processor=time.process_time() - processor)


def projection(before: list[Timed], after: list[Timed]) -> Projection:
    """Seconds that one subject of each baseline takes: median step x steps x published epochs over the phases."""

    def phase(one: Timed, two: Timed, contestant: str) -> float:
        step = statistics.median([*one.seconds[contestant], *two.seconds[contestant]])
        return step * one.stage.steps * one.stage.published_epochs

    pairs = list(zip(before, after, strict=True))
    alone, both, batch = (sum(phase(*pair, who) for pair in pairs) for who in (LOOP1, LOOP2, BATCH))
    return {
        "plain loop, 2 threads": both,
        "plain loop, 1 thread": alone,
        "plain loop, better of both": sum(min(phase(*pair, LOOP1), phase(*pair, LOOP2)) for pair in pairs),
        "two loops of 1 thread (bound)": alone / 2,
        "dense batch, 2 threads": batch,
    }


def loop_subject(protocol: rs.Protocol, *, threads: int = 2) -> tuple[str, dict[str, Any]]:
    """Run one subject of the plain loop to its end: the check of the projection."""
    import torch

    from benchmarks.torch_loop import run_subject

    torch.set_num_threads(threads)
    taken: dict[str, list[float]] = {}
    task = protocol.task
    started = time.perf_counter()
    rows = run_subject(
        0,
        network=protocol.network,
        samples=(task.train, task.test, task.clean),
        watch=lambda phase, seconds: taken.setdefault(phase, []).append(seconds),
    )
    wall = time.perf_counter() - started
    cells: list[list[Cell]] = [[name, len(s), statistics.median(s), sum(s)] for name, s in taken.items()]
    cells.append(["all training", sum(map(len, taken.values())), None, sum(map(sum, taken.values()))])
    cells.append(["with assessments and regrowth", None, None, wall])
    head = ["phase", "epochs", "median s an epoch", "seconds"]
    text = table(f"One subject of the plain loop, {threads} threads", head, cells)
    return text, {"seconds": wall, "epoch_seconds": taken, "rows": rows}
