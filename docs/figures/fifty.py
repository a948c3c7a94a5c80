"""The tables of `docs/differences.md`: many subjects of ours beside the article, and beside the plain PyTorch twin.

`python docs/figures/fifty.py RUN_FOLDER TWIN_FOLDER` prints them as Markdown, of the subjects that are finished.

The run is one of `switch-relapse` (`resynapse run switch-relapse --subjects 50 --out RUN_FOLDER`), the other folder is
that of `python -m benchmarks.twin TWIN_FOLDER --subjects 20`. Both may have the untreated arm alone: `manic-switch` with
`--arms untreated`, and `--arms 1` of the twin.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.twin import read

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.numbers import number
from resynapse.publication.agreement import Agreement, Measured
from resynapse.publication.redrawn_cohorts import FEWEST, Placed, placed
from resynapse.publication.two_cohorts import Together, two_samples
from resynapse.report.sections.agreement import agreement_words

RESTORED = 99.0
"""Accuracy without noise below which a treated network counts as not restored."""
TREATED = ("ketamine", "ssri", "neurosteroid")


def own(found: Agreement) -> list[Measured]:
    """Measured cells that are results of their own, and the first and last look along each trajectory."""
    looks: dict[str, list[Measured]] = {}
    for one in found.measured:
        if one.standing.kind == "trajectory":
            looks.setdefault(one.standing.of, []).append(one)
    ends = [one for track in looks.values() for one in (track[0], track[-1])]
    return [one for one in found.measured if one.standing.kind == "own" or one in ends]


def against_the_article(found: Agreement, places: Placed) -> None:
    """Means and SDs cell by cell, and where the article stands among redrawn tens."""
    print(f"\n{places.subjects} subjects of ours against {places.published_subjects} of the article\n")
    print(
        "| arm | condition | outcome | article | ours | difference | ratio of SDs | mean: % of tens | SD: % of tens |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    by_key = {place.key: place for place in places.cells}
    for one in own(found):
        c, s = one.cell, one.spread
        if c.mean is None:
            continue
        place = by_key[Cell(c.arm, c.condition, c.outcome)]
        difference = f"{number(c.difference, signed=True)} {_ends(c.low, c.high)}"
        ratio = "" if s.ratio is None else f"{s.ratio:.2f} {_ends(s.low, s.high)}"
        row = (
            c.arm, c.condition, c.outcome, f"{number(c.published_mean)} ± {number(s.published_sd)}",
            f"{number(c.mean)} ± {number(c.sd)}", difference, ratio,
            f"{100 * place.mean_below:.0f}", f"{100 * place.sd_below:.0f}",
        )  # fmt: skip
        print("| " + " | ".join(row) + " |")
    print(
        f"\nOf {len(places.cells)} cells the article's mean is outside 95 % of redrawn tens in {places.means_apart} "
        f"(as many in {100 * places.means_apart_p:.0f} % of tens), its SD in {places.sds_apart} (as many in "
        f"{100 * places.sds_apart_p:.0f} %). Median ratio of SDs, ours over the article's: {places.ratio:.2f} "
        f"(p = {places.ratio_p:.3f} among redrawn tens)."
    )


def against_the_twin(
    names: Sequence[Cell], together: Together, published: dict[Cell, tuple[float, float | None]]
) -> None:
    """Means and SDs cell by cell; and the SD of the article beside both."""
    print(f"\n{together.n} subjects of ours against {together.other_n} of the PyTorch twin\n")
    print("| arm | condition | outcome | article | twin | ours | ours - twin | p | ratio of SDs | p of spread |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, one in zip(names, together.cells, strict=True):
        mean, sd = published.get(name, (None, None))
        ratio = "" if one.ratio is None else f"{one.ratio:.2f} {_ends(one.ratio_low, one.ratio_high)}"
        row = (
            *name, f"{number(mean)} ± {number(sd)}" if mean is not None else "",
            f"{number(one.other_mean)} ± {number(one.other_sd)}", f"{number(one.mean)} ± {number(one.sd)}",
            f"{number(one.difference, signed=True)} {_ends(one.low, one.high)}", _p(one.p), ratio, _p(one.spread_p),
        )  # fmt: skip
        print("| " + " | ".join(row) + " |")
    print(
        f"\nOf {len(together.cells)} cells, means are apart at 5 % in {together.means_apart} (at least as many in "
        f"{100 * together.means_p:.0f} % of permutations of subjects), spreads in {together.spreads_apart} "
        f"({100 * together.spreads_p:.0f} %)."
    )


def failures(cohort: str, columns: dict[Cell, np.ndarray]) -> None:
    """How many treated networks stay below `RESTORED` without noise, arm by arm, and the largest activations."""
    for arm in TREATED:
        column = columns.get(Cell(arm, "acute", "acc_standard"))
        if column is None:
            continue
        low = sorted(column[column < RESTORED])
        shown = ", ".join(f"{value:.1f}" for value in low)
        print(f"{cohort}, {arm}: {len(low)} of {len(column)} below {RESTORED:g} % without noise ({shown})")
    for arm in ("untreated", "ssri"):
        column = columns.get(Cell(arm, "acute", "activation_magnitude"))
        if column is not None:
            print(f"{cohort}, {arm}: largest activations {', '.join(f'{v:.3f}' for v in np.sort(column)[-4:])}")


def _ends(low: float | None, high: float | None) -> str:
    if low is None:
        return ""
    return f"[{number(low)}, {'no bound' if high is None else number(high)}]"


def _p(value: float | None) -> str:
    return "" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def main(run_folder: str, twin_folder: str) -> None:
    """Print everything."""
    run = rs.Run(run_folder)
    found, cells, twins = run.agreement(), Cells.of(run.table()), read(Path(twin_folder))
    print("\n".join(agreement_words(found)))
    counted = [m.cell for m in found.measured if m.standing.kind in ("own", "trajectory")]
    if len(cells.subjects) >= FEWEST:
        against_the_article(found, placed(counted, cells))
    names = [Cell(*name) for name in twins if name[2] not in SETTINGS and Cell(*name) in cells.keys]
    ours, theirs = cells.only(names).values, np.array([twins[name] for name in names]).T
    printed = {Cell(m.cell.arm, m.cell.condition, m.cell.outcome): m for m in found.measured}
    article = {name: (m.cell.published_mean, m.spread.published_sd) for name, m in printed.items()}
    against_the_twin(names, two_samples(ours, theirs), article)
    print()
    failures("ours", {name: ours[:, place] for place, name in enumerate(names)})
    failures("twin", {name: theirs[:, place] for place, name in enumerate(names)})


if __name__ == "__main__":
    main(*sys.argv[1:])
