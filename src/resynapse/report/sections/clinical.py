"""The clinical side-by-side as a section: both sides of every question, and what must be said with it."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.analysis.numbers import interval_text, number, p_value
from resynapse.clinical.literature import literature
from resynapse.clinical.side_by_side import Beside, SideBySide
from resynapse.report.page.section import Section
from resynapse.report.page.tables import TextTable


def clinical_section(side: SideBySide | None) -> Section:
    """Question by question; empty where no arm names a class of treatment."""
    if side is None:
        return Section(title="Beside clinical findings")
    groups: dict[str, list[Beside]] = {}
    for entry in side.entries:
        groups.setdefault(entry.asks, []).append(entry)
    return Section(
        title="Beside clinical findings",
        sentences=(side.statement, f"{side.roles[0].upper()}{side.roles[1:]}."),
        parts=(
            *(_question(asks, entries) for asks, entries in groups.items()),
            _switch(side),
            _topics(side),
            Section(title="Studies on a side of a question that are not shown", points=side.omitted),
            Section(title="Questions without a clinical figure", points=side.absent),
            Section(title="What holds for every comparison", points=side.limits),
            Section(title="What is not compared, and why", points=side.not_compared),
            Section(
                title="Figures left out because they were not verified",
                points=side.left_out or ("none",),
            ),
        ),
    )


def _question(asks: str, entries: list[Beside]) -> Section:
    first = entries[0]
    answers = tuple(
        (
            entry.arm,
            _answer(entry),
            _read(entry),
            entry.agreement,
            "" if entry.share_of_draws is None else f"{entry.share_of_draws:.2f}",
            "" if entry.chance is None else f"{entry.chance:.2f}",
            p_value(entry.p),
            entry.drawn,
        )
        for entry in entries
    )
    asked = ("arm", "model", "difference", "agreement", "share of draws", "chance", "p", "which findings")
    found = ("says", "study", "figures", "population", "remark", "can be drawn", "beside", "source")
    status = f"In the literature read here: {_status(entries)}."
    return Section(
        title=asks,
        sentences=(f"{status} The model's answer is read as: {first.model_reads}.",),
        points=first.remarks,
        tables=(
            TextTable(f"The model's answer: {asks}", asked, answers),
            TextTable(f"What was found: {asks}", found, tuple(_findings(entries))),
        ),
    )


def _status(entries: list[Beside]) -> str:
    found = dict.fromkeys(entry.status for entry in entries)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{status} for {', '.join(e.arm for e in entries if e.status == status)}" for status in found)


def _answer(entry: Beside) -> str:
    if not entry.can_be_asked:
        return "not asked"
    return entry.model.answer if entry.model else f"no answer: {entry.note}"


def _read(entry: Beside) -> str:
    model = entry.model
    if model is None:
        return ""
    chosen = f"{model.n} of {model.selected_from}" if model.n != model.selected_from else str(model.n)
    return (
        f"{number(model.difference, signed=True)} {interval_text(model.interval)}, {model.subjects_yes} subjects yes, "
        f"n = {chosen}"
    )


def _findings(entries: list[Beside]) -> Iterator[tuple[str, ...]]:
    """Each finding once, those that say yes before those that say no."""
    arms: dict[str, list[str]] = {}
    for entry in entries:
        for finding in entry.findings:
            arms.setdefault(finding.study, []).append(entry.arm)
    once = {finding.study: finding for entry in entries for finding in entry.findings}
    for finding in sorted(once.values(), key=lambda f: f.says != "yes"):
        yield (
            finding.says,
            finding.study,
            "; ".join(finding.figures),
            "; ".join(finding.populations),
            finding.statement,
            f"no: {finding.not_drawn}" if finding.not_drawn else "yes",
            ", ".join(arms[finding.study]),
            "; ".join((*finding.citations, *finding.identifiers)),
        )


def _topics(side: SideBySide) -> Section:
    """What is disputed and has no counterpart in a run, side by side."""
    rows = tuple(
        (topic.asks, position.says, "; ".join(position.shown), "; ".join(position.citations))
        for topic in side.topics
        for position in topic.positions
    )
    return Section(
        title="Disputed, and not comparable with a run",
        points=tuple(f"{topic.asks} {topic.why_not} {topic.missing}".strip() for topic in side.topics),
        tables=(TextTable("Disputed topics without a counterpart", ("topic", "side", "figures", "source"), rows),),
    )


def _switch(side: SideBySide) -> Section:
    title = "The model's own order under the manic probe"
    rows = tuple(
        (o.condition, str(order), f"{order.subjects} of {o.n}", f"{o.chance:.1f}")
        for o in side.switch_order
        for order in o.orders
    )
    if not rows:
        return Section(title=title)
    return Section(
        title=title,
        sentences=(literature().switch_order_note,),
        tables=(TextTable("Orders under the manic probe", ("condition", "order", "subjects", "chance %"), rows),),
    )
