"""The protocol as the diagram of a trial: induction, arms, follow-up."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resynapse.protocol.prose.sentences import Line, change_in_words
from resynapse.report import words
from resynapse.report.figures.style import GREY, WIDTH, Drawn, look, stacked
from resynapse.report.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "The trial"
LETTERS, LETTERS_DOWN = 35, 54
"""Of a line in a box, where boxes are side by side and below each other."""
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

    name: str
    lines: tuple[Line, ...]
    colour: str = GREY

    @property
    def title(self) -> str:
        """The name, over as many lines as it needs."""
        return "\n".join(textwrap.wrap(self.name, (LETTERS_DOWN if stacked() else LETTERS) - 8))

    @property
    def height(self) -> float:
        """In inches."""
        return _LINE * (len(self.lines) + 1.4 + 1.1 * self.title.count("\n")) + 2 * _PAD


def lacks(_: RunData) -> str:
    """Every run has a protocol, so there is always a diagram."""
    return ""


def draw(run_data: RunData) -> Drawn:
    """Induction, arms, follow-up: from left to right, or from top to bottom on a narrow screen."""
    induction = Box("Induction", _wrapped(words.steps(run_data.protocol, run_data.protocol.induction)))
    arms = list(_arms(run_data))
    follow = Box("Follow-up of every arm", _wrapped(words.steps(run_data.protocol, run_data.protocol.follow_up)))
    told = "; ".join(f"{box.name}: {', '.join(text for _, text in box.lines)}" for box in arms)
    return Drawn(
        figure=_down(induction, arms, follow) if stacked() else _across(induction, arms, follow),
        caption=f"Protocol {run_data.protocol.name}. All arms branch from the identical state of the same subject; "
        "lines further in are side paths, which leave the state outside them untouched.",
        alt=f"Diagram of the trial: one induction, {len(arms)} arms, one follow-up. {told}.",
    )


def _across(induction: Box, arms: Sequence[Box], follow: Box) -> Figure:
    """Three columns, the arms one below the other."""
    column = sum(box.height for box in arms) + _GAP * (len(arms) - 1)
    height = max(induction.height, column, follow.height) + 0.2
    axes, figure = _sheet(WIDTH, height)
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
    return figure


def _down(induction: Box, arms: Sequence[Box], follow: Box) -> Figure:
    """One column; a line on the left leads past the arms, from the induction to the follow-up."""
    width, inner = WIDTH / 2, 0.35
    height = sum(box.height + _GAP for box in (induction, *arms, follow)) + 0.1
    axes, figure = _sheet(width, height)
    top = height - 0.05
    _box(axes, induction, 0.05, top, width - 0.1)
    top -= induction.height + _GAP
    begin = top + _GAP
    for box in arms:
        _box(axes, box, inner, top, width - inner - 0.05)
        _arrow(axes, (0.17, top - box.height / 2), (inner, top - box.height / 2))
        top -= box.height + _GAP
    _arrow(axes, (0.17, begin), (0.17, top))
    _box(axes, follow, 0.05, top, width - 0.1)
    return figure


def _arms(run_data: RunData) -> Iterator[Box]:
    drawn = run_data.drawn
    for name, path in run_data.protocol.arms.items():
        colour = look(name, drawn).colour if name in drawn else GREY
        yield Box(
            words.arm_title(run_data.protocol, name),
            _wrapped(words.steps(run_data.protocol, path, "no treatment")),
            colour,
        )
    for name, variant in run_data.protocol.variants.items():
        if name in drawn:
            first = f"as {words.arm_title(run_data.protocol, variant.of)}, but"
            said = [(0, text) for text in (first, *(change_in_words(change) for change in variant.changes))]
            yield Box(words.arm_title(run_data.protocol, name), _wrapped(said), look(name, drawn).colour)


def _wrapped(lines: Iterable[Line]) -> tuple[Line, ...]:
    made: list[Line] = []
    for depth, text in lines:
        first, *rest = textwrap.wrap(text, (LETTERS_DOWN if stacked() else LETTERS) - 2 * depth) or [""]
        made += [(depth, f"– {first}"), *((depth, f"   {more}") for more in rest)]
    if len(made) > MOST:
        return (*made[:MOST], (0, f"… and {len(made) - MOST} lines more in the protocol file"))
    return tuple(made)


def _sheet(width: float, height: float) -> tuple[Axes, Figure]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return axes, figure


def _box(axes: Axes, box: Box, left: float, top: float, width: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    shape = FancyBboxPatch((left, top - box.height), width, box.height, boxstyle="round,pad=0,rounding_size=0.05",
                           facecolor="white", edgecolor=box.colour, linewidth=1.2)  # fmt: skip
    axes.add_patch(shape)
    at = top - _PAD
    axes.text(left + _PAD, at, box.title, fontsize=_FONT + 0.8, fontweight="bold", va="top")
    at -= (0.4 + 1.1 * box.title.count("\n")) * _LINE
    for depth, text in box.lines:
        at -= _LINE
        axes.text(left + _PAD + 0.11 * depth, at, text, fontsize=_FONT, va="top")


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 0.9, "shrinkA": 1, "shrinkB": 1}
    )
