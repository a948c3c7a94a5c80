"""The summary counts facts, not words."""

from __future__ import annotations

import re
from dataclasses import replace

from resynapse.report.run_data import RunData
from resynapse.report.sections.summary import summary


def _counts(run_data: RunData) -> list[int]:
    (said,) = (point for point in summary(run_data).points if point.startswith("Beside clinical findings"))
    return [int(count) for count in re.findall(r"\d+", said)]


def test_agreement_with_findings_is_counted_from_the_findings_whatever_their_words(run_data: RunData) -> None:
    side = run_data.analysis.clinical
    assert side is not None
    entries = tuple(replace(entry, agreement="reworded") for entry in side.entries)
    reworded = replace(run_data, analysis=run_data.analysis.with_parts(clinical=replace(side, entries=entries)))
    assert _counts(reworded) == _counts(run_data)
    asked, answered, floored, same, opposite, contested, nothing = _counts(run_data)
    assert asked == len(side.entries)
    assert floored == sum("stands at chance" in entry.note for entry in side.entries)
    assert answered == same + opposite + contested + nothing > 0
