"""Shapley values: a fair division of a difference among the players of a game, by its value for every set of them."""

from __future__ import annotations

from math import comb

import numpy as np

from resynapse.analysis.cells import Floats


def shapley(values: Floats) -> Floats:
    """The Shapley value of every player.

    A player's value is the mean, over all orders in which the players can join, of what its joining changes. The values
    of all players add up to the value of the full set minus that of the empty one.

    Parameters
    ----------
    values : shape (2**players, ...); row `s` is the value of the set whose members are the bits of `s`.

    Returns
    -------
    Shape (players, ...).

    Source: Shapley 1953, A value for n-person games.

    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0])).tolist()
    [2.0, 3.0]
    """
    players = _players(values)
    sets = np.arange(len(values))
    sizes = np.array([int(s).bit_count() for s in sets])
    found = []
    for player in range(players):
        without = sets[sets & (1 << player) == 0]
        joining = values[without | (1 << player)] - values[without]
        weights = np.array([1.0 / (players * comb(players - 1, int(size))) for size in sizes[without]])
        found.append(np.tensordot(weights, joining, axes=1))
    return np.array(found).reshape(players, *values.shape[1:])


def alone(values: Floats) -> Floats:
    """What each player changes when it joins first, shape (players, ...)."""
    return np.array([values[1 << player] - values[0] for player in range(_players(values))])


def last(values: Floats) -> Floats:
    """What each player changes when it joins last, shape (players, ...)."""
    full = len(values) - 1
    return np.array([values[full] - values[full ^ (1 << player)] for player in range(_players(values))])


def _players(values: Floats) -> int:
    players = len(values).bit_length() - 1
    if len(values) != 1 << players:
        raise ValueError(f"{len(values)} values; a game of k players has 2**k")
    return players
