"""Claims of an audit: the controls that they name exist."""

from __future__ import annotations

from collections.abc import Iterable

from resynapse.controls.registry import RENAMED, controls
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.protocol.validation.claims import check_claims as check_parts


def check_claims(protocol: Protocol, claims: Iterable[Claim]) -> None:
    """Refuse claims about arms, controls and selections that a protocol does not have.

    A cell that is not measured is no error: its claim is not testable here.

    Raises
    ------
    ProtocolError : a claim names an unknown arm or control, or selects subjects by what is not measured.
    """
    known = [*controls(), *RENAMED, *{variant.control for variant in protocol.variants.values()}]
    check_parts(protocol, claims, known, measured=False)
