"""A protocol drawn as a tree, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resynapse.protocol import Protocol
from resynapse.protocol.node import Path
from resynapse.protocol.prose.sentences import change_in_words, lines
from resynapse.protocol.prose.titles import named, titles_of

if TYPE_CHECKING:
    from rich.tree import Tree


def draw(protocol: Protocol) -> Tree:
    """The induction, each arm, the follow-up with its side paths, the derived outcomes and the primary endpoints."""
    from rich.text import Text
    from rich.tree import Tree

    def grow(parent: Tree, path: Path) -> None:
        above = [parent]
        for depth, text in lines(path, measures=True):
            above[depth + 1 :] = [above[depth].add(Text(text))]

    cite = f" ({protocol.cite})" if protocol.cite else ""
    root = Tree(Text(f"{protocol.name}: {protocol.title}{cite}"))
    widths = protocol.network.describe(protocol.task)
    root.add(Text(f"network {widths}, batches of {protocol.batch_size}, {protocol.task.sizes.train} training samples"))
    grow(root.add(Text("induction")), protocol.induction)
    arms = root.add(Text("arms, all from the identical state"))
    titles = titles_of(protocol)
    for name, path in protocol.arms.items():
        shown = named(titles.arm(name), name)
        grow(arms.add(Text(shown if path else f"{shown}: no treatment")), path)
    for name, variant in protocol.variants.items():
        branch = arms.add(Text(f"{named(titles.arm(name), name)}: as {variant.of}, but"))
        for change in variant.changes:
            branch.add(Text(change_in_words(change)))
    grow(root.add(Text("follow-up")), protocol.follow_up)
    if protocol.derived:
        rules = root.add(Text("derived outcomes"))
        for rule in protocol.derived:
            fields = ", ".join(f"{k}={v}" for k, v in rule if k != "outcome" and v is not None)
            rules.add(Text(f"{named(titles.outcome(rule.outcome), rule.outcome)}: {rule.kind} {fields}"))
    if protocol.primary:
        endpoints = root.add(Text("primary endpoints"))
        for one in protocol.primary:
            endpoints.add(Text(named(titles.at(one.condition, one.outcome), str(one))))
    return root
