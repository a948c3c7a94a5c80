"""The manic probe and the activation of each arm, subject by subject."""

from __future__ import annotations

from resynapse.analysis.cells import Cell
from resynapse.protocol.facts import facts_of
from resynapse.report.figures.dots import marks, rows_of_arms
from resynapse.report.figures.lines import headed
from resynapse.report.figures.notes import PROBE, not_drawn, switch_note
from resynapse.report.figures.style import Drawn, fitted, look, of_all, panels
from resynapse.report.run_data import RunData

TITLE = "Manic probe and activation"
MOST = 6


def lacks(run_data: RunData) -> str:
    """Why there is no such figure; empty if there is."""
    return "" if _shown(run_data) else "neither acc_biased_* nor activation_magnitude is measured at a condition"


def _shown(run_data: RunData) -> list[tuple[str, str]]:
    keys = dict.fromkeys((k.condition, k.outcome) for k in run_data.cells.keys if "=" not in k.condition)
    of_probe = {name: facts_of(name, run_data.protocol).family == PROBE for name in {name for _, name in keys}}
    return [k for k in keys if of_probe[k[1]] or k[1] == "activation_magnitude"]


def draw(run_data: RunData) -> Drawn:
    """One panel a condition and outcome: subjects as points, mean with interval beside them."""
    every = _shown(run_data)
    figure, axes = panels(len(every[:MOST]), height=2.1)
    told, numbers = [], []
    for axis, key in zip(axes, every, strict=False):
        arms = [arm for arm in run_data.drawn if Cell(arm, *key) in run_data.described]
        axis.set(title=headed(run_data.title(*key), 34), xlabel=run_data.axis(key[1]))
        rows_of_arms(axis, [(run_data.arm_title(arm), look(arm, run_data.drawn)) for arm in arms])
        if run_data.unit(key[1]).strip() == "%":
            axis.set_xlim(-3, 103)
        said = []
        for place, arm in enumerate(arms):
            cell = Cell(arm, *key)
            found, values = run_data.described[cell], run_data.cells.column(*cell)
            assert values is not None
            marks(axis, place, values, found.mean, found.interval, look(arm, run_data.drawn))
            said.append(f"{run_data.arm_title(arm)} {found.mean:.3g}")
            ends = {"low": found.interval.low, "high": found.interval.high}
            numbers.append({**cell._asdict(), "mean": found.mean, **ends, "n": found.n})
        told.append(f"{run_data.title(*key)}: {', '.join(said)}")
    fitted(axes, len(every[:MOST]))
    left = not_drawn([run_data.title(*key) for key in every[MOST:]])
    return Drawn(
        figure=figure,
        caption="The manic probe (accuracy under internal noise with a mean above 0; lower is worse) and the "
        f"activation magnitude. Pale dots: {of_all(len(run_data.cells.subjects))}; on them the mean and its 95 % "
        f"interval where there is one. A low accuracy is not mania.{left}",
        alt=f"Points of each arm with means. {'; '.join(told)}.",
        note=switch_note(run_data, (outcome for _, outcome in every)),
        numbers=numbers,
    )
