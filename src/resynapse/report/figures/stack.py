"""Panels one below the other in one drawing, which a page puts side by side where it has room.

Each panel is a drawing within the drawing, so that one text serves every width: as it is for a narrow screen, apart for
a page, which lays the panels out itself, and side by side for a file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resynapse.disclaimer import DISCLAIMER, SHORT_DISCLAIMER
from resynapse.report.figures.inline import inline
from resynapse.report.figures.style import Drawn, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLE = 6.0, 1.2
"""Points between a panel and its title, and of its lines for each point of the letters."""
_GAP, _FOOT = 1.0, 8.0
"""Points between panels, and from the upper edge of the footer's first line to where it stands."""
_PART = re.compile(r'<svg class="(?:panel|foot)".*?</svg>', re.DOTALL)
_PLACED = re.compile(r' x="[^"]*" y="[^"]*" width="(?P<width>[^"]*)" height="(?P<height>[^"]*)" ')
_TAG = re.compile(r"<g\b[^>]*?(/?)>|</g>")


def stack(drawn: Drawn, name: str) -> str:
    """The drawing of a figure whose panels are one below the other, for a page; see `apart` and `side_by_side`."""
    shown = _rows(drawn)
    for place, row in enumerate(shown):
        for axis in row:
            axis.set_gid(f"panel-{place}")
    svg = render(drawn, "svg").decode()
    width, height = (72 * inches for inches in drawn.figure.get_size_inches())
    footer = height * (1 - max(text.get_position()[1] for text in drawn.figure.texts))
    tops = [0.0, *(height - _above(row, height) for row in shown[1:]), footer - _FOOT]
    feet = [height * (1 - min(axis.get_position().y0 for axis in row)) for row in shown]
    labels = [[axis.get_xlabel() for axis in row] for row in shown]
    lines = [max(label.count("\n") + 1 if label else 0 for label in row) for row in labels]
    below = [top - foot for foot, top in zip(feet, tops[1:], strict=True)]
    # below the last panel is the blank above the footer, which tells of no label unless it has most lines
    room = max(below[:-1]) if max(lines[:-1], default=-1) >= lines[-1] else below[-1]
    # all end equally far below their axes, so that side by side they stand on one line
    spans = [*((top, foot + room) for top, foot in zip(tops, feet, strict=False)), (tops[-1], height)]
    return inline(_nested(svg, width, spans).encode(), name, drawn.alt)


def _rows(drawn: Drawn) -> list[list[Axes]]:
    """The axes that are seen, by the row of the figure that they are in: each row is a panel."""
    rows: dict[int, list[Axes]] = {}
    for axis in drawn.figure.axes:
        place = axis.get_subplotspec()
        if axis.get_visible() and place is not None:
            rows.setdefault(place.rowspan.start, []).append(axis)
    return [rows[place] for place in sorted(rows)]


def _above(row: list[Axes], height: float) -> float:
    """Points from the lower edge of the figure to the upper edge of a panel with its title, or its names of columns."""
    axis = row[0]
    if len(row) > 1 or axis.xaxis.get_ticks_position() == "top":
        # an estimate will not do: names of columns stand upright, titles of a row are small
        return max(float(one.get_tightbbox().y1 * 72 / axis.figure.dpi) for one in row) + _GAP  # type: ignore[union-attr]
    title, letters = axis.get_title(loc="left"), float(axis.title.get_fontsize())
    room = _TITLE[0] + _TITLE[1] * letters * (title.count("\n") + 1) if title else 0.0
    return float(axis.get_position().y1 * height) + room + _GAP


def _nested(svg: str, width: float, spans: list[tuple[float, float]]) -> str:
    """Every panel as a drawing of its own; what stands below them, and what they share, comes last."""
    begin = svg.index('<g id="figure_1">') + len('<g id="figure_1">')
    made: list[str] = []
    groups, end = _groups(svg, begin)
    shared = svg[end + len("</g>") : svg.rindex("</svg>")]
    within: dict[str, str] = {}
    for text in groups:
        if found := re.match(r'<g id="(panel-\d+)"', text):
            within[found[1]] = within.get(found[1], "") + text
    rest = "".join(text for text in groups if text.startswith('<g id="footer')) + shared
    parts = [*within.values(), rest]
    at = 0.0
    for text, (top, below) in zip(parts, spans, strict=True):
        kind = "foot" if text is rest else "panel"
        high = f"{below - top:.2f}"
        made.append(
            f'<svg class="{kind}" x="0" y="{at:.2f}" width="{width:g}" height="{high}" '
            f'viewBox="0 {top:.2f} {width:g} {high}">{text}</svg>'
        )
        at += below - top
    head = re.sub(r'viewBox="[^"]*"', f'viewBox="0 0 {width:g} {at:.2f}"', svg[:begin], count=1)
    return f"{head}{''.join(made)}</g></svg>"


def _groups(svg: str, begin: int) -> tuple[list[str], int]:
    """The groups directly within the group that begins there, and where it ends."""
    made: list[str] = []
    depth, start = 0, begin
    for tag in _TAG.finditer(svg, begin):
        if tag[0] == "</g>":
            if depth == 0:
                return made, tag.start()
            depth -= 1
            if depth == 0:
                made.append(svg[start : tag.end()])
        elif not tag[1]:
            start = tag.start() if depth == 0 else start
            depth += 1
    raise ValueError("a drawing whose groups do not end")


def apart(svg: str) -> str:
    """The panels of a stack as drawings on their own, in a box that lays them out; any other drawing as it is.

    What stands below the panels is a line of text, as wide as the box. It ends in the short form of the disclaimer,
    which the page has in full.
    """
    *parts, foot = _PART.findall(svg) or [""]
    if not parts:
        return svg
    style = re.search(r"<style>.*?</style>", svg)
    name = re.search(r' aria-label="[^"]*"', svg)
    panels = "".join(_PLACED.sub(' aria-hidden="true" ', part, count=1) for part in parts)
    shared = "".join(re.findall(r"<defs>.*?</defs>", foot, re.DOTALL))
    held = f'<svg class="shared" aria-hidden="true">{shared}</svg>' if shared else ""
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)", foot)).replace(DISCLAIMER, SHORT_DISCLAIMER)
    return (
        f'<div class="panels{" one" if len(parts) == 1 else ""}" role="img"{name[0] if name else ""}>'
        f'{style[0] if style else ""}{panels}{held}</div><p class="foot">{said}</p>'
    )


def side_by_side(svg: str) -> str:
    """A stack with two panels in a row, for a file that is shown on a wide screen; any other drawing as it is."""
    parts = _PART.findall(svg)
    if not parts:
        return svg
    sizes = [(float(found["width"]), float(found["height"])) for part in parts if (found := _PLACED.search(part))]
    width, row, places = sizes[0][0], 0.0, []
    for begin in range(0, len(sizes) - 1, 2):
        high = max(height for _, height in sizes[begin : min(begin + 2, len(sizes) - 1)])
        # axes below each other are on one line, whatever their titles take
        places += [(column * width, row + high - size[1]) for column, size in enumerate(sizes[begin : begin + 2])]
        row += high
    places = [*places[: len(sizes) - 1], (0.0, row)]
    for part, (x, y), (_, high) in zip(parts, places, sizes, strict=True):
        svg = svg.replace(part, _PLACED.sub(f' x="{x:g}" y="{y:.2f}" width="{width:g}" height="{high:g}" ', part, 1))
    across = width * min(2, len(sizes) - 1)
    return re.sub(r'viewBox="[^"]*"', f'viewBox="0 0 {across:g} {row + sizes[-1][1]:.2f}"', svg, count=1)
