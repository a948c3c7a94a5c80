"""What a page of HTML says about itself: balance of tags, ids, headings, names of pictures, addresses it loads."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input"}
LOADING = {"src", "href", "xlink:href", "data", "poster", "srcset", "action"}

CELL, ROW = ("td", "th"), ("tr",)
ENDED_BY = {"td": (CELL,), "th": (CELL,), "tr": (CELL, ROW)}


@dataclass
class Page(HTMLParser):
    """One page, read strictly enough to fail where a browser would guess."""

    open: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, html: str) -> Page:
        page = cls()
        page.feed(html)
        page.close()
        assert page.open == [], f"never closed: {page.open}"
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # HTML lets a cell end where the next begins, and a row too
        for ended in ENDED_BY.get(tag, ()):
            if self.open and self.open[-1] in ended:
                self.open.pop()
        self._read(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._read(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        for ended in (CELL, ROW) if tag in ("tbody", "thead") else ():
            if self.open and self.open[-1] in ended:
                self.open.pop()
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def _read(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        if "id" in named:
            self.ids.append(named["id"])
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if tag in ("svg", "img") and not (named.get("aria-label") or named.get("alt") or named.get("aria-hidden")):
            self.unnamed.append(tag)
        if tag == "table":
            self.rows.append([])
        if tag == "tr":
            self.rows[-1].append(0)
        if tag in ("td", "th"):
            self.rows[-1][-1] += 1
        for key in LOADING & named.keys():
            (self.targets if named[key].startswith("#") else self.loads).append(named[key])


def words_of(page: str) -> str:
    """The text of a page without its tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", page))
