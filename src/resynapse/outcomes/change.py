"""What changed in the weights since a mark: doses, turnover, and connections kept or regrown layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from resynapse.errors import ProtocolError
from resynapse.networks.base import FloatArray
from resynapse.outcomes.base import Family, Outcome
from resynapse.outcomes.examination import Examination

TURNED_OVER = 0.1
"""Relative change of a weight above which it counts as turned over; a regrown weight always does."""


def _changes(seen: Examination) -> tuple[FloatArray, FloatArray]:
    """Every weight when it was marked, and now, float64; pruned ones are zero."""
    if seen.marked is None:
        raise ProtocolError("change is measured from a mark; put `mark: {}` before the treatment")
    before, after = (np.concatenate([w.ravel() for w in n.weights]) for n in (seen.marked, seen.network))
    return before.astype(np.float64), after.astype(np.float64)


def _mean_change(seen: Examination) -> float:
    before, after = _changes(seen)
    return float(np.mean(np.abs(after - before)))


def _rms_change(seen: Examination) -> float:
    before, after = _changes(seen)
    return float(np.sqrt(np.mean((after - before) ** 2)))


def _norm_by_number(seen: Examination) -> float:
    before, after = _changes(seen)
    return float(np.sqrt(np.sum((after - before) ** 2))) / before.size


def _connections(family: str, name: str, number: float) -> Outcome:
    """How many connections of a layer are active now and were so, or were not, at the mark."""
    layer = int(number)
    if layer != number or layer < 1:
        raise ProtocolError(f"{family}_{number:g} names no layer of weights; they are counted from 1")
    kept = family == "kept_layer"

    def measure(seen: Examination) -> float:
        _changes(seen)
        before, after = (list((n or seen.network).masks.values())[layer - 1] for n in (seen.marked, seen.network))
        return float(np.count_nonzero(after & (before if kept else ~before)))

    then, title = ("active", "kept") if kept else ("pruned", "regrown")
    return Outcome(
        name,
        "1",
        f"connections of layer {layer} that are active now and were {then} at the mark",
        measure,
        title=f"connections {title} in layer {layer}",
        bounds=(0.0, math.inf),
        digits=1,
        marked=True,
        layer=layer,
    )


def _turnover(seen: Examination) -> float:
    before, after = _changes(seen)
    return 100.0 * float(np.mean(np.abs(after - before) > TURNED_OVER * np.abs(before)))


def _surviving_change(seen: Examination) -> float:
    _changes(seen)
    marked = seen.network if seen.marked is None else seen.marked
    moved = [
        np.abs(after.astype(np.float64) - before)[now & then]
        for after, before, now, then in zip(
            seen.network.weights, marked.weights, seen.network.masks.values(), marked.masks.values(), strict=True
        )
    ]
    every = np.concatenate(moved)
    return float(every.mean()) if every.size else 0.0


def _sparsity_change(seen: Examination) -> float:
    _changes(seen)
    return 100.0 * (seen.network.sparsity - (seen.marked or seen.network).sparsity)


def _changed(
    name: str, unit: str, meaning: str, title: str, measure: Callable[[Examination], float], low: float = 0.0
) -> Outcome:
    return Outcome(
        name, unit, meaning, measure, title=title, marked=True, bounds=(low, 100.0 if unit != "1" else math.inf)
    )


CHANGES = (
    _changed(
        "weight_change_mean",
        "1",
        "mean abs(dw) over all weights since the mark",
        "mean change of all weights",
        _mean_change,
    ),
    _changed(
        "weight_change_rms",
        "1",
        "root of the mean dw**2 over all weights since the mark",
        "root mean square change of all weights",
        _rms_change,
    ),
    _changed(
        "dose_l1", "1", "mean abs(dw) over all weights since the mark", "dose as mean change of weights", _mean_change
    ),
    _changed(
        "dose_l2",
        "1",
        "Euclidean norm of dw over all weights since the mark, divided by their number (no root mean square)",
        "dose as norm of the change of weights",
        _norm_by_number,
    ),
    _changed(
        "turnover",
        "%",
        "share of all weights that changed by more than a tenth since the mark",
        "weights turned over",
        _turnover,
    ),
    _changed(
        "surviving_change",
        "1",
        "mean abs(dw) since the mark over the connections that were live then and are live now",
        "mean change of surviving connections",
        _surviving_change,
    ),
    _changed(
        "sparsity_change",
        "points",
        "sparsity now minus sparsity at the mark",
        "change of sparsity",
        _sparsity_change,
        -100.0,
    ),
)
OF_LAYERS = tuple(Family(f"{what}_layer", partial(_connections, f"{what}_layer")) for what in ("kept", "regrown"))
