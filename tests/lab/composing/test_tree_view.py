"""The tree of a protocol's text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from resynapse.lab.composing.tree_view import tree
from resynapse.protocol import library
from resynapse.protocol.files.library import whole_text


def _every(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield node
        yield from _every(node["inside"])


@pytest.mark.parametrize("name", library())
def test_a_step_knows_its_lines_and_the_steps_beside_it_have_others(name: str) -> None:
    text = whole_text(name)
    lines = text.splitlines()
    steps = [node for node in _every(tree(text)) if node["kind"] == "step"]
    for node in steps:
        first, last = node["lines"]
        own = "\n".join(lines[first - 1 : last])
        assert node["label"].removeprefix("side path").split(" ")[0] in own
        assert not lines[last - 1].strip().startswith("#")
        assert lines[last - 1].strip()
    for nodes in (node["inside"] for node in _every(tree(text))):
        for one, other in pairwise(node["lines"] for node in nodes if node["kind"] == "step"):
            assert one[0] <= one[1] <= other[0]


def test_what_is_not_written_has_no_lines_and_an_alias_those_of_its_anchor() -> None:
    text = "name: x\narms:\n  one: &path\n    - prune:\n        sparsity: 0.5\n    # a remark\n  two: *path\n"
    nodes = {tuple(node["place"]): node["lines"] for node in _every(tree(text))}
    assert nodes["follow_up",] is None
    assert nodes["arms", "one", 0] == nodes["arms", "two", 0] == (4, 5)
    assert nodes["arms", "one"] == (3, 5)
