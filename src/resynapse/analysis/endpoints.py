"""Over what p is adjusted, and what no p can show: remarks on the endpoints of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from resynapse.analysis.families import smallest_p
from resynapse.analysis.intervals import ALPHA
from resynapse.protocol import Protocol
from resynapse.protocol.derived_outcomes import base

if TYPE_CHECKING:
    from resynapse.analysis.parts.contrasts import Contrast


def endpoint_remarks(found: Sequence[Contrast], protocol: Protocol) -> Iterator[str]:
    """Over what p is adjusted, which primary endpoint has no contrast, and which pairs of arms can reach no small p."""
    if not found:
        return
    if protocol.primary:
        seen = {(base(one.condition), one.outcome) for one in found}
        without = [str(one) for one in protocol.primary if (base(one.condition), one.outcome) not in seen]
        if without:
            yield f"Primary endpoints that no two arms have, or that are settings: {', '.join(without)}."
    else:
        yield (
            "The protocol names no primary endpoints: p is adjusted over every measured outcome, counts averaged and "
            "settings and duplicates left out. Name a few with `primary` before a run."
        )
    yield from _unreachable(found)


def _unreachable(found: Sequence[Contrast]) -> Iterator[str]:
    """The pairs of arms in which no p can fall below `ALPHA` after Holm, whatever the data."""
    families: dict[str, list[Contrast]] = {}
    for one in found:
        if one.p_holm is not None and one.p_method == "exact":
            families.setdefault(one.family, []).append(one)
    out_of_reach = [cells for cells in families.values() if smallest_p(max(c.n for c in cells), len(cells)) > ALPHA]
    if out_of_reach:
        most = max(c.n for cells in out_of_reach for c in cells)
        sizes = sorted({len(cells) for cells in out_of_reach})
        over = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        least = smallest_p(most, sizes[0])
        pairs = ", ".join(f"{cells[0].arm} - {cells[0].other}" for cells in out_of_reach)
        where = "no pair of arms" if len(out_of_reach) == len(families) else f"none of {pairs}"
        yield (
            f"With {most} subjects a sign-flip p is never below {smallest_p(most, 1):.3g}; after Holm over {over} "
            f"outcomes it is never below {least:.3g}, so {where} can have a p below {ALPHA:g}. Read the intervals."
        )
