"""The clinical side-by-side as a part of the analysis."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.analysis.estimate import Estimate
from resynapse.analysis.part import Measurements, Part, PartTable
from resynapse.analysis.parts.orders import rank_orders
from resynapse.clinical.literature import literature
from resynapse.clinical.side_by_side import Beside, SideBySide, side_by_side


def _compute(run: Measurements) -> SideBySide | None:
    return side_by_side(run.cells, run.protocol, run.of(rank_orders))


def _estimates(found: SideBySide) -> Iterator[Estimate]:
    """The model's answers with every finding beside them; the statement on all of them comes first."""
    yield Estimate(part="clinical", quantity="statement", note=found.statement)
    for e in found.entries:
        cell = Estimate(part="clinical", arm=e.arm, condition=e.question)
        if e.model is None:
            yield cell.of("model", note=e.note)
        else:
            answer = f"model: {e.model.answer}"
            yield cell.of(answer, e.model.difference, e.model.interval, n=e.model.n, note=e.agreement)
        if e.findings:
            yield cell.of("share of draws", e.share_of_draws, p=e.p, note=e.drawn)
        for f in e.findings:
            yield cell.of(f"finding: {f.says}", f.share_of_draws, other=f.study, note="; ".join(f.figures))


def _beside(found: SideBySide) -> Iterator[str]:
    yield found.statement
    yield f"In tuning: {found.roles}."
    yield from found.limits
    yield from (f"No figure: {one}" for one in found.absent)
    yield from (f"Not shown: {one}" for one in found.omitted)
    for topic in found.topics:
        yield f"Disputed, no counterpart in a run: {topic.asks} {'; '.join(p.says for p in topic.positions)}."


def _model(entry: Beside) -> str:
    if not entry.can_be_asked:
        return "not answered"
    return entry.model.answer if entry.model else entry.note


CLINICAL = Part(
    name="clinical",
    title="Clinical side-by-side: directions only",
    compute=_compute,
    form=SideBySide | None,
    estimates=_estimates,
    tables=(
        PartTable[Beside](
            title="Clinical side-by-side: directions only",
            rows=lambda found: found.entries,
            columns={
                "question": lambda e: e.asks,
                "arm": lambda e: e.arm,
                "literature": lambda e: e.status,
                "model": _model,
                "yes": lambda e: "; ".join(f.study for f in e.findings if f.says == "yes"),
                "no": lambda e: "; ".join(f.study for f in e.findings if f.says == "no"),
                "share of draws (chance)": lambda e: (
                    "" if e.share_of_draws is None or e.chance is None else f"{e.share_of_draws:.2f} ({e.chance:.2f})"
                ),
                "agreement": lambda e: e.agreement,
                "draws": lambda e: e.drawn,
            },
        ),
    ),
    why_absent=lambda run: f"no arm is named {', '.join(literature().arms)}",
    beside=_beside,
    nothing=None,
)
