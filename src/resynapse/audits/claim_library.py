"""The claims of published articles that ship with resynapse."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from resynapse.errors import ProtocolError, nearest
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.protocol.files.claims_codec import parse_claims
from resynapse.protocol.files.library import loads_value

_FOLDER = resources.files("resynapse") / "data" / "claims"


def claimed() -> list[str]:
    """Names of the protocols whose claims ship with resynapse."""
    return sorted(p.name.removesuffix(".yaml") for p in _FOLDER.iterdir() if p.name.endswith(".yaml"))


def claims_of(protocol: Protocol, source: str | Path | None = None) -> tuple[Claim, ...]:
    """The claims to audit: of `source` (a shipped name or a YAML file), or the protocol's own, or those of its name.

    Raises
    ------
    ProtocolError : there are none, or they cannot be read.
    """
    if source is None:
        if protocol.claims:
            return protocol.claims
        if protocol.name not in claimed():
            raise ProtocolError(
                f"protocol {protocol.name} claims nothing; write a `claims:` block into it, or name claims that ship: "
                + ", ".join(claimed())
            )
        source = protocol.name
    if str(source) in claimed():
        return _parsed((_FOLDER / f"{source}.yaml").read_text("utf-8"), str(source))
    path = Path(source)
    try:
        return _parsed(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        known = nearest(str(source), claimed())
        raise ProtocolError(f"no claims {str(source)!r}; {known} (or give a YAML file)") from None
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: not a text file (byte {error.start} is not UTF-8)") from None
    except OSError as error:
        raise ProtocolError(f"{path}: cannot be read ({error.strerror})") from None


def _parsed(text: str, source: str) -> tuple[Claim, ...]:
    try:
        document = loads_value(text, source)
    except ProtocolError as error:
        # the message quotes the whole text, which is a file here
        raise ProtocolError(f"{source}: malformed YAML: {str(error).rpartition('value: ')[2]}") from None
    if isinstance(document, dict) and "claims" in document:
        document = document["claims"]
    try:
        return parse_claims(document)
    except ProtocolError as error:
        raise ProtocolError(f"{source}: {error}") from None
