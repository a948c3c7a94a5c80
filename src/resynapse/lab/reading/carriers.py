"""What carries a claim: the chart of every cell that its tests read, with those arms, and its own words in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from resynapse.audits.claim_library import claims_of
from resynapse.errors import ProtocolError
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import base
from resynapse.protocol.files.claims_codec import dump_claim
from resynapse.protocol.files.safe_yaml import Dumper
from resynapse.protocol.prose.titles import titles_of

MOST = 6
"""Charts that a claim leads to; the others are in its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """What a claim rests on, as a page leads to it.

    Parameters
    ----------
    charts : title, and the query that shows the chart on the page of the run.
    more : charts beyond `MOST`.
    words : the claim as YAML: its readings, and the bound of every test.
    """

    charts: tuple[tuple[str, dict[str, object]], ...]
    more: int
    words: str


def carriers(protocol: Protocol, cells: Sequence[tuple[str, str, str]]) -> dict[str, Carriers]:
    """What carries each claim of a protocol, by its name; nothing where it claims nothing.

    Parameters
    ----------
    cells : (arm, condition, outcome) that the run has.
    """
    try:
        claims = claims_of(protocol)
    except ProtocolError:
        return {}
    titles = titles_of(protocol)
    conditions: dict[tuple[str, str], list[str]] = {}
    for _, condition, outcome in cells:
        for name in dict.fromkeys((condition, base(condition))):
            there = conditions.setdefault((outcome, name), [])
            if condition not in there:
                there.append(condition)
    measured = set(cells)
    found = {}
    for claim in claims:
        read: dict[tuple[str, str], list[str]] = {}
        for measure in (measure for test in claim.tests for measure in test.measures):
            # of a condition with counts, the last one stands for all
            for condition in conditions.get((measure.outcome, measure.condition), [])[-1:]:
                arms = read.setdefault((measure.outcome, condition), [])
                if (measure.arm, condition, measure.outcome) in measured and measure.arm not in arms:
                    arms.append(measure.arm)
        charts: list[tuple[str, dict[str, object]]] = [
            (titles.at(condition, outcome), {"outcome": outcome, "condition": condition, "arm": arms})
            for (outcome, condition), arms in read.items()
            if arms
        ]
        words = yaml.dump(dump_claim(claim), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=88)
        found[claim.id] = Carriers(charts=tuple(charts[:MOST]), more=max(0, len(charts) - MOST), words=words)
    return found
