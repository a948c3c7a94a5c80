"""From sections to one self-contained HTML page; the disclaimer is in the template, and looked for afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from itertools import takewhile
from typing import TYPE_CHECKING

from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.report.figures.stack import apart
from resynapse.report.page.glossary import Terms, slug
from resynapse.report.page.section import Opening, Section, anchor
from resynapse.report.page.tables import TextTable

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

MOST = (400, 200, 100, 50)
"""Most rows of a table, the first that makes a page no larger than `LARGEST`; the rest is counted, and
`resynapse export` has all of them.
"""
LARGEST = 1_000_000
"""Bytes of a page: what a phone opens at once, and an e-mail carries."""
FOLD = 12
"""Rows above which a table is closed until it is opened."""


class Anchors:
    """Names of the places of a page, each once."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def table(self, table: TextTable) -> str:
        """The name of a table, with a number where another has the same title."""
        return self.once(f"table-{anchor(table.title)[:60]}")

    def once(self, name: str) -> str:
        """A name, with a number where it is taken."""
        self._seen[name] = self._seen.get(name, 0) + 1
        return name if self._seen[name] == 1 else f"{name}-{self._seen[name]}"


def page(title: str, subtitle: str, sections: Sequence[Section], opening: Opening | None = None) -> str:
    """The page; sections that hold nothing are left out.

    Parameters
    ----------
    title, subtitle : of the document; the first screen of `opening` comes before the sections, where there is one.

    Raises
    ------
    ResynapseError : the page would not carry the disclaimer.
    """
    shown = [one for one in sections if one]
    for most in MOST:
        html = _rendered(title, subtitle, shown, opening, most)
        if len(html.encode()) <= LARGEST:
            break
    if html.count(DISCLAIMER) < 2:
        raise ResynapseError("the page does not carry the disclaimer; put it back into report/templates/page.html.j2")
    return html


def _rendered(title: str, subtitle: str, sections: list[Section], opening: Opening | None, most: int) -> str:
    """The page with at most so many rows of each table."""
    terms = Terms()
    return _template().render(
        title=title,
        subtitle=subtitle,
        opening=opening,
        sections=sections,
        disclaimer=DISCLAIMER,
        style=_file("page.css"),
        script=_file("page.js"),
        most=most,
        fold=FOLD,
        anchors=Anchors(),
        terms=terms,
        slug=slug,
        apart=apart,
        front_coded=front_coded,
        prose=lambda text: _marked(prose(text), terms),
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    house = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return house.from_string(_file("page.html.j2"))


def prose(text: str) -> Markup:
    """A sentence as HTML: escaped, and what is between backticks as code.

    >>> str(prose("`below` & more"))
    '<code>below</code> &amp; more'
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def front_coded(text: str) -> str:
    r"""Lines without what each shares with the one before it, after the number of these letters; the page undoes it.

    >>> front_coded("a,b,1\na,b,2\n")
    '0 a,b,1\n4 2\n'
    """
    before, made = "", []
    for line in text.splitlines():
        # a browser counts letters beyond the basic plane twice
        alike = takewhile(lambda two: two[0] == two[1] and ord(two[0]) <= 0xFFFF, zip(before, line, strict=False))
        shared = sum(1 for _ in alike)
        made.append(f"{shared} {line[shared:]}\n")
        before = line
    return "".join(made)


def _marked(html: Markup, terms: Terms) -> Markup:
    return type(html)(terms.mark(str(html)))


def _file(name: str) -> str:
    from markupsafe import Markup

    text = (resources.files("resynapse.report.page") / "templates" / name).read_text("utf-8")
    return text if name.endswith(".j2") else Markup(text)
