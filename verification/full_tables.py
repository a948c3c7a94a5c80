"""Golden tables at full size: every cell of one subject of the dear library protocols, by the compiled engine.

``python -m verification.full_tables`` adds the tables of new protocols; only a change that CHANGELOG.md flags as
**numbers** may delete `full_cells.parquet` and write all anew. Some three minutes of one core.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import scipy.linalg.cython_blas  # noqa: F401  its linear algebra is part of the machine
from tests.golden.tables import Cells, machine

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.runs.walk import walk
from resynapse.runs.workers.blas import single_threaded_blas

FILE = Path(__file__).with_name("full_cells.parquet")
MACHINE = Path(__file__).with_name("full_machine.json")
NAMES = ("digits-switch-relapse", "dose", "kindling", "switch-relapse", "taper")
"""Perceptrons that are trained for a thousand epochs a subject or more; the small tables have all protocols."""
SUBJECT = Subject(7, 2)
COLUMNS = ("protocol", "arm", "condition", "outcome", "value")


def computed(name: str) -> Cells:
    """All cells of one subject of a library protocol."""
    protocol = rs.load(name)
    chosen = engine("compiled", batch_size=protocol.batch_size, architecture=protocol.network)
    with single_threaded_blas():
        return {(row.arm, row.condition, row.outcome): row.value for row in walk(protocol, SUBJECT, chosen)}


def golden(name: str) -> Cells:
    """The kept cells of one protocol."""
    kept = pl.read_parquet(FILE).filter(pl.col("protocol") == name)
    return {(arm, condition, outcome): value for _, arm, condition, outcome, value in kept.iter_rows()}


def main() -> None:
    """Write the tables that are missing."""
    for name in NAMES:
        kept = [pl.read_parquet(FILE)] if FILE.exists() else []
        if kept and name in set(kept[0]["protocol"]):
            continue
        rows = [(name, *cell, value) for cell, value in computed(name).items()]
        table = pl.concat([*kept, pl.DataFrame(rows, schema=list(COLUMNS), orient="row")]).sort(COLUMNS[:-1])
        table.write_parquet(FILE, compression="zstd", compression_level=22)
        MACHINE.write_text(json.dumps(machine(), indent=1) + "\n", "utf-8")
        print(name, len(rows), flush=True)


if __name__ == "__main__":
    main()
