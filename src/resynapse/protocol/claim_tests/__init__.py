"""Criteria of claims: a bound on linear combinations of measured cells, one kind of test a class.

A new kind is one class, listed here or under the entry-point group ``resynapse.claim_tests``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resynapse.plugins import admit
from resynapse.protocol.claim_tests.bound import Bound
from resynapse.protocol.claim_tests.claim_test import TESTS, Test, dump_test
from resynapse.protocol.claim_tests.measures import Cell, Combination, Combinations, Measure, Measured, Read
from resynapse.protocol.claim_tests.of_means import Contrast, Difference, Mean, Term, Trend
from resynapse.protocol.claim_tests.of_studies import Studies
from resynapse.protocol.claim_tests.of_subjects import Every, Order

__all__ = [
    "TESTS",
    "Bound",
    "Cell",
    "Combination",
    "Combinations",
    "Contrast",
    "Difference",
    "Every",
    "Mean",
    "Measure",
    "Measured",
    "Order",
    "Read",
    "Studies",
    "Term",
    "Test",
    "Trend",
    "claim_tests",
    "dump_test",
]

TESTS.update({kind.kind: kind for kind in (Mean, Difference, Every, Trend, Contrast, Order, Studies)})


def claim_tests() -> Mapping[str, type[Test]]:
    """Every kind of test by the name it has in files, those of installed packages last."""
    admit("claim test", _take)
    return TESTS


def _take(name: str, loaded: Any) -> str:
    if not (isinstance(loaded, type) and issubclass(loaded, Test)):
        return f"{loaded!r} is no class derived from resynapse.protocol.claim_tests.Test"
    if getattr(loaded, "kind", None) != name:
        return f"its `kind` is {loaded.kind!r}, the entry point is named {name!r}; give both the same name"
    if name in TESTS:
        return f"the name {name!r} is taken"
    if Test.combine is loaded.combine and Test.combinations is loaded.combinations:
        return f"{loaded.__name__} has no method `combine`"
    loaded.model_json_schema()
    TESTS[name] = loaded
    return ""
