"""The summary counts facts, not words."""

from __future__ import annotations

import re
from dataclasses import replace

from resynapse.report.run_data import Material
from resynapse.report.sections.summary import summary


def _counts(material: Material) -> list[int]:
    (said,) = (point for point in summary(material).points if point.startswith("Beside clinical findings"))
    return [int(count) for count in re.findall(r"\d+", said)]


def test_agreement_with_findings_is_counted_from_the_findings_whatever_their_words(material: Material) -> None:
    side = material.analysis.clinical
    assert side is not None
    entries = tuple(replace(entry, agreement="reworded") for entry in side.entries)
    reworded = replace(material, analysis=replace(material.analysis, clinical=replace(side, entries=entries)))
    assert _counts(reworded) == _counts(material)
    asked, answered, floored, same, opposite, contested, nothing = _counts(material)
    assert asked == len(side.entries)
    assert floored == sum("stands at chance" in entry.note for entry in side.entries)
    assert answered == same + opposite + contested + nothing > 0
