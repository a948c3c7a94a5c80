"""How every figure looks, and the only way from a drawing to a file: the disclaimer is added on the way.

Colours are those of Okabe and Ito (2008), which colour-blind readers tell apart; markers and lines differ too, so that
a grey print can be read.
"""

from __future__ import annotations

import csv
import io
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Format = Literal["svg", "pdf", "png"]
FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")
INK = "#1C1C1C"
"""Of text, axes and the first arm; never pure black, which an SVG leaves out, so that a dark page could not turn it."""
COLOURS = (INK, "#E69F00", "#0072B2", "#009E73", "#D55E00", "#56B4E9", "#CC79A7")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
TEXT = {
    "#E69F00": "#8A5A00", "#0072B2": "#005A8E", "#009E73": "#006B4E", "#D55E00": "#A84300", "#56B4E9": "#1A6C9E",
    "#CC79A7": "#9B3D72",
}  # fmt: skip
"""The same hues, dark enough for small letters on white."""
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
WIDTH = 7.2
"""Inches; a page of A4 or letter without its margins."""
SINGLES = 40
"""Most single subjects that are drawn in one place; with more they are a grey block."""
GREY = "#595959"
_SMALL = 6.5
_LINE = 0.115
"""Inches between lines of the footer."""
_LETTERS = 20
"""Letters of the footer to an inch."""
_FOOTER = "footer"
_CLIP = re.compile(rb"\bp[0-9a-f]{10}\b")
_SETTINGS: Any = {
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "resynapse",
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A figure and its words.

    Parameters
    ----------
    figure : the drawing, without its footer.
    caption : what is shown, what lines and bands mean, of how many subjects.
    alt : the same for a reader who cannot see it: kind of figure and what it shows, in numbers.
    note : what must be on the figure itself, above the disclaimer.
    numbers : what is drawn, one row a mark, for a CSV file.
    """

    figure: Figure
    caption: str
    alt: str
    note: str = ""
    numbers: Sequence[Mapping[str, str | float | None]] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, marker and line of one arm."""

    colour: str
    marker: str
    line: Any

    @property
    def text(self) -> str:
        """The colour for letters."""
        return TEXT.get(self.colour, self.colour)


def look(arm: str, arms: Sequence[str]) -> Look:
    """The look of an arm: the same in every figure of a run."""
    index = list(arms).index(arm)
    turn, place = divmod(index, len(COLOURS))
    return Look(COLOURS[place], MARKERS[(place + turn) % len(MARKERS)], LINES[(place + 2 * turn) % len(LINES)])


def styled() -> AbstractContextManager[None]:
    """Within it matplotlib draws in the style of the house; a user's own settings are back afterwards."""
    from matplotlib import rc_context

    return rc_context(_SETTINGS)


_most: ContextVar[int] = ContextVar("most panels side by side", default=99)


@contextmanager
def at_most(columns: int) -> Iterator[None]:
    """Within it, figures have at most so many panels side by side, and half the width where that is one."""
    token = _most.set(columns)
    try:
        yield
    finally:
        _most.reset(token)


def stacked() -> bool:
    """Whether panels stand one below the other."""
    return _most.get() == 1


def panels(
    count: int,
    *,
    height: float,
    columns: int = 2,
    size: tuple[float, float] | None = None,
    **options: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure with at least `count` panels.

    Parameters
    ----------
    height : of a row, in inches.
    columns : most panels side by side.
    size : of the whole figure in inches, instead of `WIDTH` and the rows' heights.
    options : of `Figure.subplots`.
    """
    from matplotlib.figure import Figure

    narrow = _most.get() < columns and size is None
    across = min(count, columns, _most.get())
    rows = -(-count // across)
    figure = Figure(figsize=size or (WIDTH / 2 if narrow else WIDTH, height * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, across, squeeze=False, **options)
    return figure, list(axes.ravel())


def fitted(axes: Sequence[Axes], count: int) -> None:
    """Hide the panels that are left over."""
    for axis in axes[count:]:
        axis.set_visible(False)


def some(count: int) -> list[int]:
    """Places of at most `SINGLES` subjects, evenly among all."""
    if count <= SINGLES:
        return list(range(count))
    return [round(i * (count - 1) / (SINGLES - 1)) for i in range(SINGLES)]


def of_all(count: int) -> str:
    """How many of the subjects are drawn singly, in words."""
    return "all subjects" if count <= SINGLES else f"{SINGLES} of {count} subjects, evenly chosen"


def render(drawn: Drawn, format: Format) -> bytes:
    """The figure as a file of this format, with the disclaimer below it."""
    figure = drawn.figure
    with styled():
        if not any(str(text.get_gid()).startswith(_FOOTER) for text in figure.texts):
            _foot(figure, drawn.note)
        target = io.BytesIO()
        if format == "svg":
            # straight to the canvas: `savefig` would lay the figure out twice
            from matplotlib.backends.backend_svg import FigureCanvasSVG

            FigureCanvasSVG(figure).print_svg(target, metadata=_metadata(format))  # type: ignore[no-untyped-call]
        else:
            figure.savefig(target, format=format, metadata=_metadata(format))
    return _renamed(target.getvalue()) if format == "svg" else target.getvalue()


def _renamed(svg: bytes) -> bytes:
    """Clip paths numbered in order: matplotlib names them by places in memory, so that no two files were equal."""
    names = {name: b"clip%d" % number for number, name in enumerate(dict.fromkeys(_CLIP.findall(svg)))}
    return _CLIP.sub(lambda match: names[match[0]], svg)


def _foot(figure: Figure, note: str) -> None:
    """Make room below the drawing, and write the note and the disclaimer there."""
    width, height = figure.get_size_inches()
    wrapped = [line for text in (note, DISCLAIMER) for line in textwrap.wrap(text, int(width * _LETTERS))]
    foot = _LINE * len(wrapped) + 0.08
    whole = height + foot
    figure.set_size_inches(width, whole)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, foot / whole, 1, height / whole))  # type: ignore[call-arg]
    for row, line in enumerate(wrapped):
        up = (0.05 + (len(wrapped) - 1 - row) * _LINE) / whole
        figure.text(0.06 / width, up, line, fontsize=_SMALL, color=GREY, va="bottom", gid=f"{_FOOTER}-{row}")


def numbers_csv(drawn: Drawn) -> str:
    """The numbers of a figure as CSV, with a header; empty where it has none."""
    if not drawn.numbers:
        return ""
    target = io.StringIO()
    writer = csv.DictWriter(
        target, list(dict.fromkeys(key for row in drawn.numbers for key in row)), lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in drawn.numbers)
    return target.getvalue()


def format_of(path: Path) -> Format:
    """The format that a file's name ends in.

    Raises
    ------
    ResynapseError : none of them.
    """
    for one in FORMATS:
        if path.suffix.lower() == f".{one}":
            return one
    raise ResynapseError(f"{path}: no format is known by {path.suffix!r}; end it in .svg, .pdf or .png")


def _metadata(format: Format) -> dict[str, Any]:
    if format == "svg":
        return {"Date": None, "Creator": "resynapse", "Description": DISCLAIMER}
    if format == "pdf":
        return {"CreationDate": None, "Creator": "resynapse", "Subject": DISCLAIMER}
    return {"Software": "resynapse", "Description": DISCLAIMER}
