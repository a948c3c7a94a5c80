"""Tidy tables made of stated values, so that every statistic has a known answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import pytest

import resynapse as rs
from resynapse.protocol import dump, parse

Values = Mapping[tuple[str, str, str], Sequence[float | None]]


class Tidy:
    """Makes a tidy table from the values of each cell, subject by subject; None where a subject has none."""

    def __call__(self, values: Values, protocol: str = "switch-relapse") -> pl.DataFrame:
        rows = [
            {
                "protocol": protocol,
                "variant": "base",
                "subject": subject,
                "arm": arm,
                "condition": condition,
                "outcome": outcome,
                "value": float(value),
            }
            for (arm, condition, outcome), column in values.items()
            for subject, value in enumerate(column)
            if value is not None
        ]
        return pl.DataFrame(rows)


@pytest.fixture(scope="session")
def tidy() -> Tidy:
    return Tidy()


@pytest.fixture(scope="session")
def looked_at(tiny: rs.Protocol) -> rs.Protocol:
    """The tiny protocol with the probe along maintenance itself, so that there is a time to relapse."""
    content = dump(tiny)
    content["follow_up"][-1]["fork"].insert(0, {"assess": {"condition": "kept", "outcomes": ["acc_biased_1.0"]}})
    rule = {"outcome": "below_60", "of": "acc_biased_1.0", "threshold": 60, "within": "kept"}
    return parse({**content, "derived": [*content["derived"], {"below": rule}]})


@pytest.fixture(scope="session")
def switch_relapse() -> rs.Protocol:
    return rs.load("switch-relapse")
