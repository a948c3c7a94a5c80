"""The seal on a claims file: what was claimed is on record before the first subject is run, and so is every change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resynapse.errors import ResynapseError
from resynapse.protocol.claims import Claim
from resynapse.protocol.files.claims_codec import dump_claim
from resynapse.runs.store.atomic_files import put

SEAL = "claims.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The claims of an audit as they were written down.

    Parameters
    ----------
    digest : SHA-256 of the claims that are judged, the first 16 digits.
    written : when they were put on record, UTC.
    subjects : of the audit's tree that were finished by then; 0 where nothing could have been seen.
    before : digests of earlier versions in the same folder, the first one first.
    """

    digest: str
    written: str
    subjects: int
    before: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Whether the claims were fixed before results could be seen."""
        if not self.subjects:
            return f"Claims {self.digest} were put on record {self.written}, before the first subject."
        changed = f"; before that {', '.join(self.before)}" if self.before else ""
        return (
            f"Claims {self.digest} were put on record {self.written}, AFTER {self.subjects} subjects of this audit "
            f"were finished: what decides was changed when results could be seen{changed}."
        )


def digest(claims: Sequence[Claim]) -> str:
    """The digest of what decides verdicts: everything in the claims, in their order."""
    text = json.dumps([dump_claim(claim) for claim in claims], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def seal(folder: Path, claims: Sequence[Claim], finished: int) -> Seal:
    """Put claims on record in an audit's folder, or find them there.

    Parameters
    ----------
    finished : subjects of the tree that are finished already.

    Raises
    ------
    ResynapseError : the record that is there cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, here = folder / SEAL, digest(claims)
    records = _read(path)
    if not records or records[-1]["digest"] != here:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        plain = [dump_claim(claim) for claim in claims]
        records.append({"digest": here, "written": now, "subjects": finished, "claims": plain})
        text = json.dumps(records, indent=1) + "\n"
        put(path, lambda draft: draft.write_text(text, "utf-8"))
    last = records[-1]
    return Seal(
        digest=here,
        written=str(last["written"]),
        subjects=int(last["subjects"]),
        before=tuple(str(record["digest"]) for record in records[:-1]),
    )


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        records = json.loads(path.read_text("utf-8"))
        return [{key: one[key] for key in ("digest", "written", "subjects", "claims")} for one in records]
    except (OSError, ValueError, KeyError, TypeError):
        raise ResynapseError(
            f"{path}: the record of the audit's claims is damaged; restore it, or audit into another folder"
        ) from None
