"""Paths in steps: shorter, and through the same points."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.report.figures.inline import path

_AT = st.integers(-500, 500).map(lambda hundredths: hundredths / 100)


def _corners(text: str) -> list[tuple[float, float]]:
    """The points where a path in steps turns, absolute."""
    made: list[tuple[float, float]] = []
    x = y = 0.0
    for kind, numbers in re.findall(r"([Mlhv])([^A-Za-z]*)", text):
        values = [float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        if kind == "M":
            x, y = values
        else:
            x += values[0] if kind in "lh" else 0.0
            y += values[-1] if kind in "lv" else 0.0
        made.append((x, y))
    return made


def _simplified(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without points that are reached again at once, or on the way along an axis."""
    made = points[:1]
    for at in points[1:]:
        if at == made[-1]:
            continue
        if len(made) > 1:
            first, second = np.subtract(made[-1], made[-2]), np.subtract(at, made[-1])
            if any(first[i] == second[i] == 0 and first[1 - i] * second[1 - i] > 0 for i in (0, 1)):
                made.pop()
        made.append(at)
    return made


@given(st.lists(st.tuples(_AT, _AT), min_size=2, max_size=30))
def test_a_path_in_steps_turns_at_the_same_points(points: list[tuple[float, float]]) -> None:
    (x, y), *others = points
    text = f"M {x} {y} " + " ".join(f"L {a} {b}" for a, b in others)
    short = path(text)
    assert len(short) <= len(text)
    assert np.allclose(_simplified(_corners(short)), _simplified(points), atol=1e-9)


@pytest.mark.parametrize("text", ["M 0 0 A 1 1 0 0 0 2 2", "m 1 1 l 2 2"])
def test_what_is_not_known_stays(text: str) -> None:
    assert path(text) == text
