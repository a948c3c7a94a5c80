"""Golden tables: every cell of every library protocol on a small network, by both engines.

``python -m tests.golden.tables`` adds the tables of new protocols; only a change that CHANGELOG.md flags as **numbers**
may write others anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import threadpoolctl
from tests.miniatures import miniature

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.controls import CONTROLS, controlled
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.runs.admission import able_engines
from resynapse.runs.provenance import hardware
from resynapse.runs.walk import walk
from resynapse.runs.workers.blas import single_threaded_blas

FILE = Path(__file__).with_name("cells.parquet")
MACHINE = Path(__file__).with_name("machine.json")
LATER = ("calibrated-probe", "zero-mean-noise", "count-matched-scars", "no-scars")
"""Controls that are younger than the table of the others."""
CONTROLLED = {
    "switch-relapse with every control": ("switch-relapse", tuple(name for name in CONTROLS if name not in LATER)),
    "kindling with later controls": ("kindling", LATER),
}
"""By name of a table, the protocol and the controls that it bears, those that change it."""
NAMES = (*sorted(rs.library()), *CONTROLLED)
SUBJECT = Subject(7, 2)
SCHEMA = dict.fromkeys(("protocol", "arm", "condition", "outcome"), pl.String) | dict.fromkeys(
    ("reference", "compiled"), pl.Float64
)
Cells = Mapping[tuple[str, str, str], float]


def protocol(name: str) -> rs.Protocol:
    """A small protocol by its name here."""
    source, controls = CONTROLLED.get(name, (name, ()))
    found = rs.load(source)
    for control in controls:
        try:
            found = controlled(found, control)
        except ProtocolError:
            continue
    return miniature(found)


def kinds(name: str) -> tuple[str, ...]:
    """The engines that a protocol has tables of."""
    able = able_engines(protocol(name))
    return tuple(kind for kind in ("reference", "compiled") if kind in able)


def computed(name: str, kind: str) -> Cells:
    """All cells of one subject, by one engine."""
    small = protocol(name)
    chosen = engine(kind, architecture=small.network)
    with single_threaded_blas():
        return {(row.arm, row.condition, row.outcome): row.value for row in walk(small, SUBJECT, chosen)}


def machine() -> dict[str, str]:
    """What may round otherwise: the processor and the linear algebra that NumPy uses."""
    found = [info for info in threadpoolctl.threadpool_info() if info["user_api"] == "blas"]
    blas = "; ".join(sorted(f"{i['internal_api']} {i['version']} {i.get('architecture', '')}" for i in found))
    return {"processor": str(hardware()["processor"]), "blas": blas}


def golden(name: str) -> pl.DataFrame:
    """The kept cells of one protocol: arm, condition, outcome, reference, compiled."""
    return pl.read_parquet(FILE).filter(pl.col("protocol") == name)


def main() -> None:
    """Write the tables that are missing, or lack an engine; delete the file to write all anew."""
    kept = pl.read_parquet(FILE) if FILE.exists() else pl.DataFrame(schema=SCHEMA)
    there = {(name, kind) for kind in ("reference", "compiled") for name in kept.drop_nulls(kind)["protocol"].unique()}
    missing = [name for name in NAMES if any((name, kind) not in there for kind in kinds(name))]
    rows = []
    for name in missing:
        exact, *fast = (computed(name, kind) for kind in kinds(name))
        rows += [(name, *cell, value, fast[0][cell] if fast else None) for cell, value in exact.items()]
        print(name, len(exact))
    new = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    kept = kept.filter(~pl.col("protocol").is_in(missing))
    pl.concat([kept, new]).write_parquet(FILE, compression="zstd", compression_level=19)
    MACHINE.write_text(json.dumps(machine(), indent=1) + "\n")


if __name__ == "__main__":
    main()
