"""Run folders of any size, made of one small run: for budgets and pictures of pages, never for results."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from tests.miniatures import miniature

import resynapse as rs
from resynapse.runs.store.atomic_files import digest
from resynapse.runs.store.file_names import PARTS
from resynapse.runs.store.folder import Manifest, RunFolder
from resynapse.runs.store.subject_files import PACK


def many_runs(folder: Path, count: int) -> None:
    """Finished runs of two subjects with different seeds, all with the values of the first."""
    first = folder / "seed0"
    rs.run(miniature("demo"), subjects=2, out=first, workers=1)
    manifest = json.loads((first / "manifest.json").read_text("utf-8"))
    for seed in range(1, count):
        place = folder / f"seed{seed}"
        shutil.copytree(first, place)
        (place / "manifest.json").write_text(json.dumps({**manifest, "root_seed": seed}), "utf-8")


def many_subjects(folder: Path, count: int, *, finish: bool = True, jitter: int = 0) -> None:
    """A run whose subjects are one subject with normal jitter of SD 3; without `finish` its parts alone."""
    protocol = replace(miniature("demo"), title="Synthetic values of many subjects")
    made = folder.with_name(f"{folder.name}-seed")
    table = rs.run(protocol, subjects=1, out=made, workers=1).table()
    shutil.rmtree(made)
    rng = np.random.default_rng(jitter)
    run = RunFolder(folder)
    (folder / PARTS).mkdir(parents=True)
    run.keep(Manifest(protocol, 0, "compiled", count, ()))
    for start in range(0, count, PACK):
        number = min(PACK, count - start)
        frame = pl.concat([table] * number).with_columns(
            subject=pl.Series(np.repeat(np.arange(start, start + number), table.height)),
            value=(pl.col("value") + pl.Series(rng.normal(0, 3, table.height * number))).clip(0, 100),
        )
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd")
        (folder / PARTS / f"pack-{digest(buffer.getvalue())}.parquet").write_bytes(buffer.getvalue())
    if finish:
        run.finish()
