"""A table in another library holds the same values, with the disclaimer."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.arrays import labelled_array, pandas_frame
from resynapse.disclaimer import SHORT_DISCLAIMER

ROWS = [
    (0, "untreated", "acute", "acc_combined", 30.0),
    (0, "ketamine", "acute", "acc_combined", 97.0),
    (2, "untreated", "acute", "acc_combined", 33.0),
    (0, "ketamine", "maintenance=25", "acc_biased_1.0", 93.0),
]
TABLE = pl.DataFrame(ROWS, schema=["subject", "arm", "condition", "outcome", "value"], orient="row")


def test_pandas_has_every_row() -> None:
    pytest.importorskip("pandas")
    frame = pandas_frame(TABLE)
    assert list(frame.itertuples(index=False, name=None)) == ROWS
    assert frame.attrs["disclaimer"] == SHORT_DISCLAIMER


def test_xarray_has_every_value_in_its_place_and_nothing_elsewhere() -> None:
    pytest.importorskip("xarray")
    array = labelled_array(TABLE, rs.load("switch-relapse"))
    for subject, arm, condition, outcome, value in ROWS:
        assert float(array.sel(subject=subject, arm=arm, condition=condition, outcome=outcome)) == value
    assert int(np.isfinite(array.values).sum()) == len(ROWS)
    assert array.sel(arm="ketamine").arm_title.item() == "ketamine-like"
    assert array.sel(outcome="acc_combined").unit.item() == "%"
    assert array.attrs["disclaimer"] == SHORT_DISCLAIMER
