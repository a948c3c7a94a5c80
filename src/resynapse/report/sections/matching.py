"""A matching as tables and sentences."""

from __future__ import annotations

from resynapse.analysis.numbers import number
from resynapse.attribution.matched import Basis, Matching
from resynapse.report.page.tables import TextTable


def matching_tables(found: Matching) -> list[TextTable]:
    """The ladder, and one table an outcome."""
    rungs = tuple((r.arm, number(r.rate), number(r.change), number(r.loss)) for r in (found.target, *found.rungs))
    ladder = TextTable(
        f"{found.matched} along its learning rate, beside {found.fixed}: means at the end of treatment",
        ("arm", "learning rate", "change of surviving connections", "training loss"),
        rungs,
    )
    header = ("basis", found.first, found.second, "difference [95 %]", "n", "out of range")
    return [
        ladder,
        *(TextTable(f"{one.name}: {found.first} minus {found.second}", header, tuple(map(_row, one.bases))) for one in
          found.outcomes),
    ]  # fmt: skip


def matching_sentences(found: Matching) -> list[str]:
    """What is compared, and what is not."""
    said = [
        f"{found.matched} is moved along its learning rate; each subject is read off where its measure equals that of "
        f"{found.fixed}, between rungs on a straight line. Exposure is rate times epochs, change the mean abs(dw) of "
        "connections that are live before and after treatment, loss the cross-entropy on the training set.",
    ]
    for one in found.outcomes:
        for basis in one.bases:
            if basis.beyond:
                rest = "; the others are a selection" if basis.n else ", so that nothing can be said"
                of = f"{basis.beyond} of {basis.n + basis.beyond} subjects"
                said.append(f"{one.name}, {basis.basis}: the ladder does not reach {found.fixed} in {of}{rest}.")
    return said


def _row(basis: Basis) -> tuple[str, ...]:
    shown = "-" if basis.difference is None else number(basis.difference, signed=True)
    if basis.low is not None and basis.high is not None:
        shown += f" [{number(basis.low, signed=True)}, {number(basis.high, signed=True)}]"
    means = (number(basis.first) or "-", number(basis.second) or "-")
    return (basis.basis, *means, shown, str(basis.n), str(basis.beyond))
