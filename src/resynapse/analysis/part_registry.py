"""The registry of the parts of an analysis: built-in ones by the text of their place, others by entry point.

Parts are loaded when an analysis is made. So this file imports none of them, and parts of rooms above the
analysis (publication, clinical) register without an import that goes up.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from resynapse.plugins import admit

if TYPE_CHECKING:
    from resynapse.analysis.part import Part

PARTS: dict[str, str | tuple[Part, ...]] = {
    "descriptions": "resynapse.analysis.parts.describe:DESCRIPTIONS",
    "contrasts": "resynapse.analysis.parts.contrasts:CONTRASTS",
    "orders": "resynapse.analysis.parts.orders:ORDERS",
    "relapse": "resynapse.analysis.parts.relapse:RELAPSE",
    "survival": "resynapse.analysis.parts.survival:SURVIVAL",
    "dose": "resynapse.analysis.parts.dose:DOSE",
    "traits": "resynapse.analysis.parts.traits:TRAITS",
    "plans": "resynapse.analysis.parts.planning:PLANS",
    "equivalence": "resynapse.publication.equivalence:EQUIVALENCE",
    "clinical": "resynapse.clinical.clinical_part:CLINICAL",
}
"""Name for `analyse --part`, and the `Part` (or tuple of them) as ``module:object``; plug-ins join as objects."""
RESERVED = ("protocol", "subjects", "changed", "remarks", "absent", "disclaimer", "found", "only", "frame", "to_json")
"""Names that no part can have: those of an `Analysis` itself."""
BUILT_IN = tuple(PARTS)


def groups() -> dict[str, tuple[Part, ...]]:
    """Every part that is installed, by the name that `analyse --part` takes."""
    admit("part", _take)
    return {name: _loaded(place) if isinstance(place, str) else place for name, place in PARTS.items()}


def parts() -> dict[str, Part]:
    """Every part that is installed, by its own name, in the order in which they are shown."""
    return {part.name: part for group in groups().values() for part in group}


@lru_cache
def _loaded(place: str) -> tuple[Part, ...]:
    module, _, name = place.partition(":")
    loaded = getattr(import_module(module), name)
    return loaded if isinstance(loaded, tuple) else (loaded,)


def _take(name: str, loaded: Any) -> str:
    from resynapse.analysis.part import Part

    if not isinstance(loaded, Part):
        return f"expected a resynapse.analysis.part.Part, got {loaded!r}"
    if loaded.name != name:
        return f"its `name` is {loaded.name!r}"
    if name in RESERVED or name in PARTS or name in {one.name for key in BUILT_IN for one in _group(key)}:
        return f"the name {name!r} is taken"
    PARTS[name] = (loaded,)
    return ""


def _group(name: str) -> tuple[Part, ...]:
    place = PARTS[name]
    return _loaded(place) if isinstance(place, str) else place
