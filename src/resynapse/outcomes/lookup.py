"""Every outcome by its name, those of installed plug-ins too."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from resynapse.errors import ProtocolError
from resynapse.outcomes.accuracy import ACCURACIES, OF_NOISE
from resynapse.outcomes.base import Family, Outcome
from resynapse.outcomes.change import CHANGES, OF_LAYERS
from resynapse.outcomes.names import OutcomeName
from resynapse.outcomes.network_state import OF_SIGN, STATES
from resynapse.plugins import admit, unknown

OUTCOMES: dict[str, Outcome] = {o.name: o for o in (*ACCURACIES, *STATES, *CHANGES)}
FAMILIES: dict[str, Family] = {f.name: f for f in (*OF_NOISE, *OF_LAYERS, *OF_SIGN)}
BATTERY = (
    "sparsity",
    "gain",
    "acc_clean",
    "acc_standard",
    "acc_combined",
    "acc_internal_0.0",
    "acc_internal_0.5",
    "acc_internal_1.0",
    "acc_internal_1.5",
    "acc_internal_2.5",
    "acc_biased_1.0",
    "activation_magnitude",
)
"""The acute outcomes of the article, in the order of its tables."""


def outcome(name: str) -> Outcome:
    """The definition behind a name, or behind ``X as Y``: X, stored as Y.

    Raises
    ------
    ProtocolError : no outcome has this name, or its parameter is not a number of 0 or more.

    >>> outcome("acc_internal_0.5").title
    'accuracy under internal noise of sd 0.5'
    """
    named = OutcomeName.parse(name)
    if named.alias:
        if not re.fullmatch(r"[\w.-]+", named.alias):
            raise ProtocolError(f"{named.alias!r} is no name for an outcome; use letters, digits and _")
        return _renamed(outcome(named.measured), named.alias)
    found = known(name)
    if found is None:
        raise ProtocolError(unknown("outcome", name, [*OUTCOMES, *(f + "_X" for f in FAMILIES)]))
    return found


def known(name: str) -> Outcome | None:
    """The outcome of this name, which is no ``X as Y``; None where there is none, such as for a derived outcome."""
    found = _looked_up(name)
    if found is None:
        extend()
        found = _looked_up(name)
    return found


def extend() -> None:
    """Let the outcomes of installed plug-ins join; what cannot be used is named in a warning."""
    admit("outcome", _take)


def definition(name: str) -> str:
    """The name that an outcome is defined under: without a number of its family and without ``as``.

    >>> definition("acc_biased_1.5 as stress_test")
    'acc_biased'
    """
    named = OutcomeName.parse(name)
    family = named.numbered[0] if named.numbered else ""
    return family if named.measured not in OUTCOMES and family in FAMILIES else named.measured


def catalogue() -> tuple[Outcome, ...]:
    """Every outcome; each family once, with X for its parameter."""
    families = []
    for family in FAMILIES.values():
        shown = family.build(f"{family.name}_X", 1.0)
        meaning, title = (
            re.sub(r"\b(sd|mean|layer|strength) 1\b", r"\1 X", text, count=1) for text in (shown.meaning, shown.title)
        )
        families.append(replace(shown, meaning=meaning, title=title, family=family.name))
    return (*OUTCOMES.values(), *families)


def _looked_up(name: str) -> Outcome | None:
    if name in OUTCOMES:
        return OUTCOMES[name]
    numbered = OutcomeName(name).numbered
    family = FAMILIES.get(numbered[0]) if numbered else None
    if numbered is None or family is None:
        return None
    value = float(numbered[1])
    if not math.isfinite(value):
        raise ProtocolError(f"{name[:40]}...: expected a finite number, got {value}")
    return _built(family, name, value)


@lru_cache(maxsize=4096)
def _built(family: Family, name: str, value: float) -> Outcome:
    # the canonical name keys the noise, so acc_internal_1 and acc_internal_1.0 are one measurement
    built = family.build(f"{family.name}_{value}", value)
    return replace(built, name=name, family=family.name, strength=value, strength_of=family.strength_of)


@lru_cache(maxsize=4096)
def _renamed(found: Outcome, name: str) -> Outcome:
    return replace(found, name=name)


def _take(name: str, loaded: Any) -> str:
    """Take an outcome or a family of a plug-in into the vocabulary, or say why not."""
    if not isinstance(loaded, (Outcome, Family)):
        return f"{loaded!r} is neither an Outcome nor a Family of resynapse.outcomes"
    if loaded.name != name:
        return f"its name is {loaded.name!r}, the entry point is named {name!r}; give both the same name"
    if not re.fullmatch(r"[a-z]\w*", name):
        return f"{name!r} is no name; use small letters, digits and _"
    if _looked_up(name) is not None or name in FAMILIES:
        return f"the name {name!r} is taken"
    if isinstance(loaded, Family):
        FAMILIES[name] = loaded
    else:
        OUTCOMES[name] = loaded
    return ""
