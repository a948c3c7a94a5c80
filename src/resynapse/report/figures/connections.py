"""What pruning and regrowth did to the connections of one subject: layer matrices and degrees, computed again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resynapse.report.figures.style import INK, LINES, WIDTH, Drawn, panels
from resynapse.report.run_data import RunData
from resynapse.runs.retrace import Stage, structural_arm, too_much

TITLE = "Connections before and after"
PIXELS = 64
"""Most rows and columns of a drawn matrix; what is larger is counted in blocks."""
MOST_STAGES = 4
MOST_LAYERS = 5
STAGES = ("#9A9A9A", INK, "#5B5BD6", "#A8327D")
"""Colours of stages, none of them that of an arm."""


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return too_much(run_data.manifest, structural_arm(run_data.protocol))


def draw(run_data: RunData) -> Drawn:
    """A row of matrices a stage, and a row of degree distributions below."""
    arm, subject = structural_arm(run_data.protocol), int(run_data.cells.subjects[0])
    every = run_data.traced
    shown = every if len(every) <= MOST_STAGES else (*every[: MOST_STAGES - 1], every[-1])
    # a matrix in which everything is connected shows nothing
    pictured = [stage for stage in shown if not all(mask.all() for mask in stage.masks)]
    layers = min(len(shown[0].masks), MOST_LAYERS)
    rows = len(pictured) + 1
    figure, axes = panels(
        rows * layers, columns=layers, height=1, size=(WIDTH, 1.45 * len(pictured) + 2.0),
        gridspec_kw={"height_ratios": [1.0] * len(pictured) + [1.25]},
    )  # fmt: skip
    for row, stage in enumerate(pictured):
        for layer in range(layers):
            axis, mask = axes[row * layers + layer], stage.masks[layer]
            # the root makes a block with one connection in twenty visible
            axis.imshow(np.sqrt(blocks(mask)), cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.grid(visible=False)
            axis.set_title(f"{100 * mask.mean():.1f} % connected", fontsize=7)
            axis.spines[["top", "right"]].set_visible(True)
            if layer == 0:
                axis.set_ylabel(_name(stage), fontsize=7.5)
    for layer in range(layers):
        axis = axes[len(pictured) * layers + layer]
        for number, stage in enumerate(shown):
            degrees = np.sort(stage.masks[layer].sum(axis=1))[::-1]
            at = np.linspace(0, 100, len(degrees))
            axis.plot(at, degrees, color=STAGES[number], linestyle=LINES[number], label=_name(stage))
        units, inputs = shown[0].masks[layer].shape
        axis.set_yscale("symlog", linthresh=1)
        axis.set_ylim(-0.3, inputs * 2)
        axis.set_title(f"layer {layer + 1}: {inputs} to {units}", fontsize=7.5)
        axis.set_xlabel("units, most connected first (%)", fontsize=6.5)
        axis.tick_params(labelsize=6.5)
        if layer == 0:
            axis.set_ylabel("inputs of a unit", fontsize=7.5)
    last = axes[len(pictured) * layers]
    figure.legend(*last.get_legend_handles_labels(), loc="outside upper center", ncols=len(shown))
    shares = [100 * sum(m.sum() for m in s.masks) / sum(m.size for m in s.masks) for s in shown]
    told = "; ".join(f"{_name(s)} {share:.1f} % connected" for s, share in zip(shown, shares, strict=True))
    steps = "; ".join(s.step.phrase() for s in shown if s.step is not None)
    left = f" {len(every) - len(shown)} stages between are not drawn." if len(every) > len(shown) else ""
    return Drawn(
        figure=figure,
        caption=f"Connections of simulated subject {subject} in arm {arm}: {steps}. Above: each layer as a "
        "matrix of units (rows) and inputs (columns), in blocks; the darker, the more are connected. Below: inputs of "
        "each unit. A run keeps no networks, so this path was computed again from the manifest, with the same seed and "
        f"engine, which makes the same network.{left}",
        alt=f"Matrices of connections and degree curves of subject {subject}: {told}.",
    )


def blocks(mask: NDArray[np.bool_], most: int = PIXELS) -> NDArray[np.float64]:
    """The share of connections in each block of a matrix, at most `most` blocks each way."""
    rows, columns = (np.array_split(np.arange(n), -(-n // -(-n // most))) for n in mask.shape)
    return np.array([[mask[np.ix_(r, c)].mean() for c in columns] for r in rows])


def _name(stage: Stage) -> str:
    return "before" if stage.step is None else stage.step.past or f"after {stage.step.kind}"
