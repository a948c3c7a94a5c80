"""Where protocols come from: the library that ships with resynapse, and the user's YAML files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.protocol.columns import with_columns
from resynapse.protocol.expand import merged
from resynapse.protocol.schema import dump, parse
from resynapse.protocol.tree import Protocol

_LIBRARY = resources.files("resynapse.protocol") / "library"


class _Dumper(yaml.SafeDumper):
    """Quotes what the loader would read as something else."""


class _Loader(yaml.SafeLoader):
    """Plain data only, as YAML 1.2 reads it: `off` is a word, 1e-5 a number. A key that stands twice is refused."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = getattr(key, "value", None)
            if isinstance(name, str) and name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {name!r} stands twice; keep one", key.start_mark
                )
            if isinstance(name, str):
                seen.add(name)
        return super().construct_mapping(node, deep)


_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
for _yaml in (_Loader, _Dumper):
    _yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
    _yaml.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))


def library() -> list[str]:
    """Names of the protocols that ship with resynapse."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _LIBRARY.iterdir() if entry.name.endswith(".yaml"))


def load(name_or_path: str | Path) -> Protocol:
    """A protocol by its library name, or from a YAML file.

    Raises
    ------
    ProtocolError : no such protocol, or the file cannot be run as it is written.

    >>> load("switch-relapse").hidden
    (512, 512, 256)
    """
    name = str(name_or_path)
    if name in library():
        return loads((_LIBRARY / f"{name}.yaml").read_text("utf-8"), source=name)
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and not os.path.exists(path):  # noqa: PTH110 (never raises)
        raise ProtocolError(f"unknown protocol {name!r}; {nearest(name, library())} (or give the path of a YAML file)")
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ProtocolError(f"{path}: no such file; give the path of a protocol file") from None
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: not a text file (byte {error.start} is not UTF-8)") from None
    except OSError as error:
        raise ProtocolError(f"{path}: cannot be read ({error.strerror})") from None
    return loads(text, source=str(path), folder=path.parent)


def loads_value(text: str, source: str) -> Any:
    """One YAML value, as in a protocol file; `source` names it in errors."""
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ProtocolError(f"{source}: {text!r} is no YAML value: {str(error).splitlines()[0]}") from None


def loads(text: str, source: str = "protocol", folder: Path | None = None) -> Protocol:
    """A protocol from YAML text.

    Parameters
    ----------
    source : names it in errors.
    folder : what paths in it are relative to; by default the current one.
    """
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" line {mark.line + 1}" if mark else ""
        problem = error.problem or error.context or "unreadable"
        raise ProtocolError(f"{source}{place}: malformed YAML: {problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ProtocolError(f"{source}: malformed YAML: {str(error).splitlines()[0]}") from None
    try:
        return parse(with_columns(_on_base(document), folder or Path()), folder)
    except RecursionError:
        raise ProtocolError(f"{source}: nested too deep (an anchor may contain itself)") from None
    except ProtocolError as error:
        place = f" line {_line(text, error.where)}" if error.where else ""
        raise ProtocolError(f"{source}{place}: {error}") from None


def _on_base(document: Any, above: tuple[str, ...] = ()) -> Any:
    """The document with the library protocols it builds on merged in."""
    if not isinstance(document, Mapping) or "base" not in document:
        return document
    name = document["base"]
    if name not in library():
        raise ProtocolError(f"unknown base {name!r}; {nearest(name, library())}", ("base",))
    if name in above:
        raise ProtocolError(f"{name} builds on itself; name another base", ("base",))
    base = yaml.load((_LIBRARY / f"{name}.yaml").read_text("utf-8"), Loader=_Loader)
    return merged(_on_base(base, (*above, name)), document)


def dumps(protocol: Protocol) -> str:
    """YAML text that `loads` turns into an equal protocol."""
    return yaml.dump(dump(protocol), Dumper=_Dumper, sort_keys=False, width=120)


def _line(text: str, where: Where) -> int:
    """The line, from 1, on which the last known part of `where` stands."""
    node = yaml.compose(text, Loader=_Loader)
    if node is None:
        return 1
    line: int = node.start_mark.line
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
