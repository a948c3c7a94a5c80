"""Where protocols come from: the library that ships with resynapse, and the user's YAML files."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from resynapse.errors import ProtocolError, nearest, one_line
from resynapse.protocol.files.codec import dump, parse, parse_primary
from resynapse.protocol.files.repetition import merged
from resynapse.protocol.files.safe_yaml import MOST_BYTES, Dumper, read
from resynapse.protocol.population.trait_tables import with_columns
from resynapse.protocol.tree import Protocol
from resynapse.protocol.validation.claims import check_claims

_LIBRARY = resources.files("resynapse.protocol") / "library"


def library() -> list[str]:
    """Names of the protocols that ship with resynapse."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _LIBRARY.iterdir() if entry.name.endswith(".yaml"))


def shipped_text(name: str) -> str:
    """The file of a library protocol, with its comments."""
    return (_LIBRARY / f"{name}.yaml").read_text("utf-8")


def whole_text(name: str) -> str:
    """The same where it builds on no other protocol, else with its base written into it."""
    document = _shipped(name)
    if "base" not in document:
        return shipped_text(name)
    whole = dict(_on_base(document))
    if "primary" in whole and "primary" not in document:
        whole["primary"] = [str(one) for one in load(name).primary]
        whole = {key: value for key, value in whole.items() if key != "primary" or value}
    return yaml.dump(whole, Dumper=_WithoutAliases, sort_keys=False, width=120)


class _WithoutAliases(Dumper):
    """Writes out what occurs more than once."""

    def ignore_aliases(self, data: Any) -> bool:
        """Whatever it is."""
        return True


def load(name_or_path: str | Path, controls: Collection[str] | None = None) -> Protocol:
    """A protocol by its library name, or from a YAML file.

    Parameters
    ----------
    controls : names that its claims may use for a control; by default any.

    Raises
    ------
    ProtocolError : no such protocol, or the file cannot be run as it is written.

    >>> load("switch-relapse").hidden
    (512, 512, 256)
    """
    name = str(name_or_path)
    if name in library():
        return loads(shipped_text(name), source=name)
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and not os.path.exists(path):  # noqa: PTH110 (never raises)
        raise ProtocolError(f"unknown protocol {name!r}; {nearest(name, library())} (or give the path of a YAML file)")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ProtocolError(f"{path}: larger than {MOST_BYTES} bytes; no protocol needs so many")
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise ProtocolError(f"{path}: no such file; give the path of a protocol file") from None
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: not a text file (byte {error.start} is not UTF-8)") from None
    except OSError as error:
        raise ProtocolError(f"{path}: cannot be read ({error.strerror})") from None
    return loads(text, source=str(path), folder=path.parent, controls=controls)


def loads_value(text: str, source: str) -> Any:
    """One YAML value, as in a protocol file; `source` names it in errors."""
    try:
        return read(text).value
    except ProtocolError as error:
        raise ProtocolError(f"{source}: {text[:60]!r} is no YAML value: {error}") from None


def loads(
    text: str, source: str = "protocol", folder: Path | None = None, controls: Collection[str] | None = None
) -> Protocol:
    """A protocol from YAML text.

    Parameters
    ----------
    source : names it in errors.
    folder : what paths in it are relative to; by default the current one.
    controls : as for `load`.
    """
    try:
        document = read(text)
    except ProtocolError as error:
        colon = "" if str(error).startswith("line ") else ":"
        raise ProtocolError(f"{source}{colon} {one_line(str(error))}") from None
    try:
        protocol = _parsed(document.value, folder)
        check_claims(protocol, protocol.claims, controls)
    except ProtocolError as error:
        place = f" line {document.line(error.where)}" if error.where else ""
        raise ProtocolError(f"{source}{place}: {one_line(str(error))}") from None
    return protocol


def _parsed(document: Any, folder: Path | None) -> Protocol:
    """The protocol of a document; of the endpoints of its base it has those that it measures."""
    whole = with_columns(_on_base(document), folder or Path())
    if not isinstance(document, Mapping) or "primary" in document or "primary" not in whole:
        return parse(whole, folder)
    inherited = parse_primary(whole["primary"], ("primary",))
    return parse({key: value for key, value in whole.items() if key != "primary"}, folder).with_primary(inherited)


def _on_base(document: Any, above: tuple[str, ...] = ()) -> Any:
    """The document with the library protocols it builds on merged in."""
    if not isinstance(document, Mapping) or "base" not in document:
        return document
    name = document["base"]
    if name not in library():
        raise ProtocolError(f"unknown base {name!r}; {nearest(name, library())}", ("base",))
    if name in above:
        raise ProtocolError(f"{name} builds on itself; name another base", ("base",))
    return merged(_on_base(_shipped(name), (*above, name)), document)


@cache
def _shipped(name: str) -> Any:
    """The document of a library protocol; it is read only."""
    return read(shipped_text(name)).value


def dumps(protocol: Protocol) -> str:
    """YAML text that `loads` turns into an equal protocol."""
    return yaml.dump(dump(protocol), Dumper=Dumper, sort_keys=False, width=120)
