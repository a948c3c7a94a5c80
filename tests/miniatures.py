"""Protocols cut down so that they run in a moment: small networks, few samples, few epochs."""

from __future__ import annotations

from dataclasses import replace

import resynapse as rs
from resynapse.networks import Gru, Perceptron, Rnn
from resynapse.protocol import Train
from resynapse.protocol.node import Node, Path
from resynapse.task import DelayedMatch, GaussianBlobs, RepeatedPoint

TASK = GaussianBlobs(train=128, test=64, clean=16)
HIDDEN = (16, 12, 8)


def miniature(
    protocol: rs.Protocol | str,
    *,
    most: int | None = 2,
    task: GaussianBlobs = TASK,
    hidden: tuple[int, ...] = HIDDEN,
) -> rs.Protocol:
    """The same tree on a small network; no training is longer than `most` epochs, and its counts shrink with it.

    Parameters
    ----------
    protocol : or its name in the library.
    most : epochs of any training; None leaves their lengths and counts as they are.
    """
    whole = rs.load(protocol) if isinstance(protocol, str) else protocol
    learnt, network = task, Perceptron(hidden=hidden)
    if isinstance(whole.network, Gru):
        learnt, network = RepeatedPoint(train=128, test=64, clean=16, steps=3), Gru(hidden=(8,))
    elif isinstance(whole.network, Rnn):
        learnt, network = DelayedMatch(test_repeats=4, delay=6), Rnn(hidden=(8,))
    small = replace(whole, task=learnt, network=network)
    if most is None:
        return small
    return replace(
        small,
        induction=_short(small.induction, most),
        arms={arm: _short(path, most) for arm, path in small.arms.items()},
        follow_up=_short(small.follow_up, most),
    )


def _short(path: Path, most: int) -> Path:
    return tuple(_shorter(replace(node, fork=_short(node.fork, most)), most) for node in path)


def _shorter(node: Node, most: int) -> Node:
    if not isinstance(node.step, Train) or node.step.epochs <= most:
        return node
    # rounded up, so that only count 0 stays 0
    at = sorted({-(-count * most // node.step.epochs) for count in node.at})
    return replace(node, step=node.step.model_copy(update={"epochs": most}), at=tuple(at))
