"""Synthetic audits with known truth: what is false is rarely called supported, what is true never contradicted."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from verification.audit_errors import Outcome, audited, rates

AUDITS = 60
NOMINAL = {
    "true in a reading, called contradicted": 0.025,
    "false in every reading, called supported": 0.025,
    "true in every scenario, called broken by one": 0.05,
    "true in every reading, called not supported or mixed": 0.025,
}
"""One side of a 95 % interval; the false-discovery rate for what breaks a claim."""


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [outcome for seed in range(AUDITS) for outcome in audited(1000 + seed)]


def test_errors_are_no_more_frequent_than_their_nominal_rates(outcomes: list[Outcome]) -> None:
    seen = {name: (made, of) for name, made, of in rates(outcomes)}
    assert set(NOMINAL) <= set(seen)
    for name, nominal in NOMINAL.items():
        made, of = seen[name]
        # more than this would come out once in a thousand if the rate were nominal
        assert made <= binom.ppf(0.999, of, nominal), (name, made, of)
