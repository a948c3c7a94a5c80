"""What makes a protocol runnable beyond the types of its fields: names that exist, counts that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.protocol.node import Node, Path
from resynapse.protocol.paths import assessments, conditions

if TYPE_CHECKING:
    from resynapse.protocol.tree import Protocol


def check(protocol: Protocol) -> None:
    """Refuse a protocol that cannot be run as it is written.

    Raises
    ------
    ProtocolError : names what is wrong, where, and what is allowed.
    """
    if not protocol.arms:
        raise ProtocolError("no arm is there; name at least one", ("arms",))
    if not protocol.hidden:
        raise ProtocolError("no hidden layer is there; give at least one width", ("network", "hidden"))
    for index, width in enumerate(protocol.hidden):
        if width < 1:
            raise ProtocolError(f"{width} is not possible: a layer has at least 1 unit", ("network", "hidden", index))
    if protocol.batch_size < 1:
        raise ProtocolError(f"{protocol.batch_size} is not possible: a batch has at least 1 sample", ("batch_size",))
    _check_path(protocol, protocol.induction, ("induction",))
    for arm, path in protocol.arms.items():
        _check_path(protocol, path, ("arms", arm))
    _check_path(protocol, protocol.follow_up, ("follow_up",))
    for arm, stops in protocol.routes.items():
        met = assessments(stops)
        for condition in met:
            if met.count(condition) > 1:
                raise ProtocolError(
                    f"assessed twice as {condition!r}; give each assessment its own name", ("arms", arm)
                )
    known = conditions(*protocol.routes.values())
    for index, rule in enumerate(protocol.derived):
        for condition in rule.reads:
            if condition not in known:
                raise ProtocolError(
                    f"{rule.outcome} reads condition {condition!r}, at which no arm is assessed; "
                    f"{nearest(condition, sorted(known))}",
                    ("derived", index, rule.kind),
                )


def _check_path(protocol: Protocol, path: Path, where: Where) -> None:
    for index, node in enumerate(path):
        here: Where = (*where, index)
        for arm in node.arms:
            if arm not in protocol.arms:
                raise ProtocolError(f"no arm {arm!r}; {nearest(arm, protocol.arms)}", (*here, "arms"))
        if node.step is None and not node.fork:
            raise ProtocolError("neither a step nor a fork; give one of them", here)
        if node.at:
            _check_counts(node, (*here, "at"))
        _check_path(protocol, node.fork, (*here, "fork"))


def _check_counts(node: Node, where: Where) -> None:
    if node.step is None or node.step.counts is None:
        raise ProtocolError("only a step that advances in epochs or steps has counts", where)
    if not node.fork:
        raise ProtocolError("a fork must say what happens at these counts", where)
    if any(later <= earlier for earlier, later in zip(node.at, node.at[1:], strict=False)):
        raise ProtocolError(f"{list(node.at)} is not possible: counts must rise strictly", where)
    for count in node.at:
        if not 0 <= count <= node.step.length:
            raise ProtocolError(f"{count} is not possible: the step has {node.step.length} {node.step.counts}", where)
