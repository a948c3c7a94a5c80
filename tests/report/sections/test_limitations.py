"""Every report says what its probes see of the scale of activity, with the numbers that the documentation prints."""

from __future__ import annotations

import re
from pathlib import Path

from resynapse.report.sections.limitations import OF_THE_MODEL

MODEL = Path(__file__).parents[3] / "docs" / "model.md"


def test_the_numbers_of_the_gauge_argument_are_those_of_the_page() -> None:
    (said,) = (text for text in OF_THE_MODEL if "docs/figures/gauge.py" in text)
    quarter, fourfold = (int(number) for number in re.findall(r"(\d+) %", said))
    rows = re.findall(r"^\| all hidden layers x (\S+) \| yes \| \S+ \| (\S+) \|", MODEL.read_text("utf-8"), re.M)
    printed = {float(factor): float(value) for factor, value in rows}
    assert (quarter, fourfold) == (round(printed[0.25]), round(printed[4.0]))


def test_gain_is_said_to_protect_by_arithmetic() -> None:
    assert any("larger gain protects" in text for text in OF_THE_MODEL)
