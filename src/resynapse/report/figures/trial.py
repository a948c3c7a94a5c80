"""The protocol as the diagram of a trial: induction, arms, follow-up."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resynapse.protocol.prose.sentences import Line, change_in_words
from resynapse.protocol.prose.sentences import lines as outline
from resynapse.report.figures.style import GREY, WIDTH, Drawn, look
from resynapse.report.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "The trial"
LETTERS = 35
"""Of a line in a box."""
MOST = 60
"""Lines of a box; what is longer is cut, and said."""
_LINE = 0.135
"""Inches between lines."""
_PAD = 0.09
_GAP = 0.22
_FONT = 7.0


@dataclass(frozen=True, slots=True)
class Box:
    """A titled list; lines carry the depth of their side path."""

    title: str
    lines: tuple[Line, ...]
    colour: str = GREY

    @property
    def height(self) -> float:
        """In inches."""
        return _LINE * (len(self.lines) + 1.4) + 2 * _PAD


def lacks(_: RunData) -> str:
    """Every run has a protocol, so there is always a diagram."""
    return ""


def draw(run_data: RunData) -> Drawn:
    """Three columns: induction, arms one below the other, follow-up."""
    protocol = run_data.protocol
    induction = Box("Induction", _wrapped(outline(protocol.induction)) or ((0, "none"),))
    listed = dict(_arms(run_data))
    arms = [Box(name, lines, look(name, list(listed)).colour) for name, lines in listed.items()]
    follow = Box("Follow-up of every arm", _wrapped(outline(protocol.follow_up)) or ((0, "none"),))
    column = sum(box.height for box in arms) + _GAP * (len(arms) - 1)
    height = max(induction.height, column, follow.height) + 0.2
    axes, figure = _sheet(height)
    width = (WIDTH - 0.2 - 2 * 0.35) / 3
    left, middle, right = (0.1 + i * (width + 0.35) for i in range(3))
    _box(axes, induction, left, height / 2 + induction.height / 2, width)
    _box(axes, follow, right, height / 2 + follow.height / 2, width)
    top = height / 2 + column / 2
    for box in arms:
        centre = top - box.height / 2
        _box(axes, box, middle, top, width)
        _arrow(axes, (left + width, height / 2), (middle, centre))
        _arrow(axes, (middle + width, centre), (right, height / 2))
        top -= box.height + _GAP
    told = "; ".join(f"{name}: {', '.join(text for _, text in lines)}" for name, lines in listed.items())
    return Drawn(
        figure=figure,
        caption=f"Protocol {protocol.name}. All arms branch from the identical state of the same subject; lines "
        "further in are side paths, which leave the state outside them untouched.",
        alt=f"Diagram of the trial: one induction, {len(arms)} arms, one follow-up. {told}.",
    )


def _arms(run_data: RunData) -> Iterator[tuple[str, tuple[Line, ...]]]:
    protocol = run_data.protocol
    for name, path in protocol.arms.items():
        yield name, _wrapped(outline(path)) or ((0, "no treatment"),)
    for name, variant in protocol.variants.items():
        if name not in run_data.drawn:
            continue
        said = [f"as {variant.of}, but", *(change_in_words(change) for change in variant.changes)]
        yield name, _wrapped((0, text) for text in said)


def _wrapped(lines: Iterable[Line]) -> tuple[Line, ...]:
    made: list[Line] = []
    for depth, text in lines:
        first, *rest = textwrap.wrap(text, LETTERS - 2 * depth) or [""]
        made += [(depth, f"– {first}"), *((depth, f"   {more}") for more in rest)]
    if len(made) > MOST:
        return (*made[:MOST], (0, f"… and {len(made) - MOST} lines more in the protocol file"))
    return tuple(made)


def _sheet(height: float) -> tuple[Axes, Figure]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.set_axis_off()
    return axes, figure


def _box(axes: Axes, box: Box, left: float, top: float, width: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    shape = FancyBboxPatch((left, top - box.height), width, box.height, boxstyle="round,pad=0,rounding_size=0.05",
                           facecolor="white", edgecolor=box.colour, linewidth=1.2)  # fmt: skip
    axes.add_patch(shape)
    at = top - _PAD
    axes.text(left + _PAD, at, box.title, fontsize=_FONT + 0.8, fontweight="bold", va="top")
    at -= 0.4 * _LINE
    for depth, text in box.lines:
        at -= _LINE
        axes.text(left + _PAD + 0.11 * depth, at, text, fontsize=_FONT, va="top")


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 0.9, "shrinkA": 1, "shrinkB": 1}
    )
