"""A stack of panels: one drawing as it is, apart for a page, side by side for a file."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from resynapse.disclaimer import DISCLAIMER, SHORT_DISCLAIMER
from resynapse.report.figures import draw
from resynapse.report.figures.stack import apart, side_by_side, stack
from resynapse.report.run_data import RunData

NAMES = ("overview", "pairs", "probe")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=NAMES)
def stacked(request: pytest.FixtureRequest, run_data: RunData) -> tuple[int, str]:
    """How many panels a figure has, and its stack."""
    drawn = draw(run_data, request.param, columns=1)
    return sum(axis.get_visible() for axis in drawn.figure.axes), stack(drawn, request.param)


def _boxes(svg: str) -> list[tuple[float, ...]]:
    inner = ElementTree.fromstring(svg).iter(f"{SVG}svg")
    next(inner)
    return [tuple(float(one.attrib[name]) for name in ("x", "y", "width", "height")) for one in inner]


def test_panels_fill_the_stack_from_top_to_bottom(stacked: tuple[int, str]) -> None:
    panels, svg = stacked
    boxes = _boxes(svg)
    _, _, width, height = map(float, ElementTree.fromstring(svg).attrib["viewBox"].split())
    assert len(boxes) == panels + 1
    below = 0.0
    for x, y, across, high in boxes:
        assert (x, across) == (0, width)
        assert high > 0
        assert y == pytest.approx(below, abs=0.02)
        below = y + high
    assert below == pytest.approx(height, abs=0.02)


def test_side_by_side_no_panel_lies_on_another_and_all_are_within(stacked: tuple[int, str]) -> None:
    _, svg = stacked
    wide = side_by_side(svg)
    boxes = _boxes(wide)
    _, _, width, height = map(float, ElementTree.fromstring(wide).attrib["viewBox"].split())
    for place, (x, y, across, high) in enumerate(boxes):
        assert 0 <= x <= x + across <= width + 0.02
        assert 0 <= y <= y + high <= height + 0.02
        for other_x, other_y, _, other_high in boxes[:place]:
            assert x != other_x or y >= other_y + other_high - 0.02


def test_apart_every_panel_is_a_drawing_and_nothing_is_lost(stacked: tuple[int, str]) -> None:
    panels, svg = stacked
    page = apart(svg)
    assert page.count('<svg class="panel"') == panels
    assert page.count("<svg") == page.count("</svg>")
    drawn = re.findall(r"<text[^>]*>([^<]*)", svg)
    assert " ".join(re.findall(r"<text[^>]*>([^<]*)", page)) + " " in " ".join(drawn)
    below = re.search(r'<p class="foot">([^<]*)</p>', page)
    assert below is not None
    assert " ".join(drawn).endswith(below[1].replace(SHORT_DISCLAIMER, DISCLAIMER))
    assert below[1].endswith(SHORT_DISCLAIMER)
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', page)) <= set(re.findall(r'\bid="([^"]+)"', page))
    assert apart("<svg></svg>") == side_by_side("<svg></svg>") == "<svg></svg>"
