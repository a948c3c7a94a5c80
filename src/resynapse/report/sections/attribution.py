"""An attribution as tables, sentences and a page of its own."""

from __future__ import annotations

from pathlib import Path

from resynapse.analysis.numbers import number
from resynapse.attribution.attribution import Attribution, Contrast, Share
from resynapse.report.figures.inline import inline
from resynapse.report.figures.style import render
from resynapse.report.figures.waterfall import waterfall
from resynapse.report.page.page import page
from resynapse.report.page.section import Picture, Section
from resynapse.report.page.tables import TextTable

READING = (
    "Value of a set of components: the outcome of the first arm with the components outside the set taken from the "
    "second. A share is the mean, over all orders of exchanging the components, of what exchanging this one changes.",
    "`alone` is the change when a component is the only one taken from the first arm, `last` when it is the last one. "
    "Where they differ much from the share, the component acts through others, and its share depends on that division.",
    "Without regrowth its guidance does nothing, so guidance has a share only where regrowth is taken over before it; "
    "the plain Shapley value keeps these orders. Gain in training is likewise nothing without training.",
    "Ramps of gain, inhibition and noise keep their ends and are stretched to the length of the training they meet. "
    "Gain at the test is the gain in force after treatment; later conditions know it through what follows under it.",
)
"""What must be known to read a share."""


def attribution_tables(found: Attribution) -> list[TextTable]:
    """One table an outcome, the difference in its last row."""
    header = ("component", found.first, found.second, "share [95 %]", "alone", "last")
    return [
        TextTable(_title(one, found), header, (*(_row(share) for share in one.shares), _total(one)))
        for one in found.contrasts
    ]


def attribution_sentences(found: Attribution) -> list[str]:
    """What the shares say, and what they are about."""
    said = []
    for one in found.contrasts:
        order = sorted(one.shares, key=lambda share: -abs(share.share))
        clear = [s for s in order if s.low is not None and s.high is not None and not s.low <= 0 <= s.high]
        text = f"{one.name}: {found.first} minus {found.second} is {_estimate(one.total, one.low, one.high)}."
        if clear:
            text += f" Shares whose intervals leave out zero: {', '.join(map(_named, clear))}."
        if len(clear) < len(order):
            open_ = [share.name for share in order if share not in clear]
            text += f" Not told from zero: {', '.join(open_)}."
        if one.unreached:
            text += f" Cannot reach it: {', '.join(one.unreached)}."
        if one.missing:
            text += f" {one.missing} subjects are left out: a mixture of theirs has no value."
        said.append(text)
    if found.equal:
        said.append(f"Left out, as the arms do not differ in it: {', '.join(found.equal)}.")
    return said


def write_page(found: Attribution, folder: Path) -> Path:
    """Write the attribution as `report.html` and its figure as `waterfall.png` into a folder."""
    drawn = waterfall(found)
    svg = inline(render(drawn, "svg"), "waterfall", drawn.alt)
    sections = [
        Section(
            title="Attribution",
            sentences=attribution_sentences(found),
            pictures=(Picture(name="waterfall", title="Waterfall", caption=drawn.caption, svg=svg),),
            tables=attribution_tables(found),
        ),
        Section(title="How to read it", points=READING),
    ]
    title = f"{found.first} minus {found.second}: what the difference is made of"
    count = max(len(one.subjects) for one in found.contrasts)
    (folder / "waterfall.png").write_bytes(render(waterfall(found), "png"))
    path = folder / "report.html"
    path.write_text(page(title, f"{found.protocol}, {count} simulated subjects", sections), "utf-8")
    return path


def _title(one: Contrast, found: Attribution) -> str:
    return f"{one.name}: {found.first} minus {found.second}, {len(one.subjects)} subjects"


def _row(share: Share) -> tuple[str, ...]:
    shown = _estimate(share.share, share.low, share.high)
    return (share.name, share.first, share.second, shown, _signed(share.alone), _signed(share.last))


def _total(one: Contrast) -> tuple[str, ...]:
    return ("difference", number(one.first), number(one.second), _estimate(one.total, one.low, one.high), "", "")


def _named(share: Share) -> str:
    return f"{share.name} {_estimate(share.share, share.low, share.high)}"


def _estimate(value: float, low: float | None, high: float | None) -> str:
    shown = _signed(value)
    return shown if low is None or high is None else f"{shown} [{_signed(low)}, {_signed(high)}]"


def _signed(value: float) -> str:
    # a share of nothing is the rounding of its arithmetic
    return "0" if abs(value) < 1e-9 else number(value, signed=True)
