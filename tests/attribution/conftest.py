"""A contrast whose components all differ, and results of its factorial that are planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells, Floats
from resynapse.attribution.factorial import Factorial, factorial

ACUTE, LATER = "acc_internal_1.0 at acute", "acc_biased_1.0 at maintenance"
Planted = Callable[[Factorial, Callable[[frozenset[str]], float], Floats], Cells]


@pytest.fixture(scope="session")
def tree(tiny: rs.Protocol) -> Factorial:
    """Ketamine-like minus SSRI-like in the tiny protocol."""
    return factorial(tiny, ["ketamine", "ssri"], [ACUTE, LATER])


@pytest.fixture(scope="session")
def planted() -> Planted:
    """Results where the components that reach an outcome decide its value, with a deviation in every cell."""

    def make(tree: Factorial, value: Callable[[frozenset[str]], float], deviations: Floats) -> Cells:
        keys, columns = [], []
        for mixture, arm in enumerate(tree.arms):
            taken = frozenset(player.key for i, player in enumerate(tree.players) if mixture >> i & 1)
            for one, who in zip(tree.requested, tree.reaching, strict=True):
                keys.append(Cell(arm, one.condition, one.outcome))
                columns.append(value(taken & {tree.players[i].key for i in who}) + deviations[:, mixture])
        return Cells(np.arange(len(deviations)), tuple(keys), np.array(columns).T)

    return make
