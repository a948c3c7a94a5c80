"""An SVG as a part of a page: small, with names of its own, in colours that a dark page can turn."""

from __future__ import annotations

import re
from collections import Counter

_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_STYLE = re.compile(r' style="([^"]*)"')
_UPRIGHT = re.compile(r' transform="rotate\(-?0 [^"]*"')
_FONTS = re.compile(r"(font-family: 'DejaVu Sans'),[^;\"]*")
_TOKEN = re.compile(r"[A-Za-z]|-?[0-9.]+(?:e[-+]?[0-9]+)?")
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3, "z": 0}
"""Of the commands of a path that matplotlib writes."""
_GEOMETRY = re.compile(r'(?<= )(x|y|transform|x1|x2|y1|y2|width|height|points)="([^"]*)"')


def inline(svg: bytes, name: str, alt: str) -> str:
    """The drawing without prologue, its ids and classes beginning with `name`, and the alternative text as its name."""
    from markupsafe import escape

    text = svg.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) (?:width|height)="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) (?:width|height)="[^"]*"', r"\1", text, count=1)
    text = _named(_shortened(text), name)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)


def _shortened(text: str) -> str:
    """Coordinates to a hundredth of a point, no white space that separates nothing, no id that nothing refers to."""
    text = _GEOMETRY.sub(lambda found: f'{found[1]}="{_NUMBER.sub(_rounded, " ".join(found[2].split()))}"', text)
    text = re.sub(r'(?<= d=")[^"]*', lambda found: path(found[0]), text)
    text = _FONTS.sub(r"\1, Verdana, sans-serif", _UPRIGHT.sub("", text))
    text = re.sub(r">\s+<", "><", text).replace("xlink:href=", "href=")
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    # equal images have equal ids, which nothing refers to
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", text)
    return re.sub(r"<(/?)g>", _Groups(text).kept, text)


class _Groups:
    """Groups without an attribute say nothing: their tags are left out, opening and closing alike."""

    def __init__(self, text: str) -> None:
        bare: list[bool] = []
        self._close: list[bool] = []
        for tag in re.findall(r"<g\b[^>]*?/?>|</g>", text):
            if tag == "</g>":
                self._close.append(bare.pop())
            elif not tag.endswith("/>"):
                bare.append(tag == "<g>")
        self._at = 0

    def kept(self, found: re.Match[str]) -> str:
        if not found[1]:
            return ""
        gone = self._close[self._at]
        self._at += 1
        return "" if gone else found[0]


def path(text: str) -> str:
    """A path in steps from point to point, in hundredths of a point; level and upright ones that go on are one.

    >>> path("M 1 1 L 2.001 1 L 5 1 L 5 3 z")
    'M1 1h4v2z'
    """
    tokens = _TOKEN.findall(text)
    made: list[str] = []
    x = y = 0
    begin = (0, 0)
    run = ("", 0)

    def end(kind: str = "", step: int = 0) -> None:
        nonlocal run
        if run[0]:
            made.append(f"{run[0]}{_number(run[1])}")
        run = (kind, step)

    place = 0
    while place < len(tokens):
        kind = tokens[place]
        count = _POINTS.get(kind)
        if count is None:
            return text
        at = [round(100 * float(one)) for one in tokens[place + 1 : place + 1 + 2 * count]]
        place += 1 + 2 * count
        if kind == "L" and (at[0] == x) != (at[1] == y):
            level, step = ("h", at[0] - x) if at[1] == y else ("v", at[1] - y)
            # a step back is kept: a line's ends show
            if run[0] == level and run[1] * step > 0:
                run = (level, run[1] + step)
            else:
                end(level, step)
        elif kind == "L" and (at[0], at[1]) == (x, y) and ((made[-1:] and made[-1][0] != "M") or run[0]):
            continue
        elif kind == "M":
            end()
            made.append(f"M{_pair(at[0], at[1])}")
            begin = (at[0], at[1])
        elif kind == "z":
            end()
            made.append("z")
            x, y = begin
            continue
        else:
            end()
            steps = [value - (x, y)[i % 2] for i, value in enumerate(at)]
            made.append(kind.lower() + "".join(_pair(*steps[i : i + 2], first=i == 0) for i in range(0, len(steps), 2)))
        x, y = at[-2:]
    end()
    return "".join(made)


def _pair(x: int, y: int, *, first: bool = True) -> str:
    return f"{'' if first or x < 0 else ' '}{_number(x)}{'' if y < 0 else ' '}{_number(y)}"


def _number(hundredths: int) -> str:
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return text.replace("0.", ".", 1) if abs(hundredths) < 100 else text


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _named(text: str, name: str) -> str:
    """Styles that return become classes; every id and class belongs to this drawing alone."""
    # a name stands at every mark of a drawing: three letters of each word tell drawings apart
    name = "".join(word[:3] for word in name.split("-"))
    text = re.sub(r'\b(id="|href="#|url\(#)', rf"\1{name}-", text)
    common = [style for style, count in Counter(_STYLE.findall(text)).most_common() if count > 2]
    classes = {style: f"{name}-{number}" for number, style in enumerate(common)}
    text = _STYLE.sub(lambda found: f' class="{classes[found[1]]}"' if found[1] in classes else found[0], text)
    rules = "".join(f".{one}{{{style}}}" for style, one in classes.items())
    text = re.sub(r"(<svg[^>]*>)", rf"\1<style>{rules}</style>", text, count=1) if rules else text
    return re.sub(r"#([0-9a-fA-F]{6})(?=[;}\"])", lambda found: _turning(found[1].lower()), text)


def _turning(colour: str) -> str:
    """A colour that a page may turn for its dark theme."""
    return f"var(--c{colour},#{colour})"
