"""Structural plasticity: pruning, regrowth and scars as pure functions Network -> Network.

Fractions say of what: of the active connections, of the pruned ones, of all.
Source: article, Methods, depression model and ketamine-like treatment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resynapse.networks.base import BoolArray, FloatArray, Network
from resynapse.randomness import Key, normals, words

SPARSITY_CAP = 0.99
"""Highest sparsity that `prune_more` can reach."""

TieRule = Literal["keyed", "index"]
Scores = Mapping[str, NDArray[Any]]
"""A number for every position of each connection, by its name, shape (units, inputs)."""
PruneRule = Callable[[Network, Key], Scores]
"""Scores of the positions of a network; the lowest are lost first."""
GrowRule = Callable[[Network, Callable[[], Scores]], Scores | None]
"""Scores of the positions of a network, the highest are re-opened first; None leaves it to chance.

Its second argument computes the sums of abs(dL/dw), which takes some passes.
"""


def magnitude(network: Network, _: Key) -> dict[str, FloatArray]:
    """The absolute value of every connection."""
    return {name: np.abs(network.values[name]) for name in network.masks}


def at_random(network: Network, key: Key) -> dict[str, NDArray[np.uint32]]:
    """A random word for every position."""
    masks = enumerate(network.masks.items())
    return {name: words(key.of("pick"), *mask.shape, layer=number) for number, (name, mask) in masks}


PRUNE_RULES: dict[str, PruneRule] = {"smallest": magnitude, "random": at_random}
"""How `lesion` and `pick` choose connections, by the name it has in protocol files."""
GROW_RULES: dict[str, GrowRule] = {
    "gradient": lambda network, saliency: saliency(),
    "random": lambda network, saliency: None,
}
"""How connections to re-open are chosen, by the name it has in protocol files."""


def prune(network: Network, sparsity: float) -> Network:
    """Keep, per layer, the connections with |w| at or above the `sparsity` quantile of the layer.

    Parameters
    ----------
    network : its scars are left out of the quantile.
    sparsity : share of each layer's connections to be without, in [0, 1).

    The quantile (linear interpolation) runs over all positions of the layer, pruned ones included as zeros. A
    pruned position is never re-opened. The biology it represents: loss of the weakest synapses.
    """
    masks: dict[str, BoolArray] = {}
    for name, mask in network.masks.items():
        size = np.abs(network.values[name].astype(np.float64))
        eligible = size[~network.scars[name]]
        threshold = np.quantile(eligible, sparsity) if eligible.size else 0.0
        masks[name] = mask & (size >= threshold)
    return network.with_masks(masks)


def prune_more(network: Network, of_active: float) -> Network:
    """Prune a further share of the active connections: to S' = S + of_active (1 - S), at most 0.99.

    Parameters
    ----------
    of_active : share in [0, 1]; S is the sparsity over all masks, S' is applied to each layer.

    Source: article, Methods, relapse test. As S' is the same for every layer, a layer that is denser than the
    others loses more than `of_active` of its connections, and a share that goes to 0 has a step there.
    """
    if of_active == 0.0:
        return network
    sparsity = network.sparsity
    return prune(network, min(SPARSITY_CAP, sparsity + of_active * (1.0 - sparsity)))


def lesion(network: Network, of_active: float, key: Key, *, by: str = "smallest") -> Network:
    """Remove exactly ``int(of_active * active)`` active connections of each layer.

    Parameters
    ----------
    of_active : share of the layer's active connections, in [0, 1].
    key : stream of the random choice.
    by : the rule, a name of `PRUNE_RULES`: ``smallest`` takes those with the lowest abs(w), ``random`` chooses
        uniformly.

    Unlike `prune_more`, every layer loses the same share, whatever its density. Source: model of section 7, dose.
    """
    gone = pick(network, of_active, key, by=by)
    return network.with_masks({name: mask & ~gone[name] for name, mask in network.masks.items()})


def prune_to(network: Network, share: float, names: Sequence[str] = (), scores: Scores | None = None) -> Network:
    """Prune connections until ``floor(share * positions)`` positions of each named array are pruned.

    Parameters
    ----------
    share : of all positions, in [0, 1]; where more are pruned already, nothing changes.
    names : connections, such as ``recurrent``; empty for all.
    scores : those of one of `PRUNE_RULES`, the lowest go first; by default the weakest do.

    Positions that are pruned stay so and count; among equal scores the first by index goes first. Source:
    docs/recurrent.md, Architectures.
    """
    masks: dict[str, BoolArray] = {}
    sizes = {name: np.abs(network.values[name]) for name in network.masks} if scores is None else scores
    for name in names or network.masks:
        mask = network.masks[name]
        missing = math.floor(share * mask.size) - int(np.count_nonzero(~mask))
        kept = mask.copy()
        if missing > 0:
            size = np.where(mask, sizes[name].astype(np.float64), np.inf)
            kept.flat[np.argsort(size, axis=None, kind="stable")[:missing]] = False
        masks[name] = kept
    return network.with_masks(masks)


def pick(
    network: Network,
    share: float,
    key: Key,
    *,
    of: Literal["active", "all"] = "active",
    by: str = "smallest",
    at_least: int = 0,
    as_of: Network | None = None,
) -> dict[str, BoolArray]:
    """Choose ``int(share * candidates)`` connections of each layer.

    Parameters
    ----------
    share : of the layer's candidates, in [0, 1].
    key : stream of the random choice.
    of : the candidates: the active connections, or all positions.
    by : the rule, a name of `PRUNE_RULES`: ``smallest`` takes those with the lowest abs(w), ``random`` chooses
        uniformly.
    at_least : fewest that are chosen, where there are so many.
    as_of : the network whose active connections the share is of, where it is another one; as many are chosen here.

    Returns
    -------
    By name, bool array of shape (units, inputs).
    """
    picked: dict[str, BoolArray] = {}
    scores = PRUNE_RULES[by](network, key)
    for name, mask in network.masks.items():
        candidates = np.flatnonzero(mask) if of == "active" else np.arange(mask.size)
        base = candidates.size if as_of is None else int(np.count_nonzero(as_of.masks[name]))
        quota = max(int(share * base), at_least)
        chosen: BoolArray = np.zeros(mask.shape, dtype=np.bool_)
        chosen.ravel()[candidates[np.argsort(scores[name].ravel()[candidates], kind="stable")[:quota]]] = True
        picked[name] = chosen
    return picked


def regrow(
    network: Network,
    of_pruned: float,
    scores: Scores | None,
    key: Key,
    *,
    init_sd: float,
    ties: TieRule = "keyed",
) -> Network:
    """Re-open a share of the pruned connections of each layer, those with the highest scores.

    Parameters
    ----------
    of_pruned : share of the layer's pruned, unscarred connections, in [0, 1]; the count is rounded down.
    scores : by name, array of the connection's shape, such as sums of abs(dL/dw); None chooses at random.
    key : stream for tie-breaking and for the new weights.
    init_sd : standard deviation of the new weights, which are normal around 0.
    ties : order among equal scores. ``keyed``: by a random word of the position, so that equal candidates have
        equal chances; ``index``: by position, first row first (what a plain sort would do).

    A connection into a unit that reaches no output has a score of exactly zero, so ties are the rule in sparse
    networks and not the exception. The new weight of a position is a function of the position, not of the choice.
    The biology it represents: synaptogenesis after ketamine, guided by demand.
    """
    values: dict[str, FloatArray] = {}
    masks: dict[str, BoolArray] = {}
    for layer, (name, mask) in enumerate(network.masks.items()):
        candidates = np.flatnonzero(~mask & ~network.scars[name])
        quota = int(of_pruned * candidates.size)
        if quota == 0:
            continue
        shape = mask.shape
        score = np.zeros(candidates.size) if scores is None else scores[name].ravel()[candidates]
        rule: TieRule = "keyed" if scores is None else ties
        chosen = candidates[_highest(score, quota, _priority(key, layer, shape, rule)[candidates])]
        opened: BoolArray = np.zeros(shape, dtype=np.bool_)
        opened.ravel()[chosen] = True
        new = init_sd * normals(key.of("weights"), *shape, layer=layer)
        old = network.values[name]
        values[name] = np.where(opened, new.astype(old.dtype), old)
        masks[name] = mask | opened
    return network.with_values(values).with_masks(masks)


def scar(network: Network, scars: Mapping[str, BoolArray]) -> Network:
    """Add scars: positions that become zero, pruned and never regrown.

    Parameters
    ----------
    scars : by name, bool array of shape (units, inputs); added to the existing scars.
    """
    joined = {name: old | scars[name] for name, old in network.scars.items()}
    pruned = network.with_masks({name: mask & ~joined[name] for name, mask in network.masks.items()})
    return replace(pruned, scars=joined)


def severity(gain: float, activity: float) -> float:
    """How severe an episode is: ``clip(1 + (gain - 1) + 2 (activity - 0.1), 0.5, 2)``.

    Parameters
    ----------
    gain : of the drug state, as it is set.
    activity : mean absolute hidden activity on the test set, noise off, after inhibition and gain.

    The biology it represents: an overexcited network is damaged more. Source: docs/model.md, Scars.
    """
    return min(2.0, max(0.5, 1.0 + (gain - 1.0) + 2.0 * (activity - 0.1)))


def _priority(key: Key, layer: int, shape: tuple[int, ...], ties: TieRule) -> NDArray[np.int64]:
    """Rank of every position among equal scores: the lowest goes first."""
    if ties == "index":
        return np.arange(shape[0] * shape[1], dtype=np.int64)
    return words(key.of("ties"), shape[0], shape[1], layer=layer).ravel().astype(np.int64)


def _highest(score: FloatArray, quota: int, priority: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of the `quota` highest scores; among equals the lowest priority, then the first."""
    return np.lexsort((priority, -score))[:quota]
