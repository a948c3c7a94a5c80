"""The parts of a page: sections with sentences, tables and figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from resynapse.protocol.prose.sentences import Line
from resynapse.report.page.tables import TextTable

MOST = 400
"""Most rows of a table in a page; the rest is counted, and `resynapse export` has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure in a page: its name, title and caption, and the SVG with its alternative text in it."""

    name: str
    title: str
    caption: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of a page. Whoever has something to add to a report makes one.

    Parameters
    ----------
    title : heading.
    sentences : paragraphs, before everything else.
    points : a list, after the paragraphs.
    outline : lines of a path, after the list; those of side paths stand further in.
    code : preformatted text, by its title; folded away.
    tables, pictures : after that.
    parts : sections within.
    """

    title: str
    sentences: Sequence[str] = ()
    points: Sequence[str] = ()
    outline: Sequence[Line] = ()
    code: Sequence[tuple[str, str]] = ()
    tables: Sequence[TextTable] = ()
    pictures: Sequence[Picture] = ()
    parts: Sequence[Section] = ()

    @property
    def anchor(self) -> str:
        """Its name in the address of the page."""
        return anchor(self.title)

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return any((self.sentences, self.points, self.outline, self.code, self.tables, self.pictures, *self.parts))


def anchor(title: str) -> str:
    """A title as the name of a place in a page.

    >>> anchor("Contrasts between arms, paired")
    'contrasts-between-arms-paired'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
