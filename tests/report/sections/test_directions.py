"""The counts beside clinical findings are of facts, not of words."""

from __future__ import annotations

import re
from dataclasses import replace

from resynapse.clinical.side_by_side import SideBySide
from resynapse.report.run_data import RunData
from resynapse.report.sections.directions import beside_findings, counts


def _counts(side: SideBySide) -> list[int]:
    return [int(count) for count in re.findall(r"\d+", counts(side))]


def test_agreement_with_findings_is_counted_from_the_findings_whatever_their_words(run_data: RunData) -> None:
    side = run_data.analysis.clinical
    assert side is not None
    reworded = replace(side, entries=tuple(replace(entry, agreement="reworded") for entry in side.entries))
    assert _counts(reworded) == _counts(side)
    asked, answered, floored, same, opposite, contested, nothing = _counts(side)
    assert asked == len(side.entries)
    assert floored == sum("is at chance" in entry.note for entry in side.entries)
    assert answered == same + opposite + contested + nothing > 0


def test_the_counts_come_first_and_nothing_is_said_where_nothing_is_compared(run_data: RunData) -> None:
    side = run_data.analysis.clinical
    assert side is not None
    assert beside_findings(side).sentences[0] == counts(side)
    assert not beside_findings(None)
