"""Every conclusion in every scenario, as a picture that can be read at a glance."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resynapse.audits.audit import Audit
from resynapse.audits.findings import Status
from resynapse.audits.matrix import MatrixCell
from resynapse.report.figures.stack import stack
from resynapse.report.figures.style import GREY, INK, WIDTH, Drawn, at_most, panels, stacked, styled
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
MOST = 24
"""Scenarios of a panel, as many as a narrow screen can tell apart."""
FOOT = 4.4
"""Rows below the claims, for roles and for what the marks mean."""
_ROW = 0.165
_COLUMN = 34
"""Letters of a scenario's name."""


def matrix_pictures(audit: Audit) -> tuple[Picture, ...]:
    """The matrix as a picture of a page; none where no scenario touches a claim."""
    if not audit.matrix:
        return ()
    with at_most(1):
        drawn = matrix(audit)
        svg = stack(drawn, "matrix")
    return (Picture(name="matrix", title=HEADING, caption=drawn.caption, svg=svg),)


def matrix(audit: Audit) -> Drawn:
    """Claims down, scenarios across; large marks are conclusions that change."""
    cells = audit.matrix
    order = [entry.id for entry in audit.claims]
    claims = sorted(dict.fromkeys(cell.claim for cell in cells), key=lambda name: order.index(name.partition("/")[0]))
    scenarios = sorted(dict.fromkeys((cell.role, cell.scenario) for cell in cells), key=lambda one: ROLES.index(one[0]))
    parts = [scenarios[begin : begin + MOST] for begin in range(0, len(scenarios), MOST)]
    across = WIDTH / 2 if stacked() else WIDTH
    with styled():
        figure, axes = panels(
            len(parts), columns=1, height=1, size=(across, (_ROW * (len(claims) + FOOT) + 1.3) * len(parts))
        )
        for axis, part in zip(axes, parts, strict=True):
            _panel(axis, [cell for cell in cells if (cell.role, cell.scenario) in part], part, claims)
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


def _panel(axis: Axes, cells: Sequence[MatrixCell], scenarios: list[tuple[str, str]], claims: list[str]) -> None:
    """Some scenarios, their names above, their roles below, and at the foot what the marks mean."""
    from matplotlib.lines import Line2D

    marks: dict[tuple[Status, bool], list[tuple[int, int]]] = {}
    for cell in cells:
        place = scenarios.index((cell.role, cell.scenario)), claims.index(cell.claim)
        marks.setdefault((cell.after, cell.changed), []).append(place)
    for (status, changed), places in marks.items():
        colour, marker, _ = LOOKS[status]
        size, alpha = (5.0, 1.0) if changed else (2.2, 0.55)
        axis.plot(*zip(*places, strict=True), color=colour, marker=marker, markersize=size, alpha=alpha,
                  linestyle="none")  # fmt: skip
    axis.set_xticks(range(len(scenarios)), [textwrap.shorten(name, _COLUMN, placeholder="…") for _, name in scenarios])
    axis.xaxis.set_ticks_position("top")
    axis.tick_params(axis="x", labelsize=6.5, labelrotation=90)
    axis.tick_params(axis="both", length=0)
    axis.set_yticks(range(len(claims)), [claim.replace("/", ", ") for claim in claims], fontsize=6.5)
    axis.set(xlim=(-0.6, len(scenarios) - 0.4), ylim=(len(claims) + FOOT, -0.6))
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.grid(visible=False, axis="x")
    for column in range(1, len(scenarios)):
        if scenarios[column][0] != scenarios[column - 1][0]:
            axis.vlines(column - 0.5, -0.6, len(claims) - 0.4, color=GREY, linewidth=0.9)
    for role in dict.fromkeys(role for role, _ in scenarios):
        at = [place for place, (other, _) in enumerate(scenarios) if other == role]
        axis.annotate(role, (sum(at) / len(at), len(claims) - 0.3), ha="center", va="top", fontsize=6.5, color=INK,
                      rotation=90 if 2 * len(at) < len(role) else 0)  # fmt: skip
    shown: list[Any] = [
        Line2D([], [], color=colour, marker=marker, markersize=4, linestyle="none", label=said)
        for status, (colour, marker, said) in LOOKS.items()
        if any(key[0] == status for key in marks)
    ]
    axis.legend(handles=shown, loc="lower right", bbox_to_anchor=(1.0, 0.0), ncols=len(shown), fontsize=6.5,
                borderaxespad=0, borderpad=0, handletextpad=0.1, columnspacing=1.2).set_in_layout(False)  # fmt: skip
