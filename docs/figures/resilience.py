"""Draw the README's picture from a run: `python docs/figures/resilience.py RUN_FOLDER` writes resilience.png beside this file."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import polars as pl

import resynapse as rs

mpl.use("Agg")
import matplotlib.pyplot as plt

# Okabe and Ito's colours, told apart without colour vision; markers differ too
STYLE = {
    "untreated": ("#555555", "s"),
    "ketamine": ("#0072B2", "o"),
    "ssri": ("#D55E00", "^"),
    "neurosteroid": ("#009E73", "D"),
}
NOISE = (0.0, 0.5, 1.0, 1.5, 2.5)


def draw(run: rs.Run, target: Path) -> None:
    """Accuracy under internal noise, and under biased noise along maintenance: means and single subjects."""
    table = run.table()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained")
    durations = sorted(int(c.split("=")[1]) for c in table["condition"].unique() if c.startswith("maintenance="))
    for arm, (colour, marker) in STYLE.items():
        for axis, cells in (
            (left, [(x, "acute", f"acc_internal_{x}") for x in NOISE]),
            (right, [(float(d), f"maintenance={d}", "acc_biased_1.0") for d in durations]),
        ):
            rows = [table.filter(arm=arm, condition=c, outcome=o).sort("subject") for _, c, o in cells]
            if rows[0].is_empty():
                continue
            x = [c[0] for c in cells]
            for subject in rows[0]["subject"]:
                values = [r.filter(subject=subject)["value"][0] for r in rows]
                axis.plot(x, values, color=colour, alpha=0.22, linewidth=0.8)
            means = [r.select(pl.col("value").mean()).item() for r in rows]
            axis.plot(
                x,
                means,
                color=colour,
                marker=marker,
                markersize=5,
                linewidth=2,
                label=f"{arm}-like" if arm != "untreated" else arm,
            )
    left.set(xlabel="internal noise (sd)", ylabel="accuracy (%)", title="After treatment, drug on")
    right.set(xlabel="maintenance (epochs)", ylabel="accuracy under biased noise (%)", title="After discontinuation")
    right.axhline(60, color="black", linewidth=0.8, linestyle=":")
    right.annotate("relapse below 60", (durations[-1], 60), ha="right", va="bottom", fontsize=8)
    for axis in (left, right):
        axis.set_ylim(0, 102)
        axis.axhline(25, color="grey", linewidth=0.6)
        axis.annotate("chance", (0.01, 25), xycoords=("axes fraction", "data"), va="bottom", fontsize=7, color="grey")
        axis.spines[["top", "right"]].set_visible(False)
    left.legend(frameon=False, fontsize=8, loc="lower left", ncols=2)
    subjects = table["subject"].n_unique()
    figure.supxlabel(
        f"{run.protocol.name}, {subjects} simulated networks (thin: each, thick: mean). {rs.DISCLAIMER.split(';')[0]}; not clinical advice.",
        fontsize=7,
    )
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    draw(rs.Run(sys.argv[1]), Path(__file__).with_suffix(".png"))
