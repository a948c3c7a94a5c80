"""Charts have the numbers of the analysis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.lab.conftest import Visitor

import resynapse as rs
from resynapse.lab.reading.charts import arms_chart, axis
from resynapse.lab.reading.marks import MOST_DOTS, MOST_DRAWN, MOST_MARKS, marks


def test_a_chart_has_the_means_and_intervals_of_the_analysis(reader: Visitor, recorded: Path) -> None:
    (found,) = reader.lab.workspace.runs()
    run = rs.Run(found.path)
    frame = reader.lab.live.values(found, "acute", "acc_combined")
    arms = tuple(dict.fromkeys(frame["arm"]))
    chart = arms_chart(run.protocol, frame, "acc_combined", "t", "%", {}, arms, 1)
    described = {d.arm: d for d in run.analyse().descriptions if (d.condition, d.outcome) == ("acute", "acc_combined")}
    assert set(described) == {row.name for row in chart.rows}
    for row in chart.rows:
        one = described[row.name]
        assert row.n == one.n == len(row.marks.dots)
        assert float(row.mean) == pytest.approx(one.mean, abs=0.06)
        ends = [float(end) for end in row.interval.split(" to ")]
        assert ends == pytest.approx([one.interval.low, one.interval.high], abs=0.06)
    assert reader.get(f"/runs/{found.id}").text.count('class="dot"') == sum(row.n for row in chart.rows)


@pytest.mark.parametrize(("count", "shown"), [(2, "dots"), (MOST_DOTS, "dots"), (MOST_DRAWN, "cloud"), (10**4, "band")])
def test_every_subject_is_drawn_as_long_as_there_is_room(count: int, shown: str) -> None:
    values = [float(n % 101) for n in range(count)]
    frame = pl.DataFrame({"subject": range(count), "arm": ["untreated"] * count, "value": values})
    (row,) = arms_chart(rs.load("demo"), frame, "acc_combined", "t", "%", {}, ["untreated"], 1).rows
    drawn = {"dots": len(row.marks.dots), "cloud": row.marks.cloud.count("M"), "band": row.marks.band is not None}
    assert {name: number for name, number in drawn.items() if number} == {shown: count if shown != "band" else True}
    if row.marks.band is not None:
        assert 0 < row.marks.band[0] < row.marks.band[1] < 100


@pytest.mark.parametrize("count", [2, 20, 200, 1_000])
def test_a_chart_of_many_rows_stays_small(count: int) -> None:
    ids = np.arange(count)
    rows = MOST_MARKS // 1_000
    row = marks(lambda value: value, ids, ids / 10.0, str, rows)
    assert row.any
    assert row.band is None
    assert rows * (300 * len(row.dots) + len(row.cloud)) < 1_000_000


@pytest.mark.parametrize("values", [[], [0.0], [5.0, 5.0], [-3.0, 1e6], [1e-9, 2e-9], [99.9, 100.0]])
def test_every_value_has_a_place_on_the_axis(values: list[float]) -> None:
    place, ticks = axis(values)
    assert 1 < len(ticks) <= 8
    assert all(0 <= place(value) <= 100 for value in values)
    assert [x for x, _ in ticks] == sorted(x for x, _ in ticks)
