"""In a notebook every result is a short table with the disclaimer, and one line elsewhere."""

from __future__ import annotations

import pytest
from tests.report.pages import Page

import resynapse as rs
from resynapse.analysis.library_changes import changes
from resynapse.disclaimer import DISCLAIMER
from resynapse.html_view import MOST_ROWS, html_view
from resynapse.protocol import dumps
from resynapse.publication.comparison import compare

CLAIM = """
claims:
  - id: regrowth-helps
    statement: After regrowth accuracy is higher.
    where: this test
    tests: [{difference: {of: acc_combined of ketamine at acute, minus: acc_combined of untreated at acute, above: 0}}]
"""


@pytest.fixture(scope="module")
def shown(tiny: rs.Protocol) -> dict[str, object]:
    run = rs.run(tiny, subjects=2, workers=1)
    named = rs.loads(dumps(tiny).replace("name: tiny", "name: switch-relapse"))
    return {
        "Protocol": tiny,
        "Comparison": compare("switch-relapse", run.table(), changes(named)),
        "Analysis": run.analyse(),
        "Audit": rs.audit(rs.run(rs.loads(dumps(tiny) + CLAIM), subjects=2, workers=1)),
        "Attribution": rs.attribute(
            tiny, between=["ketamine", "ssri"], outcomes=["gain"], at="acute", subjects=2, workers=1
        ),
    }


@pytest.mark.parametrize("kind", ["Protocol", "Comparison", "Analysis", "Audit", "Attribution"])
def test_a_result_is_one_line_and_a_table(shown: dict[str, object], kind: str) -> None:
    one = shown[kind]
    assert type(one).__name__ == kind
    line = repr(one)
    assert line.startswith(f"{kind}(")
    assert "\n" not in line
    assert len(line) < 600
    html = one._repr_html_()  # type: ignore[attr-defined]
    Page.of(html)
    assert "<table>" in html
    assert DISCLAIMER in html


def test_text_is_text_and_long_tables_are_cut() -> None:
    html = html_view("<b>", "a & b", ["x"], [["<i>"]] * (MOST_ROWS + 3))
    Page.of(html)
    assert "<b>" not in html
    assert "<i>" not in html
    assert html.count("&lt;i&gt;") == MOST_ROWS
    assert "3 rows more" in html
