"""Files of earlier versions in today's form: former keys and names are rewritten in place, comments stay.

Only what changed is touched. A claim whose `controls` decide something is written anew, without its comments.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from resynapse.protocol.files.claims_codec import dump_claim, parse_claims
from resynapse.protocol.files.safe_yaml import Dumper, Loader, read


class Edit(NamedTuple):
    """Text for the characters from `start` to before `end`."""

    start: int
    end: int
    text: str


def upgraded(text: str, renamed: Mapping[str, str]) -> str:
    """The text of a protocol or claims file in today's form.

    Parameters
    ----------
    renamed : former names of controls with their new ones.

    Raises
    ------
    ProtocolError : the text is no YAML, or has a claim that cannot be read.
    """
    root = read(text).root
    parts = _parts(root) if isinstance(root, yaml.MappingNode) else {"claims": root}
    edits = [edit for claim in _items(parts.get("claims")) for edit in _of_claim(text, claim)]
    for part in ("claims", "variants"):
        edits += _of_names(text, parts.get(part), renamed)
    for start, end, new in sorted(edits, reverse=True):
        # what is left out or written anew takes the edits in it along
        if not any(other.start < start < other.end for other in edits):
            text = text[:start] + _renamed(new, renamed) + text[end:]
    return text


def _of_claim(text: str, claim: yaml.Node) -> Iterator[Edit]:
    """`reading` is `interpretation`; `controls` are left out, or tests and readings."""
    keys = {key.value: (key, value) for key, value in getattr(claim, "value", ()) if isinstance(key.value, str)}
    if "controls" in keys:
        key, controls = keys["controls"]
        decides = any(isinstance(item, yaml.MappingNode) and len(item.value) > 1 for item in _items(controls))
        if decides or _is_flow(claim) or key.start_mark.column == 0:
            yield _anew(claim)
            return
        yield Edit(text.rindex("\n", 0, key.start_mark.index) + 1, _end_of_line(text, _end(controls)), "")
    if "reading" in keys:
        key = keys["reading"][0]
        yield Edit(key.start_mark.index, key.end_mark.index, "interpretation")


def _anew(claim: yaml.Node) -> Edit:
    """The whole claim as it is written today."""
    loader = Loader("")
    plain: Any = loader.construct_document(claim)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        (made,) = parse_claims([plain])
    flow = _is_flow(claim)
    written = yaml.dump(dump_claim(made), Dumper=Dumper, sort_keys=False, default_flow_style=flow, width=10_000)
    lines = written.rstrip("\n").split("\n")
    return Edit(claim.start_mark.index, _end(claim), ("\n" + " " * claim.start_mark.column).join(lines))


def _of_names(text: str, node: yaml.Node | None, renamed: Mapping[str, str]) -> Iterator[Edit]:
    """Former names of controls, alone or after the `:` of an arm."""
    if isinstance(node, yaml.ScalarNode):
        start, end = node.start_mark.index, node.end_mark.index
        if _renamed(text[start:end], renamed) != text[start:end]:
            yield Edit(start, end, text[start:end])
        return
    for inner in node.value if node is not None else ():
        for one in inner if isinstance(inner, tuple) else (inner,):
            yield from _of_names(text, one, renamed)


def _renamed(text: str, renamed: Mapping[str, str]) -> str:
    for old, new in renamed.items():
        text = re.sub(rf"^(['\"]?){re.escape(old)}(['\"]?)$", rf"\g<1>{new}\g<2>", text)
        text = re.sub(rf"(?<=\w:){re.escape(old)}(?![\w-])", new, text)
    return text


def _parts(root: yaml.MappingNode) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in root.value}


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _end(node: yaml.Node) -> int:
    """Where the text of a node ends; the mark of a block is at what follows it."""
    if isinstance(node, yaml.ScalarNode) or _is_flow(node) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _end_of_line(text: str, at: int) -> int:
    newline = text.find("\n", at)
    return len(text) if newline < 0 else newline + 1
