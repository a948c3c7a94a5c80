"""A protocol drawn as a tree, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.protocol import Assess, Node, Protocol, Step
from resynapse.protocol.variants import Change

if TYPE_CHECKING:
    from rich.tree import Tree


def draw(protocol: Protocol) -> Tree:
    """The induction, each arm, the follow-up with its side paths, and the derived outcomes."""
    from rich.text import Text
    from rich.tree import Tree

    def grow(parent: Tree, path: tuple[Node, ...]) -> None:
        for node in path:
            branch = parent.add(Text(_line(node)))
            grow(branch, node.fork)

    cite = f" ({protocol.cite})" if protocol.cite else ""
    root = Tree(Text(f"{protocol.name}: {protocol.title}{cite}"))
    widths = "-".join(map(str, protocol.widths))
    root.add(Text(f"network {widths}, batches of {protocol.batch_size}, {protocol.task.sizes.train} training samples"))
    grow(root.add(Text("induction")), protocol.induction)
    arms = root.add(Text("arms, all from the identical state"))
    for name, path in protocol.arms.items():
        grow(arms.add(Text(name if path else f"{name} (no treatment)")), path)
    for name, variant in protocol.variants.items():
        branch = arms.add(Text(f"{name} (as {variant.of}, but)"))
        for change in variant.changes:
            branch.add(Text(changed(change)))
    grow(root.add(Text("follow-up")), protocol.follow_up)
    if protocol.derived:
        rules = root.add(Text("derived outcomes"))
        for rule in protocol.derived:
            fields = ", ".join(f"{k}={v}" for k, v in rule if k != "outcome" and v is not None)
            rules.add(Text(f"{rule.outcome}: {rule.kind} {fields}"))
    return root


def _line(node: Node) -> str:
    text = "side path" if node.step is None else describe(node.step)
    for place, drawn in node.draws:
        text += f" [{'.'.join(map(str, place))} for each subject: {drawn}]"
    if node.label:
        text += f" [={','.join(map(str, node.label))}]"
    if node.arms:
        text += f" [only {', '.join(node.arms)}]"
    if node.skip:
        text += f" [not {', '.join(node.skip)}]"
    if node.when is not None:
        text += f" [when {node.when}]"
    if node.at:
        apart = "" if node.share else ", each run apart"
        text += f", side path at {', '.join(map(str, node.at))}{apart}"
    return text


def changed(change: Change) -> str:
    """A change of a variant in words."""
    place = f" {change.condition}" if change.condition else ""
    place += f" in the {change.section.replace('_', '-')}" if change.section else ""
    if change.into is not None:
        return f"{describe(change.into)} instead of {change.step}{place}"
    if change.then is not None:
        return f"{describe(change.then)} after {change.step}{place}"
    parts = [f"{key} {'default' if value is None else _value(value)}" for key, value in change.set.items()]
    parts += [f"side path at {', '.join(map(str, change.at))}"] if change.at is not None else []
    return f"{change.step}{place} with {', '.join(parts)}" if parts else f"no {change.step}{place}"


def describe(step: Step) -> str:
    """A step in one line: its name and every parameter."""
    if isinstance(step, Assess):
        draws = f", mean of {step.draws} noise draws" if step.draws > 1 else ""
        scaled = ", internal noise scaled to activation" if step.noise == "scaled" else ""
        return f"assess {step.condition}: {', '.join(step.outcomes)}{draws}{scaled}"
    fields = ", ".join(f"{k} {_value(v)}" for k, v in step if v is not None)
    return f"{step.kind} {fields}".strip()


def _value(value: object) -> str:
    if isinstance(value, tuple) and all(isinstance(v, int) for v in value):
        return " and ".join(map(str, value))
    if isinstance(value, tuple):
        return " to ".join(_value(v) for v in value)
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
