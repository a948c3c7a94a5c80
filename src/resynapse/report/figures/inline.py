"""An SVG as a part of a page: small, with names of its own, in colours that a dark page can turn."""

from __future__ import annotations

import re
from collections import Counter

_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_STYLE = re.compile(r' style="([^"]*)"')
_UPRIGHT = re.compile(r' transform="rotate\(-?0 [^"]*"')
_FONTS = re.compile(r"(font-family: 'DejaVu Sans'),[^;\"]*")
_GEOMETRY = re.compile(r'(?<= )(d|x|y|transform|x1|x2|y1|y2|width|height|points)="([^"]*)"')


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
    text = re.sub(r'(?<= d=")[^"]*', lambda found: re.sub(r" ?([A-Za-z]) ?", r"\1", found[0]), text)
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
