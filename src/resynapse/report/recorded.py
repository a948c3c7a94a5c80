"""Audits of record: ledgers that ship with resynapse as data, and an audit of one's own beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from resynapse.errors import ResynapseError

_RECORDS = resources.files("resynapse") / "data" / "audits"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVerdict:
    """The verdict of one claim.

    Parameters
    ----------
    estimate, low, high, n : of what decides, as in the ledger.
    same : in how many of the seeds the verdict is the same.
    """

    id: str
    statement: str
    where: str
    verdict: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    sentence: str
    same: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A ledger with everything that says which audit it is.

    Parameters
    ----------
    seeds : root seeds; the verdicts are of the first one.
    claims : digest of the claims, put on record before the first subject.
    put : when they were put on record, UTC.
    versions : of what computed the subjects.
    command : what makes the audit again.
    digest : SHA-256 of all the rest, the first 16 digits.
    """

    protocol: str
    depth: str
    subjects: int
    seeds: tuple[int, ...]
    claims: str
    put: str
    versions: Mapping[str, str]
    command: str
    ledger: tuple[RecordedVerdict, ...]
    digest: str = ""

    @property
    def sealed(self) -> str:
        """The digest that the record must have."""
        content = {name: value for name, value in asdict(self).items() if name != "digest"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()[:16]

    def to_json(self) -> str:
        """The record as it ships, sealed with its digest."""
        return json.dumps({**asdict(self), "digest": self.sealed}, indent=1) + "\n"


def names() -> list[str]:
    """Protocols whose audit of record ships with resynapse."""
    return sorted(path.name.removesuffix(".json") for path in _RECORDS.iterdir() if path.name.endswith(".json"))


def recorded(protocol: str) -> Recorded:
    """The audit of record of a protocol.

    Raises
    ------
    ResynapseError : none ships with resynapse, or its digest is not that of its content.
    """
    if protocol not in names():
        raise ResynapseError(
            f"no audit of record of protocol {protocol!r} ships with resynapse; there are those of {', '.join(names())}"
        )
    return parse_record((_RECORDS / f"{protocol}.json").read_text("utf-8"))


def parse_record(text: str) -> Recorded:
    """The record behind `to_json`.

    Raises
    ------
    ResynapseError : its digest is not that of its content.
    """
    content = json.loads(text)
    ledger = tuple(RecordedVerdict(**one) for one in content.pop("ledger"))
    found = Recorded(ledger=ledger, seeds=tuple(content.pop("seeds")), **content)
    if found.digest != found.sealed:
        raise ResynapseError(
            f"audit of record of {found.protocol}: expected digest {found.sealed}, got {found.digest}; "
            "install resynapse again"
        )
    return found


def of_audit(audit: Mapping[str, Any], versions: Mapping[str, str], command: str) -> Recorded:
    """The record of an audit that was written as `audit.json`."""
    stability = {one["claim"]: one for one in audit["stability"]}
    seeds = next(iter(stability.values()))["seeds"] if stability else [0]
    ledger = []
    for one in audit["claims"]:
        low, high = one["interval"] or (None, None)
        kept = {name: one[name] for name in ("id", "statement", "where", "verdict", "estimate", "n", "sentence")}
        same = stability[one["id"]]["same"] if one["id"] in stability else None
        ledger.append(RecordedVerdict(**kept, low=low, high=high, same=same))
    return Recorded(
        protocol=audit["protocol"],
        depth=audit["depth"],
        subjects=audit["subjects"],
        seeds=tuple(seeds),
        claims=audit["seal"]["digest"],
        put=audit["seal"]["written"],
        versions=dict(versions),
        command=command,
        ledger=tuple(ledger),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Another audit beside the record.

    Parameters
    ----------
    verdicts : of the other audit, by claim.
    same_claims : whether both judge the same claims, to the letter.
    differing : claims with another verdict, or that only one of the two has.
    """

    verdicts: Mapping[str, str]
    same_claims: bool
    differing: tuple[str, ...]


def beside(record: Recorded, path: Path) -> Beside:
    """Set an audit of one's own beside the record.

    Parameters
    ----------
    path : its `audit.json`.

    Raises
    ------
    ResynapseError : it cannot be read, or is an audit of another protocol.
    """
    try:
        other = json.loads(path.read_text("utf-8"))
        verdicts = {one["id"]: one["verdict"] for one in other["claims"]}
        protocol, seal = other["protocol"], other["seal"]
    except OSError:
        raise ResynapseError(f"{path}: no such file; give with --out the folder of an audit that is finished") from None
    except (ValueError, KeyError, TypeError):
        raise ResynapseError(f"{path}: expected the result of an audit, got something else") from None
    if protocol != record.protocol:
        raise ResynapseError(f"{path}: is an audit of {protocol}, and the record is of {record.protocol}")
    known = {one.id: one.verdict for one in record.ledger}
    differing = tuple(name for name in dict.fromkeys((*known, *verdicts)) if known.get(name) != verdicts.get(name))
    return Beside(verdicts=verdicts, same_claims=bool(seal) and seal["digest"] == record.claims, differing=differing)
