"""Every cell over its subjects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.parts.describe import describe, kinds

Tidy = Callable[..., pl.DataFrame]


def test_descriptions_are_those_of_a_run(tiny: rs.Protocol) -> None:
    run = rs.run(tiny, subjects=3)
    summary = {tuple(row[:3]): row[3:] for row in run.summary().iter_rows()}
    found = describe(Cells.of(run.table()), tiny)
    assert len(found) == len(summary)
    for one in found:
        mean, sd, n = summary[one.arm, one.condition, one.outcome]
        assert (one.mean, one.n) == (pytest.approx(mean), n)
        assert one.sd == pytest.approx(sd, abs=1e-9)
        assert one.minimum <= one.median <= one.maximum


def test_missing_subjects_are_not_zeros(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    values = {("ssri", "acute", "acc_clean"): [90, None, 70, 80], ("ssri", "acute", "acc_standard"): [1, 2, 3, 4]}
    clean, standard = describe(Cells.of(tidy(values)), switch_relapse)
    assert (clean.n, clean.mean, clean.median) == (3, 80.0, 80.0)
    assert clean.sd == pytest.approx(np.std([90, 70, 80], ddof=1))
    assert standard.n == 4


def test_the_interval_fits_the_kind_of_outcome(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    assert kinds(switch_relapse, ["manic_relapse", "acc_clean", "relapse_drop", "gain", "depth"]) == [
        "yes or no", "percent", "free", "free", "free",
    ]  # fmt: skip
    values = {
        ("ssri", "maintenance=25", "manic_relapse"): [0, 0, 100, 0, 0, 0, 0],
        ("ssri", "acute", "acc_clean"): [100] * 7,
        ("ssri", "acute", "gain"): [1.6] * 7,
        ("ssri", "acute", "acc_combined"): [90, 91, 93, 88, 89, 95, 90],
    }
    methods = [d.interval.method for d in describe(Cells.of(tidy(values)), switch_relapse)]
    assert methods[:3] == ["Clopper-Pearson", "Clopper-Pearson", ""]
    assert methods[3].startswith("BCa")
