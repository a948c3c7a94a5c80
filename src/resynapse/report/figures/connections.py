"""What pruning and regrowth did to the connections of one subject: layer matrices and degrees, computed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resynapse.report.figures.lines import spread
from resynapse.report.figures.style import GREY, INK, LINES, WIDTH, Drawn, at_most, panels, stacked
from resynapse.report.run_data import RunData
from resynapse.runs.retrace import Stage, structural_arm, too_much

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Connections before and after"
PIXELS = 64
"""Most rows and columns of a drawn matrix; what is larger is counted in blocks."""
MOST_STAGES = 4
MOST_LAYERS = 5
STAGES = (GREY, INK, "#5B5BD6", "#A8327D")
"""Colours of stages, none of them that of an arm."""


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return too_much(run_data.manifest, structural_arm(run_data.protocol))


def draw(run_data: RunData) -> Drawn:
    """A row a layer: its matrix after each stage, and the degrees of its units."""
    arm, subject = structural_arm(run_data.protocol), int(run_data.cells.subjects[0])
    every = run_data.traced
    shown = every if len(every) <= MOST_STAGES else (*every[: MOST_STAGES - 1], every[-1])
    # a matrix in which everything is connected shows nothing
    pictured = [stage for stage in shown if not all(mask.all() for mask in stage.masks)]
    layers = min(len(shown[0].masks), MOST_LAYERS)
    columns = len(pictured) + 1
    across = WIDTH / 2 if stacked() else WIDTH
    with at_most(columns):
        figure, axes = panels(
            columns * layers, columns=columns, height=1, size=(across, 1.3 * layers),
            gridspec_kw={"width_ratios": [1.0] * len(pictured) + [1.4]},
        )  # fmt: skip
    for layer in range(layers):
        *matrices, curves = axes[layer * columns : (layer + 1) * columns]
        units, inputs = shown[0].masks[layer].shape
        for axis, stage in zip(matrices, pictured, strict=True):
            mask = stage.masks[layer]
            # the root makes a block with one connection in twenty visible
            axis.imshow(np.sqrt(blocks(mask)), cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.grid(visible=False)
            axis.set_title(f"{_name(stage)}\n{100 * mask.mean():.1f} %", fontsize=6.5, fontweight="normal")
            axis.spines[["top", "right"]].set_visible(True)
        axes[layer * columns].set_ylabel(f"layer {layer + 1}: {inputs} to {units}", fontsize=6.5, fontweight="bold")
        _degrees(curves, [(stage, np.sort(stage.masks[layer].sum(axis=1))[::-1]) for stage in shown], inputs)
        if layer == layers - 1:
            curves.set_xlabel("units, most connected first (%)", fontsize=6.5, loc="right")
    shares = [100 * sum(m.sum() for m in s.masks) / sum(m.size for m in s.masks) for s in shown]
    told = "; ".join(f"{_name(s)} {share:.1f} % connected" for s, share in zip(shown, shares, strict=True))
    steps = "; ".join(s.step.phrase() for s in shown if s.step is not None)
    left = f" {len(every) - len(shown)} stages between are not drawn." if len(every) > len(shown) else ""
    return Drawn(
        figure=figure,
        caption=f"Connections of simulated subject {subject}, {run_data.arm_title(arm)}: {steps}. A row is a layer, "
        "each matrix its units (rows) and inputs (columns), in blocks; the darker, the more are connected, and the "
        "share that is. On the right: inputs of each unit. A run keeps no networks, so this path was computed again "
        f"from the manifest, with the same seed and engine, which makes the same network.{left}",
        alt=f"Matrices of connections and degree curves of subject {subject}: {told}.",
    )


def _degrees(axis: Axes, stages: Sequence[tuple[Stage, NDArray[np.int64]]], inputs: int) -> None:
    """How many inputs each unit has, a curve a stage with its name at the end."""
    axis.set_yscale("symlog", linthresh=1)
    axis.set_ylim(-0.3, inputs * 2)
    axis.set_xlim(0, 100)
    axis.tick_params(labelsize=6)
    axis.set_title("inputs of a unit", fontsize=6.5, fontweight="normal")
    ends = []
    for number, (_, degrees) in enumerate(stages):
        at = np.linspace(0, 100, len(degrees))
        axis.plot(at, degrees, color=STAGES[number], linestyle=LINES[number])
        end = axis.transAxes.inverted().transform(axis.transData.transform((100, degrees[-1])))
        ends.append((float(end[1]), 0.14))
    for number, ((stage, _), place) in enumerate(zip(stages, spread(ends, 0.0, 1.0), strict=True)):
        axis.annotate(_name(stage), (1.04, place), xycoords="axes fraction", fontsize=6.5, color=STAGES[number],
                      va="center", annotation_clip=False)  # fmt: skip


def blocks(mask: NDArray[np.bool_], most: int = PIXELS) -> NDArray[np.float64]:
    """The share of connections in each block of a matrix, at most `most` blocks each way."""
    rows, columns = (np.array_split(np.arange(n), -(-n // -(-n // most))) for n in mask.shape)
    return np.array([[mask[np.ix_(r, c)].mean() for c in columns] for r in rows])


def _name(stage: Stage) -> str:
    return "before" if stage.step is None else stage.step.past or f"after {stage.step.kind}"
