"""A report of ten thousand subjects stays below one megabyte and half a minute."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import resynapse as rs
from resynapse.report.report import report
from resynapse.report.run_data import RunData
from resynapse.runs.store.folder import Manifest, RunFolder
from resynapse.runs.walk import Row

SUBJECTS = 10_000


def test_the_report_of_ten_thousand_subjects(tmp_path: Path) -> None:
    protocol = rs.load("switch-relapse")
    seed = rs.run(rs.load("demo"), subjects=2, out=tmp_path / "demo").table()
    cells = seed.select("arm", "condition", "outcome", "value").rows()[: seed.height // 2]
    folder = RunFolder(tmp_path / "many")
    folder.keep(Manifest(replace(protocol, title="synthetic values"), 0, "compiled", SUBJECTS, ()))
    rng = np.random.default_rng(0)
    for subject in range(SUBJECTS):
        noise = rng.normal(0, 3, len(cells))
        folder.add(
            subject,
            [
                Row(arm, condition, outcome, float(np.clip(value + jitter, 0, 100)))
                for (arm, condition, outcome, value), jitter in zip(cells, noise, strict=True)
            ],
            protocol.name,
        )
    folder.finish()
    # seconds of the processors, as a machine that is shared takes any time
    started = time.process_time()
    html = report(RunData.of(folder))
    seconds, size = time.process_time() - started, len(html.encode()) / 1e6
    print(f"\n{SUBJECTS} subjects, {len(cells)} cells: {size:.2f} MB in {seconds:.0f} s")
    assert size < 1
    assert seconds < 30
