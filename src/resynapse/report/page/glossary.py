"""Words that a reader may not know, each explained in one or two sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping

GLOSSARY: Mapping[str, str] = {
    "simulated network": "A small artificial neural network with its own random start, data and noise. It stands for "
    "no person: a cohort of networks is a set of draws of one model.",
    "arm": "One treatment or control. Every subject goes through every arm, from the identical state.",
    "combined stress": "Noise on the input (sd 1.0) and inside the network (sd 0.5) together.",
    "internal noise": "Random numbers that are added to the activity of the hidden units while the network answers.",
    "manic probe": "Accuracy under internal noise with a mean above 0, which pushes activity up. A low value is not "
    "mania.",
    "sparsity": "The share of connections that were removed.",
    "regrow": "To open removed connections again, where the gradient of the loss is largest.",
    "gain": "A factor on the activity of every hidden unit; the model's drug effect on excitability.",
    "stabiliser": "The model's mood stabiliser: it holds the gain back, by a share called protection.",
    "protection": "The share of the mood stabiliser that is in effect, 0 to 1.",
    "washout": "Steps after the stop in which the protection fades.",
    "95 % interval": "A range that would contain the mean of very many such networks in 95 of 100 repetitions of the "
    "run. It does not cover errors of the model.",
    "Holm": "A correction of p for the number of outcomes that were tested.",
    "sign-flip": "A test that flips the signs of the subjects' differences at random: without an effect, either sign "
    "is as likely.",
    "equivalent": "The 90 % interval of the difference lies within a margin that was fixed before.",
    "d_z": "The mean difference divided by the SD of the differences.",
    "exploratory": "Not named before the run; its p is not corrected, and it suggests but does not show.",
    "nuisance control": "A change of how something is measured or made comparable. A conclusion about a treatment has "
    "to survive it.",
    "ablation": "A control that takes a part of the treatment away, to see what the effect is due to.",
    "intact network": "The same network without pruning. A test that the intact network fails cannot tell treatments "
    "apart.",
    "censored": "At the largest value that can be told, so that the true value is this or more.",
    "reading": "A fair way to take a sentence of the article; each is tested by itself.",
}


class Terms:
    """Marks the first use of each word in a section, and remembers which words a page uses."""

    def __init__(self) -> None:
        self.used: dict[str, str] = {}
        self._seen: set[str] = set()
        words = sorted(GLOSSARY, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, words))})(s?)(?![\w-])", re.IGNORECASE)
        self._words = {word.lower(): word for word in words}

    def section(self) -> str:
        """Begin a section, in which every word may be marked once more; for use in a template, so it returns ''."""
        self._seen.clear()
        return ""

    def mark(self, html: str) -> str:
        """Escaped text with links to the glossary."""

        def link(found: re.Match[str]) -> str:
            word = self._words[found[1].lower()]
            if word in self._seen:
                return found[0]
            self._seen.add(word)
            self.used[word] = GLOSSARY[word]
            return f'<a class="term" href="#term-{slug(word)}">{found[0]}</a>'

        parts = re.split(r"(<code>.*?</code>)", html)
        return "".join(part if part.startswith("<code>") else self._pattern.sub(link, part) for part in parts)


def slug(word: str) -> str:
    """A word as the end of an address.

    >>> slug("95 % interval")
    '95-interval'
    """
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
