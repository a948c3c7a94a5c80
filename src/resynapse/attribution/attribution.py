"""The shares of a contrast, with intervals over subjects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from resynapse.analysis.cells import Cells, Floats, units
from resynapse.analysis.intervals import Interval, mean_intervals
from resynapse.attribution.factorial import Factorial
from resynapse.attribution.requested import Requested
from resynapse.attribution.shapley import alone, last, shapley
from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import RunFolderError
from resynapse.html_view import html_view

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one component contributes to a contrast.

    Parameters
    ----------
    component, name : as on the command line, and in words.
    first, second : what each arm has of it.
    share, low, high : Shapley value, mean over subjects with its 95 % interval, in the unit of the outcome.
    alone, last : what it changes when it is the only component taken from the first arm, and when it is the last.
    each : the share in every subject.
    note : why there is no interval, or a limitation of it.
    """

    component: str
    name: str
    first: str
    second: str
    share: float
    low: float | None
    high: float | None
    alone: float
    last: float
    each: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One outcome of the first arm minus the same of the second, and its shares.

    Parameters
    ----------
    first, second : means of the arms.
    total, low, high : difference, paired by subject, with its 95 % interval.
    subjects : numbers of the subjects.
    missing : subjects left out, since a mixture of theirs has no value.
    shares : of every component that can reach the outcome; they add up to the total in each subject.
    unreached : components that cannot, in words.
    """

    outcome: str
    condition: str
    unit: str
    first: float
    second: float
    total: float
    low: float | None
    high: float | None
    subjects: tuple[int, ...]
    missing: int
    shares: tuple[Share, ...]
    unreached: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Outcome and condition."""
        return str(Requested(self.outcome, self.condition))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Attribution:
    """Contrasts between two arms, divided among the components of their treatments.

    Parameters
    ----------
    protocol, first, second : what is compared.
    contrasts : one for each outcome.
    equal : components in which the arms do not differ.
    epochs : training epochs of one subject.
    """

    protocol: str
    first: str
    second: str
    contrasts: tuple[Contrast, ...]
    equal: tuple[str, ...]
    epochs: int
    disclaimer: str = DISCLAIMER

    def __repr__(self) -> str:
        totals = "; ".join(f"{c.name} {c.total:+.4g}" for c in self.contrasts)
        return f"Attribution({self.protocol!r}: {self.first} minus {self.second}; {totals})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the share of every component with its interval."""
        rows = [
            (c.name, s.name, f"{s.share:+.4g}", "" if None in (s.low, s.high) else f"{s.low:.4g} to {s.high:.4g}")
            for c in self.contrasts
            for s in c.shares
        ]
        return html_view(self.protocol, repr(self), ("outcome", "component", "share", "95 % interval"), rows)

    def frame(self) -> pl.DataFrame:
        """One row a share."""
        import polars as pl

        kept = ("component", "name", "first", "second", "share", "low", "high", "alone", "last", "note")
        rows = [
            {"outcome": c.outcome, "condition": c.condition, "unit": c.unit, "n": len(c.subjects)}
            | {key: getattr(share, key) for key in kept}
            for c in self.contrasts
            for share in c.shares
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def to_json(self) -> str:
        """One JSON object; an interval is a list of its ends, or null."""
        content: dict[str, Any] = asdict(self)
        for contrast in content["contrasts"]:
            for one in (contrast, *contrast["shares"]):
                ends = [one.pop("low"), one.pop("high")]
                one["interval"] = None if None in ends else ends
        return json.dumps(content, indent=2, allow_nan=False) + "\n"


def attribution(tree: Factorial, cells: Cells, protocol: str, epochs: int) -> Attribution:
    """The attribution behind the results of a factorial.

    Raises
    ------
    RunFolderError : no subject has a value of every mixture.
    """
    unit = units(tree.protocol)
    contrasts = [
        contrast(tree, one, who, cells, unit.get(one.outcome, "1"))
        for one, who in zip(tree.requested, tree.reaching, strict=True)
    ]
    return Attribution(
        protocol=protocol,
        first=tree.first,
        second=tree.second,
        contrasts=tuple(contrasts),
        equal=tree.equal,
        epochs=epochs,
    )


def contrast(tree: Factorial, one: Requested, who: Sequence[int], cells: Cells, unit: str) -> Contrast:
    """One outcome, divided among the players that can reach it."""
    values = _game(tree, one, who, cells)
    whole = ~np.isnan(values).any(axis=0)
    if not whole.any():
        raise RunFolderError(
            f"no subject has {one} in every mixture of {tree.first} and {tree.second}; run more of them"
        )
    values, subjects = values[:, whole], cells.subjects[whole]
    shares = shapley(values)
    total = values[-1] - values[0]
    of_total, *of_shares = _intervals(np.column_stack([total, *shares]), subjects)
    means = {"alone": alone(values).mean(axis=1), "last": last(values).mean(axis=1)}
    players = [tree.players[i] for i in who]
    return Contrast(
        outcome=one.outcome,
        condition=one.condition,
        unit=unit,
        first=float(values[-1].mean()),
        second=float(values[0].mean()),
        total=float(total.mean()),
        low=of_total.low,
        high=of_total.high,
        subjects=tuple(subjects.tolist()),
        missing=int((~whole).sum()),
        unreached=tuple(player.name for i, player in enumerate(tree.players) if i not in who),
        shares=tuple(
            Share(
                component=player.key,
                name=player.name,
                first=player.first,
                second=player.second,
                share=float(share.mean()),
                low=interval.low,
                high=interval.high,
                alone=float(means["alone"][i]),
                last=float(means["last"][i]),
                each=tuple(share.tolist()),
                note=interval.note,
            )
            for i, (player, share, interval) in enumerate(zip(players, shares, of_shares, strict=True))
        ),
    )


def _game(tree: Factorial, one: Requested, who: Sequence[int], cells: Cells) -> Floats:
    """The value of every set of the players that count, shape (sets, subjects)."""
    columns = []
    for members in range(2 ** len(who)):
        mixture = sum(1 << player for i, player in enumerate(who) if members >> i & 1)
        # players that cannot reach the outcome leave it as it is, so the second arm's stands for both
        if members == 2 ** len(who) - 1:
            mixture = len(tree.arms) - 1
        column = cells.column(tree.arms[mixture], one.condition, one.outcome)
        columns.append(np.full(len(cells.subjects), np.nan) if column is None else column)
    return np.array(columns)


def _intervals(columns: Floats, subjects: Any) -> list[Interval]:
    # rounded, so that a share of nothing in every subject is a constant and not the noise of its arithmetic
    return mean_intervals(np.round(columns, 9), ["free"] * columns.shape[1], subjects)
