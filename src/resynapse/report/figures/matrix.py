"""Every conclusion in every scenario, as a picture that can be read at a glance."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from resynapse.audits.audit import Audit
from resynapse.audits.findings import Status
from resynapse.audits.matrix import MatrixCell
from resynapse.report.figures.inline import inline
from resynapse.report.figures.style import GREY, INK, WIDTH, Drawn, panels, render, styled
from resynapse.report.page.section import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADING = "Conclusions under each control"
LOOKS: dict[Status, tuple[str, str, str]] = {
    "holds": ("#1B8A5A", "o", "holds"),
    "open": ("#C79A2B", "D", "not shown either way"),
    "fails": ("#B23A1A", "X", "fails"),
    "missing": ("#9A9A9A", "_", "cannot be read"),
}
ROLES = ("nuisance", "ablation", "sweep", "reference")
"""Those that decide verdicts come first."""
_ROW = 0.165
_COLUMN = 24
"""Letters of a scenario's name."""


def matrix_pictures(audit: Audit) -> tuple[Picture, ...]:
    """The matrix as a picture of a page; none where no scenario touches a claim."""
    if not audit.matrix:
        return ()
    drawn = matrix(audit)
    svg = inline(render(drawn, "svg"), "matrix", drawn.alt)
    return (Picture(name="matrix", title=HEADING, caption=drawn.caption, svg=svg),)


def matrix(audit: Audit) -> Drawn:
    """Claims down, scenarios across; large marks are conclusions that change."""
    cells = audit.matrix
    order = [entry.id for entry in audit.claims]
    claims = sorted(dict.fromkeys(cell.claim for cell in cells), key=lambda name: order.index(name.partition("/")[0]))
    scenarios = sorted(dict.fromkeys((cell.role, cell.scenario) for cell in cells), key=lambda one: ROLES.index(one[0]))
    with styled():
        figure, (axis,) = panels(1, columns=1, height=1, size=(WIDTH, _ROW * len(claims) + 1.9))
        for cell in cells:
            _mark(axis, cell, scenarios.index((cell.role, cell.scenario)), claims.index(cell.claim))
        axis.set_xticks(
            range(len(scenarios)), [textwrap.shorten(name, _COLUMN, placeholder="…") for _, name in scenarios]
        )
        axis.tick_params(axis="x", labeltop=True, labelbottom=False, labelsize=6.5, length=0, labelrotation=90)
        axis.set_yticks(range(len(claims)), [claim.replace("/", ", ") for claim in claims], fontsize=6.5)
        axis.tick_params(axis="y", length=0)
        axis.set(xlim=(-0.6, len(scenarios) - 0.4), ylim=(len(claims) - 0.4, -0.6))
        axis.spines[["left", "bottom"]].set_visible(False)
        for place in range(1, len(scenarios)):
            if scenarios[place][0] != scenarios[place - 1][0]:
                axis.axvline(place - 0.5, color=GREY, linewidth=0.9)
        for role in dict.fromkeys(role for role, _ in scenarios):
            places = [place for place, (other, _) in enumerate(scenarios) if other == role]
            axis.annotate(role, (sum(places) / len(places), len(claims) - 0.3), ha="center", va="top", fontsize=7.5,
                          color=INK, annotation_clip=False)  # fmt: skip
        for status, (colour, marker, said) in LOOKS.items():
            if any(cell.after == status for cell in cells):
                axis.plot([], [], color=colour, marker=marker, linestyle="none", label=said)
        figure.legend(*axis.get_legend_handles_labels(), loc="outside upper left", ncols=4)
    changed = [cell for cell in cells if cell.changed]
    lost = {cell.claim for cell in changed if cell.before == "holds"}
    return Drawn(
        figure=figure,
        caption=f"Each row is a conclusion in one reading, each column a control. A large mark is another conclusion "
        f"than in the run itself ({len(changed)} of {len(cells)}); a small one is the same. Empty: the control does "
        "not touch it. Nuisance controls decide verdicts, ablations say what an effect is due to, sweeps give "
        "the range.",
        alt=f"Matrix of {len(claims)} conclusions under {len(scenarios)} controls: {len(changed)} of {len(cells)} "
        "change; "
        f"{len(lost)} that hold in the run are lost somewhere{f', {chr(44).join(sorted(lost))}' if lost else ''}.",
        numbers=[
            {"claim": c.claim, "control": c.scenario, "role": c.role, "as_run": c.before, "here": c.after}
            for c in cells
        ],
    )


def _mark(axis: Axes, cell: MatrixCell, across: int, down: int) -> None:
    colour, marker, _ = LOOKS[cell.after]
    size, alpha = (5.5, 1.0) if cell.changed else (2.2, 0.55)
    axis.plot(across, down, color=colour, marker=marker, markersize=size, alpha=alpha)
