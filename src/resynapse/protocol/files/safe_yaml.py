"""YAML as plain data: nothing in a file is executed, and nothing small in it can grow large.

What is bounded is what aliases and merge keys would become when written out, before anything is written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from resynapse.errors import ProtocolError, Where

MOST_BYTES = 1_000_000
"""Largest protocol file."""
MOST_VALUES = 100_000
"""Most keys and values of a document, every alias written out."""
MOST_DEPTH = 60
"""Deepest nesting."""
MOST_CHARACTERS = 2_000
"""Longest text."""
MOST_WHOLE, MOST_REAL = 10**15, 1e100
"""Largest whole number, in size, which is exact as a floating-point number too, and largest other one."""


class Dumper(yaml.SafeDumper):
    """Quotes what the loader would read as something else."""


class Loader(yaml.SafeLoader):
    """Plain data only, as YAML 1.2 reads it: `off` is a text, 1e-5 a number. A duplicate key is refused."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping without duplicate keys."""
        seen = set()
        for key, _ in node.value:
            name = getattr(key, "value", None)
            if isinstance(name, str) and name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {name!r}; keep one", key.start_mark)
            if isinstance(name, str):
                seen.add(name)
        return super().construct_mapping(node, deep)


_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
for _yaml in (Loader, Dumper):
    _yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
    _yaml.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its plain data, and their line numbers (None if empty)."""

    value: Any
    root: yaml.Node | None

    def line(self, where: Where) -> int:
        """The line number, from 1, of the last known part of `where`."""
        node = self.root
        line: int = node.start_mark.line if node else 0
        for part in where:
            if isinstance(node, yaml.MappingNode):
                found = [(k, v) for k, v in node.value if k.value == part]
                if not found:
                    break
                line, node = found[0][0].start_mark.line, found[0][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line
            else:
                break
        return line + 1

    def lines(self, where: Where) -> tuple[int, int]:
        """The first and the last line, from 1, of what is at `where`; for an alias, those of its anchor."""
        first, node = self.line(where), self.root
        for part in where:
            if isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == part), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            else:
                node = None
        return first, max(first, _last(node) if node is not None else first)


def _last(node: yaml.Node) -> int:
    """The last line of a node's own text, from 1: a block ends with its last word, not where the next one begins."""
    start, end = node.start_mark, node.end_mark
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        return int(end.line) + (1 if end.column or end.line == start.line else 0)
    # an alias stands elsewhere
    own = [inner for inner in _inside(node) if start.index <= inner.start_mark.index < end.index]
    return max([int(start.line) + 1, *map(_last, own)])


def read(text: str) -> Document:
    """A YAML document.

    Raises
    ------
    ProtocolError : malformed, or beyond a bound; with the line number, in the terms of the file format.
    """
    if len(text) > MOST_BYTES:
        raise ProtocolError(f"{len(text)} characters; at most {MOST_BYTES} are possible")
    try:
        loader = Loader(text)
        root = loader.get_single_node()
        if root is None:
            return Document(None, None)
        _check_size(root)
        value = loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise ProtocolError(f"{place}malformed YAML: {error.problem or error.context or 'unreadable'}") from None
    except RecursionError:
        raise ProtocolError(f"nested too deep; at most {MOST_DEPTH} levels are possible") from None
    except yaml.YAMLError as error:
        raise ProtocolError(f"malformed YAML: {str(error).splitlines()[0]}") from None
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError):
        # raised by PyYAML's constructors if a tag such as !!bool comes before another type
        raise ProtocolError("malformed YAML: a value is not of the kind that its tag or form says") from None
    document = Document(value, root)
    try:
        _check_numbers(value)
    except ProtocolError as error:
        raise ProtocolError(f"line {document.line(error.where)}: {error}") from None
    return document


def size(value: Any) -> int:
    """Keys and values of plain data, repeated if an anchor repeats them."""
    if isinstance(value, dict):
        return 1 + sum(1 + size(inner) for inner in value.values())
    return 1 + sum(map(size, value)) if isinstance(value, (list, tuple)) else 1


def _check_size(root: yaml.Node) -> None:
    """Refuse a document by its size with aliases written out; each node is looked at once."""
    sizes: dict[int, tuple[int, int]] = {}
    open_: set[int] = set()

    def measured(node: yaml.Node) -> tuple[int, int]:
        if id(node) in open_:
            raise ProtocolError(f"{_line(node)}an anchor contains itself; write out what is meant")
        if id(node) not in sizes:
            open_.add(id(node))
            values, depth = 1, 0
            for inner in _inside(node):
                more, below = measured(inner)
                values, depth = values + more, max(depth, below)
            open_.discard(id(node))
            sizes[id(node)] = values, depth + 1
        values, depth = sizes[id(node)]
        if values > MOST_VALUES:
            raise ProtocolError(f"{_line(node)}more than {MOST_VALUES} values with every alias written out; shorten it")
        if depth > MOST_DEPTH:
            raise ProtocolError(f"{_line(node)}nested too deep; at most {MOST_DEPTH} levels are possible")
        return values, depth

    measured(root)


def _inside(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif len(node.value) > MOST_CHARACTERS:
        raise ProtocolError(
            f"{_line(node)}a text of {len(node.value)} characters; at most {MOST_CHARACTERS} are possible"
        )


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}: "


def _check_numbers(value: Any, where: Where = ()) -> None:
    """Refuse numbers that no arithmetic here can hold."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_numbers(key, where)
            _check_numbers(inner, (*where, key if isinstance(key, str) else repr(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_numbers(inner, (*where, index))
    elif isinstance(value, int) and abs(value) > MOST_WHOLE:
        digits = len(str(abs(value)))
        raise ProtocolError(f"expected a number of at most {MOST_WHOLE:.0e} in size, got one of {digits} digits", where)
    elif isinstance(value, float) and not abs(value) <= MOST_REAL:
        raise ProtocolError(f"expected a finite number of at most {MOST_REAL:g} in size, got {value!r}", where)
