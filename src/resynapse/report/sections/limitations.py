"""What a run cannot say: limitations of the model, and those of this run."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.clinical.literature import literature
from resynapse.report.page.section import Section
from resynapse.report.run_data import RunData
from resynapse.runs.provenance import engine_remark

OF_THE_MODEL = (
    "A subject is a simulated network: a draw of weights, data and noise. It has no life events, sleep, comorbidity, "
    "adherence, psychotherapy or physician. The names of arms name mechanisms in the model, not substances.",
    "More subjects narrow the intervals of this one set of parameters; they are no more people, and p-values shrink at "
    "will. No interval here covers the uncertainty of the parameters or of the model itself.",
    "Mechanisms were written to act as they do. That one acts faster, or longer, than another is an assumption, no "
    "result.",
    "Thresholds, strengths of noise and durations were chosen by modellers. Absolute shares of relapse, remission or "
    "switch follow from these choices.",
    "Internal noise of a fixed size (acc_internal, acc_combined, acc_biased and all that is derived from them) "
    "measures how large activity is, not only what a network computes. With ReLU, the weights into a unit can be "
    "multiplied by a number and those out of it divided by it: no answer changes, but the noise is smaller beside the "
    "signal. One trained network, its answers unchanged, has 36 % at internal noise of sd 2.5 with activity a quarter "
    "as large and 99 % with activity four times as large (docs/model.md, Noise of fixed size; `python "
    "docs/figures/gauge.py`).",
    "Gain multiplies the signal of the first of three hidden layers by its third power on the way to the answer, the "
    "noise of the last one only by itself. On the same weights a larger gain protects from internal noise by "
    "arithmetic, and taking it away harms. With ReLU and without stabiliser, acc_snr, tolerance_snr and the control "
    "own-scale-noise do not depend on the scale of activity, and hardly on gain.",
    "A threshold on an accuracy is no diagnosis. Counts of epochs, steps and cycles are not calibrated to time.",
    "Simulated subjects have no placebo response and do not regress to a mean, which overstates every treatment.",
    literature().weak_evidence,
    "TRIPOD is for diagnostic and prognostic models of individuals; it is not applicable here and not claimed.",
)


def limitations(run_data: RunData) -> Section:
    """Those of the model, those of this run, and what was not computed."""
    absent = tuple(f"{one.part.replace('_', ' ')}: {one.reason}" for one in run_data.analysis.absent)
    return Section(
        title="Limitations",
        points=OF_THE_MODEL,
        parts=(
            Section(title="Of this run", points=tuple(_of_this_run(run_data))),
            Section(title="Not computed, and why", points=absent),
        ),
    )


def _of_this_run(run_data: RunData) -> Iterator[str]:
    yield from run_data.analysis.remarks
    remark = engine_remark(run_data.manifest.engine)
    if remark:
        yield remark
    if run_data.comparison is None:
        yield "No published table of this protocol ships with resynapse: nothing here was compared with a publication."
    constant = sum(d.n > 1 and d.sd == 0 for d in run_data.analysis.descriptions)
    if constant:
        yield (
            f"{constant} of {len(run_data.analysis.descriptions)} cells do not vary over subjects: they have no "
            "spread to test."
        )
    if "untreated" not in run_data.arms:
        yield "There is no arm named untreated, so that no effect here is a difference from no treatment."
