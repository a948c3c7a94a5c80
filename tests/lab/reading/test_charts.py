"""Charts have the numbers of the analysis."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.lab.conftest import Visitor

import resynapse as rs
from resynapse.lab.reading.charts import MOST_DOTS, arms_chart, axis


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
        assert row.n == one.n == len(row.dots)
        assert float(row.mean) == pytest.approx(one.mean, abs=0.06)
        ends = [float(end) for end in row.interval.split(" to ")]
        assert ends == pytest.approx([one.interval.low, one.interval.high], abs=0.06)
    assert reader.get(f"/runs/{found.id}").text.count('class="dot"') == sum(row.n for row in chart.rows)


def test_many_subjects_are_drawn_as_a_band(reader: Visitor) -> None:
    values = [float(n % 101) for n in range(MOST_DOTS + 1)]
    frame = pl.DataFrame({"subject": range(MOST_DOTS + 1), "arm": ["untreated"] * (MOST_DOTS + 1), "value": values})
    (row,) = arms_chart(rs.load("demo"), frame, "acc_combined", "t", "%", {}, ["untreated"], 1).rows
    assert row.dots == ()
    assert row.band is not None
    assert 0 < row.band[0] < row.band[1] < 100


@pytest.mark.parametrize("values", [[], [0.0], [5.0, 5.0], [-3.0, 1e6], [1e-9, 2e-9], [99.9, 100.0]])
def test_every_value_has_a_place_on_the_axis(values: list[float]) -> None:
    place, ticks = axis(values)
    assert 1 < len(ticks) <= 8
    assert all(0 <= place(value) <= 100 for value in values)
    assert [x for x, _ in ticks] == sorted(x for x, _ in ticks)
