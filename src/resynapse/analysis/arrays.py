"""A run's table for other libraries: a pandas frame, or an xarray array with labels and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.protocol import Protocol
from resynapse.protocol.prose.titles import titles_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import xarray as xr


def pandas_frame(table: pl.DataFrame) -> pd.DataFrame:
    """The tidy table as pandas; `attrs` carries the disclaimer.

    Raises
    ------
    ResynapseError : pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise ResynapseError("to_pandas needs pandas; install it with `pip install pandas`") from None
    frame = pd.DataFrame(table.to_dict(as_series=False))
    frame.attrs["disclaimer"] = SHORT_DISCLAIMER
    return frame


def labelled_array(table: pl.DataFrame, protocol: Protocol) -> xr.DataArray:
    """The values by subject, arm, condition and outcome; NaN where nothing was measured.

    Titles of arms, conditions and outcomes, and the units, are further coordinates; `attrs` carries the disclaimer.

    Raises
    ------
    ResynapseError : xarray is not installed.
    """
    try:
        import xarray as xr
    except ImportError:
        raise ResynapseError("to_xarray needs xarray; install it with `pip install xarray`") from None
    titles = titles_of(protocol)
    axes = ("subject", "arm", "condition", "outcome")
    labels = {axis: table[axis].unique(maintain_order=True).to_list() for axis in axes}
    labels["subject"] = sorted(labels["subject"])
    places = []
    for axis in axes:
        place = {label: number for number, label in enumerate(labels[axis])}
        places.append(np.array([place[label] for label in table[axis]]))
    values = np.full([len(labels[axis]) for axis in axes], np.nan)
    values[tuple(places)] = table["value"].to_numpy()
    told = {
        "arm_title": ("arm", [titles.arm(name) for name in labels["arm"]]),
        "condition_title": ("condition", [titles.condition(name) for name in labels["condition"]]),
        "outcome_title": ("outcome", [titles.outcome(name) for name in labels["outcome"]]),
        "unit": ("outcome", [titles.of(name).unit for name in labels["outcome"]]),
    }
    about = {"protocol": protocol.name, "disclaimer": SHORT_DISCLAIMER}
    return xr.DataArray(values, dims=axes, coords={**labels, **told}, name="value", attrs=about)
