"""Draw the picture of docs/randomness.md from a run: `python docs/figures/randomness.py RUN_FOLDER` writes randomness.png here."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

import resynapse as rs
from resynapse.randomness import Key, normals

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

UNITS, SAMPLES = 12, 24
KEPT = (1, 4, 5, 9)
"""Units that a pruned network still has, in the right-hand strip."""
OUTCOME = "acc_internal_1.5"


def noise(subject: int) -> np.ndarray:
    """Noise of the first units and samples at the assessment of a subject."""
    return normals(Key(0, subject, f"assess/acute/{OUTCOME}/internal"), UNITS, SAMPLES)


def strips(axes: list[Axes]) -> None:
    """The same corner of noise, asked for by different arms, networks and subjects."""
    one = noise(3)
    pruned = np.full_like(one, np.nan)
    pruned[list(KEPT)] = one[list(KEPT)]
    for axis, (title, values) in zip(
        axes,
        (
            ("subject 3, arm ketamine", one),
            ("subject 3, arm ssri", noise(3)),
            ("subject 3, most units pruned", pruned),
            ("subject 4, any arm", noise(4)),
        ),
        strict=True,
    ):
        axis.imshow(values, cmap="PuOr", vmin=-2.5, vmax=2.5, aspect="auto", interpolation="nearest")
        axis.set_title(title, fontsize=8, loc="left", pad=3)
        axis.set(xticks=[], yticks=[], ylabel="unit")
    axes[-1].set_xlabel("sample")


def slopes(axis: Axes, run: rs.Run, arms: tuple[str, str]) -> None:
    """Each subject in both arms, and how much the difference varies with and without its partner."""
    table = run.table().filter(condition="acute", outcome=OUTCOME)
    wide = table.pivot("arm", index="subject", values="value").sort("subject")
    first, second = (wide[arm].to_numpy() for arm in arms)
    for pair in zip(first, second, strict=True):
        axis.plot((0, 1), pair, color="#0072B2", alpha=0.5, linewidth=1, marker="o", markersize=3)
    paired = np.std(first - second, ddof=1)
    unpaired = np.sqrt(np.var(first, ddof=1) + np.var(second, ddof=1))
    axis.set_xticks((0, 1), [arm.replace(":", ":\n") for arm in arms], fontsize=8)
    axis.set(xlim=(-0.3, 1.3))
    axis.set_title(f"SD of the difference\npaired {paired:.1f}\nunrelated {unpaired:.1f}", fontsize=8, loc="left")
    axis.spines[["top", "right"]].set_visible(False)


def draw(run: rs.Run, target: Path) -> None:
    """One address is one number (left), so arms can be subtracted within subjects (right)."""
    figure = plt.figure(figsize=(8.4, 4.8), layout="constrained")
    grid = figure.add_gridspec(4, 3, width_ratios=(1.7, 1, 1))
    strips([figure.add_subplot(grid[row, 0]) for row in range(4)])
    much = figure.add_subplot(grid[:, 1])
    little = figure.add_subplot(grid[:, 2], sharey=much)
    slopes(much, run, ("ssri", "ssri:no-gain"))
    slopes(little, run, ("ketamine", "ssri"))
    much.set_ylabel("accuracy under internal noise 1.5 (%)", fontsize=8)
    little.tick_params(labelleft=False)
    subjects = run.table()["subject"].n_unique()
    figure.supxlabel(
        f"Left: noise of an assessment, by address. Right: {run.protocol.name}, {subjects} simulated networks, ketamine-like and ssri-like.\n"
        f"{rs.DISCLAIMER.split(';')[0]}; not clinical advice.",
        fontsize=7,
    )
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    draw(rs.Run(sys.argv[1]), Path(__file__).with_suffix(".png"))
