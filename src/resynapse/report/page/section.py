"""The parts of a page: sections with sentences, tables and figures, findings, and cards of claims."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resynapse.protocol.prose.sentences import Line
from resynapse.report.page.tables import TextTable

Tone = Literal["good", "open", "bad", "plain"]
"""How a verdict is coloured; its words say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure in a page: its name, title and caption, and the SVG with its alternative text in it.

    Parameters
    ----------
    phone : the SVG for a narrow screen, where that is another.
    csv : the numbers of the figure; empty where they are in a table.
    """

    name: str
    title: str
    caption: str
    svg: str
    phone: str = ""
    csv: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result in a sentence, with what speaks for and against it.

    Parameters
    ----------
    title : what was measured, and where.
    sentence : what came out, in plain words.
    number : the estimate with its interval.
    of : what the number is.
    standing, tone : whether it survives its controls, in a few words.
    rests : what was tried against it, and what was not.
    """

    title: str
    sentence: str
    number: str
    of: str
    standing: str
    tone: Tone
    rests: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One claim with its verdict.

    Parameters
    ----------
    name, statement, where : of the claim; the statement is a restatement in our words.
    verdict, tone : as computed.
    meaning : what the verdict means, in a sentence.
    facts : what the article prints, what was measured here, and the like, each with its name.
    details : the full reasons, folded.
    """

    name: str
    statement: str
    where: str
    verdict: str
    tone: Tone
    meaning: str
    facts: Sequence[tuple[str, str]]
    details: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The first screen of a page.

    Parameters
    ----------
    asked : the question of the protocol.
    ran : what was run, in a line.
    headline : the answer in one sentence.
    findings : three to six of them.
    picture : the one that carries the headline.
    counts : verdicts with their numbers, where claims were judged.
    note : how the findings were chosen.
    """

    asked: str
    ran: str
    headline: str
    findings: Sequence[Finding] = ()
    picture: Picture | None = None
    counts: Sequence[tuple[str, int, Tone]] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of a page. Whoever has something to add to a report makes one.

    Parameters
    ----------
    title : heading.
    sentences : paragraphs, before everything else.
    points : a list, after the paragraphs.
    outline : lines of a path, after the list; those of side paths are indented.
    code : preformatted text, by its title; folded away.
    cards : claims with their verdicts.
    tables, pictures : after that.
    parts : sections within.
    folded : closed until a reader opens it; only of parts.
    """

    title: str
    sentences: Sequence[str] = ()
    points: Sequence[str] = ()
    outline: Sequence[Line] = ()
    code: Sequence[tuple[str, str]] = ()
    cards: Sequence[Card] = ()
    tables: Sequence[TextTable] = ()
    pictures: Sequence[Picture] = ()
    parts: Sequence[Section] = ()
    folded: bool = False

    @property
    def anchor(self) -> str:
        """Its name in the address of the page."""
        return anchor(self.title)

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        content = (self.sentences, self.points, self.outline, self.code, self.cards, self.tables, self.pictures)
        return any((*content, *self.parts))


def anchor(title: str) -> str:
    """A title as the name of a place in a page.

    >>> anchor("Contrasts between arms, paired")
    'contrasts-between-arms-paired'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
