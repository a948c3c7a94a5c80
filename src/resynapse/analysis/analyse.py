"""The complete analysis of a run, in one object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from resynapse.analysis.cells import Cells
from resynapse.analysis.estimate import long_table
from resynapse.analysis.library_changes import changes
from resynapse.analysis.part import Measurements
from resynapse.analysis.part_registry import BUILT_IN, groups, parts
from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError, nearest
from resynapse.html_view import html_view
from resynapse.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A part of the analysis that does not apply to this run, or failed, and why."""

    part: str
    reason: str
    failed: bool = False


@dataclass(frozen=True, kw_only=True, repr=False)
class Analysis(Mapping[str, Any]):
    """The statistics of a run: a mapping from the names of its parts to what they found.

    ``analysis["contrasts"]`` and ``analysis.contrasts`` are the same. A part that is empty, or None, is named in
    `absent` with its reason.

    Parameters
    ----------
    protocol : name of the protocol.
    subjects : subjects in the table.
    changed : parts in which the protocol differs from the published one of this name.
    remarks : what a reader must know before any number.
    found : what each part found, by its name.
    """

    protocol: str
    subjects: int
    changed: tuple[str, ...]
    remarks: tuple[str, ...]
    found: Mapping[str, Any]
    absent: tuple[Absent, ...]
    disclaimer: str = DISCLAIMER

    def __getitem__(self, part: str) -> Any:
        return self.found[part]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__.get("found", {})
        if name not in found:
            raise AttributeError(f"an analysis has no part {name!r}; {nearest(name, found)}")
        return found[name]

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {_size(found)}" for name, found in self.found.items() if _size(found))
        return f"Analysis({self.protocol!r}: {self.subjects} subjects; {parts})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the parts with their size, and why the others are absent."""
        rows = [(name, str(_size(found)), "") for name, found in self.found.items() if _size(found)]
        rows += [(one.part, "", one.reason) for one in self.absent]
        return html_view(self.protocol, repr(self), ("part", "results", "absent because"), rows)

    def why_absent(self, part: str) -> str:
        """Why a part has nothing to show; empty where it has."""
        return next((one.reason for one in self.absent if one.part == part), "")

    def only(self, outcomes: Sequence[str] = (), *, parts: Sequence[str] = ()) -> Analysis:
        """The same of some outcomes or some parts; of all if none is named. No number changes.

        Parameters
        ----------
        outcomes : of the run. What belongs to no outcome, as the clinical side, stays only if it is among the parts.
        parts : names that `analyse --part` takes.

        Raises
        ------
        ResynapseError : the run has no such outcome, or there is no such part.
        """
        known_parts = groups()
        for part in parts:
            if part not in known_parts:
                raise ResynapseError(f"no part {part!r} of the statistics; {nearest(part, known_parts)}")
        known = {d.outcome for d in self.found["descriptions"]}
        for outcome in outcomes:
            if outcome not in known:
                raise ResynapseError(f"no outcome {outcome!r} in this run; {nearest(outcome, sorted(known))}")
        named = {one.name: one for part in parts or known_parts for one in known_parts[part]}
        kept = {}
        for group in known_parts.values():
            for one in group:
                found = self.found.get(one.name, one.nothing)
                if one.name not in named:
                    found = one.nothing
                elif outcomes and (isinstance(found, tuple) or not parts):
                    found = one.of_outcomes(found, outcomes)
                kept[one.name] = found
        return replace(self, found=kept, absent=tuple(one for one in self.absent if one.part in named))

    def to_json(self) -> str:
        """Everything, as JSON."""
        content = {
            "protocol": self.protocol,
            "subjects": self.subjects,
            "changed": self.changed,
            "remarks": self.remarks,
            **{name: _plain(found) for name, found in self.found.items()},
            "absent": _plain(self.absent),
            "disclaimer": self.disclaimer,
        }
        return json.dumps(content, indent=2, allow_nan=False) + "\n"

    def frame(self) -> pl.DataFrame:
        """One row a number, every part below the other; columns of `resynapse.analysis.estimate`."""
        known = parts()
        return long_table(row for name, found in self.found.items() if found for row in known[name].estimates(found))


def _size(found: Any) -> int:
    """How many results a part has; one that is no list counts as one."""
    return len(found) if isinstance(found, tuple) else int(found is not None)


def analyse(table: pl.DataFrame, protocol: Protocol, *, unfinished: int = 0, difference: float = 5.0) -> Analysis:
    """The statistics of a run; the same table gives the same numbers, bit for bit.

    Parameters
    ----------
    table : tidy table: protocol, variant, subject, arm, condition, outcome, value.
    protocol : that was run.
    unfinished : subjects that are still to come; the remarks name them.
    difference : to plan for, in % or points; a hundredth of it in dimensionless outcomes.

    Raises
    ------
    ResynapseError : the table is empty, or the difference is not above 0.
    """
    if table.is_empty():
        raise ResynapseError("the table has no value; run at least one subject first")
    run = Measurements(table=table, cells=Cells.of(table), protocol=protocol, difference=difference)
    found: dict[str, Any] = {}
    absent, remarks = [], list(_remarks(len(run.cells.subjects), unfinished))
    for group, members in groups().items():
        for part in members:
            reason, failed = "", False
            try:
                found[part.name] = part.compute(run)
                if not found[part.name]:
                    found[part.name], reason = part.nothing, part.why_absent(run)
                remarks += part.remarks(run)
            except Exception as error:
                # the failure of a plug-in costs its own part only
                if group in BUILT_IN:
                    raise
                found[part.name], failed = part.nothing, True
                reason = f"it failed: {type(error).__name__}: {error}"
            if reason:
                absent.append(Absent(part=part.name, reason=reason, failed=failed))
    return Analysis(
        protocol=protocol.name,
        subjects=len(run.cells.subjects),
        changed=changes(protocol),
        remarks=tuple(remarks),
        found=found,
        absent=tuple(absent),
    )


def _plain(found: Any) -> Any:
    if is_dataclass(found) and not isinstance(found, type):
        return asdict(found)
    return [_plain(one) for one in found] if isinstance(found, tuple) else found


def _remarks(subjects: int, unfinished: int) -> Iterator[str]:
    if unfinished:
        yield f"{unfinished} more subjects are still to come: these are the finished ones."
    if subjects == 1:
        yield "One subject: no interval, no spread and no test."
    elif subjects < 6:
        yield f"{subjects} subjects: intervals are Student's t, which rests on normality that so few cannot show."
