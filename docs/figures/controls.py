"""The tables of `docs/controls.md`: every control of a run beside its arms, and relapse at every threshold.

`python docs/figures/controls.py RUN_FOLDER` prints them.

The run is one of `switch-relapse` with controls; an arm that a control leaves as it is has no row there.
"""

from __future__ import annotations

import sys

import polars as pl

import resynapse as rs

ARMS = ("untreated", "ketamine", "ssri", "neurosteroid")
ACUTE = ("acc_combined", "acc_internal_2.5", "acc_biased_1.0", "relapse_drop")
LATER = ("acc_biased_1.0", "manic_relapse")
"""After discontinuation, averaged over the durations of maintenance within the subject."""


def means(table: pl.DataFrame) -> dict[tuple[str, str, bool], str]:
    """Mean and SD over subjects of every (arm, outcome, whether after discontinuation)."""
    later = pl.col("condition").str.starts_with("maintenance=")
    kept = table.filter(later | (pl.col("condition") == "acute")).with_columns(later=later)
    each = kept.group_by("arm", "outcome", "later", "subject").agg(pl.col("value").mean())
    rows = each.group_by("arm", "outcome", "later").agg(mean=pl.col("value").mean(), sd=pl.col("value").std())
    return {
        (r["arm"], r["outcome"], r["later"]): f"{r['mean']:.1f}" + ("" if r["sd"] is None else f" ± {r['sd']:.1f}")
        for r in rows.iter_rows(named=True)
    }


def main(folder: str) -> None:
    """Print the tables."""
    table = rs.Run(folder).table()
    found = means(table)
    arms = table["arm"].unique(maintain_order=True).to_list()
    controls = dict.fromkeys(arm.partition(":")[2] for arm in arms)
    columns = [(outcome, False) for outcome in ACUTE] + [(outcome, True) for outcome in LATER]
    print("| | arm |", " | ".join(f"{o} after discontinuation" if later else o for o, later in columns), "|")
    print("|---" * (len(columns) + 2) + "|")
    for control in controls:
        for arm in ARMS:
            name = f"{arm}:{control}" if control else arm
            if name in arms:
                cells = [found.get((name, outcome, later), "-") for outcome, later in columns]
                print(f"| {control or 'as run'} | {arm} |", " | ".join(cells), "|")
    swept = [o for o in table["outcome"].unique(maintain_order=True) if o.startswith("manic_relapse_below_")]
    if swept:
        print("\n| manic_relapse below |", " | ".join(ARMS), "|\n|---" + "|---" * len(ARMS) + "|")
        below = {outcome.rpartition("_")[2]: outcome for outcome in swept} | {"60": "manic_relapse"}
        for threshold in sorted(below, key=float):
            shares = (found.get((arm, below[threshold], True), "-") for arm in ARMS)
            print(f"| {threshold} |", " | ".join(shares), "|")


if __name__ == "__main__":
    main(sys.argv[1])
