"""How often the model's direction is that of clinical findings, counted."""

from __future__ import annotations

from dataclasses import replace

from resynapse.clinical.side_by_side import Direction, SideBySide
from resynapse.report.page.section import Section
from resynapse.report.sections.clinical import clinical_section


def beside_findings(side: SideBySide | None) -> Section:
    """The clinical section with its counts first and its questions folded."""
    made = clinical_section(side)
    if side is None:
        return made
    return replace(
        made,
        sentences=(counts(side), *made.sentences),
        parts=tuple(replace(part, folded=True) for part in made.parts),
    )


def counts(side: SideBySide) -> str:
    """What was asked, what was answered, and on which side."""
    answered = [e for e in side.entries if e.model is not None and e.model.answer != "undecided"]
    directions = [e.direction for e in answered]
    of = (Direction.SAME, Direction.OPPOSITE, Direction.CONTESTED, Direction.NO_FIGURE)
    same, opposite, contested, nothing = (directions.count(one) for one in of)
    floored = sum(not e.can_be_asked for e in side.entries)
    return (
        f"Beside clinical findings, directions only: of {len(side.entries)} questions to an arm the run answers "
        f"{len(answered)}, and {floored} cannot be asked of it as a state is at chance. {same} in the direction "
        f"of every finding, {opposite} opposite to every finding, {contested} where findings disagree with each other, "
        f"{nothing} where no clinical figure was found. Agreement is cheap: a direction has two sides, and the model "
        "gives one answer however many findings it is set beside."
    )
