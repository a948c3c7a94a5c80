"""The controls that ship: what each isolates, what it may decide in an audit, and the constant that it is about."""

from __future__ import annotations

from collections.abc import Callable

from resynapse.controls.challenge import (
    equal_protection,
    equal_scars,
    lesions,
    swapped_decay,
    why_no_lesion,
    why_no_scars,
    why_no_washout,
)
from resynapse.controls.control import Control
from resynapse.controls.measurement import (
    DRAWS,
    NO_PROBE,
    calibrated_noise,
    fixed_probe,
    instead_of_biased,
    other_thresholds,
    pulses,
    remitters_only,
    why_no_pulse,
)
from resynapse.controls.treatment import (
    NO_GAIN,
    RANDOM_REGROWTH,
    SHAM,
    exposures,
    gain_only,
    matched_exposure,
    no_maintenance,
    no_training,
    stabiliser_only,
    wherever_treated,
)
from resynapse.protocol.node import every
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Change, Made, Remove, Set


def _of_kind(*changes: Change) -> Callable[[Protocol], Made]:
    """The same changes in every arm."""

    def make(protocol: Protocol) -> Made:
        for arm in protocol.arms:
            yield arm, changes

    return make


def _of_noise(scale: str) -> Callable[[Protocol], Made]:
    """Internal noise of every assessment after the induction on another scale."""
    return _of_kind(*(Set(step="assess", section=s, set={"noise": scale}) for s in ("treatment", "follow_up")))


def _without_losses(protocol: Protocol) -> Made:
    """The induction without its steps that lose connections, in every arm."""
    steps = (node.step for node in every(protocol.induction))
    losses = dict.fromkeys(step.kind for step in steps if step is not None and step.loses)
    return _of_kind(*(Remove(step=kind, section="induction") for kind in losses))(protocol)


def _why_matched(protocol: Protocol) -> str:
    found = exposures(protocol)
    return "every treatment that trains has one exposure already" if found else "no treatment trains"


SHIPPED: tuple[Control, ...] = (
    Control(
        name="sham",
        role="ablation",
        constant="mechanism",
        action="remove",
        isolates="the fine-tuning alone, without regrowth, modulation and noise: what training by itself brings",
        lacks="no arm has regrowth, a drug or noise of training",
        make=wherever_treated(SHAM),
    ),
    Control(
        name="matched-exposure",
        role="nuisance",
        constant="learning exposure",
        action="equalise",
        isolates="every arm with the learning exposure (rate times epochs) of the most trained one: dose of training",
        lacks=_why_matched,
        make=matched_exposure,
    ),
    Control(
        name="random-regrowth",
        role="ablation",
        constant="scoring of regrowth",
        action="swap",
        isolates="as many connections regrown at random places: whether the guidance by gradients matters",
        lacks="no arm regrows by gradient",
        make=wherever_treated(RANDOM_REGROWTH),
    ),
    Control(
        name="no-gain",
        role="ablation",
        constant="gain",
        action="remove",
        isolates="the treatment at gain 1: what the gain does, to the probe above all",
        lacks="no arm has a gain",
        make=wherever_treated(NO_GAIN),
    ),
    Control(
        name="no-training",
        role="ablation",
        constant="training of the treatment",
        action="remove",
        isolates="regrowth and modulation (a ramp at its end) without fine-tuning: what the drug state does by itself",
        lacks="no treatment trains",
        make=no_training,
    ),
    Control(
        name="gain-only",
        role="ablation",
        constant="all of the treatment but gain",
        action="remove",
        isolates=(
            "the treatment's gain and nothing else of it, on the untreated network: what gain does without training"
        ),
        lacks="no treatment has a gain and something else",
        make=gain_only,
    ),
    Control(
        name="equal-protection",
        role="nuisance",
        constant="protection left at the test",
        action="equalise",
        isolates=(
            "the same washout of the stabiliser (the middle one) in every arm: the challenge at the test made equal"
        ),
        lacks=why_no_washout,
        make=equal_protection,
    ),
    Control(
        name="no-protection",
        role="ablation",
        constant="stabiliser",
        action="remove",
        isolates="no stabiliser at all: what is left of the arms' order without protection",
        lacks="no arm is given the stabiliser",
        make=_of_kind(Remove(step="stabilise")),
    ),
    Control(
        name="no-decay",
        role="nuisance",
        constant="protection left at the test",
        action="sweep",
        isolates="the stabiliser does not wash out: full protection at the test, what the washout takes away",
        lacks="no arm has a washout of the stabiliser",
        make=_of_kind(Set(step="decay", set={"per_step": 0.0})),
    ),
    Control(
        name="swapped-decay",
        role="nuisance",
        constant="protection left at the test",
        action="swap",
        isolates="the fastest and the slowest washout exchanged: whether order follows the drug or the washout",
        lacks=why_no_washout,
        make=swapped_decay,
    ),
    Control(
        name="no-maintenance",
        role="ablation",
        constant="maintenance",
        action="remove",
        isolates="withdrawal straight after treatment: what maintenance adds",
        lacks="no arm is trained between its treatment and the end of the drug",
        make=no_maintenance,
    ),
    Control(
        name="stabiliser-only",
        role="ablation",
        constant="treatment",
        action="remove",
        isolates="no treatment, but everything that follows it: what the stabiliser does alone",
        lacks="no treated arm is given the stabiliser",
        make=stabiliser_only,
    ),
    Control(
        name="healthy",
        role="reference",
        constant="pruning",
        action="remove",
        isolates="the same path without the losses of the induction: the reference of a network that lost nothing",
        lacks="nothing is lost in the induction",
        make=_without_losses,
        dear=True,
    ),
    Control(
        name="count-matched-scars",
        role="nuisance",
        constant="number of scars of an episode",
        action="equalise",
        isolates="an episode scars as many connections in every arm, whatever its density and severity: equal loss",
        lacks=why_no_scars,
        make=equal_scars,
    ),
    Control(
        name="no-scars",
        role="ablation",
        constant="scars of an episode",
        action="remove",
        isolates="every cycle without the scars of its episode: regrowth and maintenance without relapse",
        lacks="no arm is scarred after the induction",
        make=_of_kind(*(Remove(step="scar", section=section) for section in ("treatment", "follow_up"))),
    ),
    Control(
        name="random-lesion",
        role="sweep",
        constant="rule of the lesion",
        action="swap",
        isolates="the structural test removes random connections, equally many in each layer's share",
        lacks=why_no_lesion,
        make=lesions("random"),
    ),
    Control(
        name="matched-lesion",
        role="nuisance",
        constant="rule of the lesion",
        action="equalise",
        isolates=(
            "the structural test removes exactly its share of every layer's weakest: equal loss for dense and sparse"
        ),
        lacks=why_no_lesion,
        make=lesions("smallest"),
    ),
    Control(
        name="own-scale-noise",
        role="nuisance",
        constant="noise relative to activation",
        action="equalise",
        isolates="internal noise of every unit in units of its own SD: what it computes, not how loud its activity is",
        lacks="no arm is assessed after the induction",
        make=_of_noise("own"),
    ),
    Control(
        name="pruned-scale-noise",
        role="sweep",
        constant="noise relative to activation",
        action="sweep",
        isolates=(
            "internal noise multiplied until it is to activity what it is in the pruned network: a louder challenge"
        ),
        lacks="no arm is assessed after the induction",
        make=_of_noise("scaled"),
    ),
    Control(
        name="calibrated-probe",
        role="sweep",
        constant="noise relative to what an intact network stands",
        action="sweep",
        isolates=(
            "all noise in units of what the subject's intact network stands (it keeps 75 % of what it has above chance)"
        ),
        lacks="no arm is assessed for an accuracy under noise after the induction",
        make=calibrated_noise,
    ),
    Control(
        name="zero-mean-noise",
        role="sweep",
        constant="mean of the manic probe",
        action="remove",
        isolates="the manic probe without its mean, as large in root mean square: drive apart from mere disturbance",
        lacks=NO_PROBE,
        make=instead_of_biased("acc_unbiased"),
    ),
    Control(
        name="pulse",
        role="sweep",
        constant="duration of the manic probe",
        action="sweep",
        isolates="the manic probe in the middle step of each sequence alone: whether the network recovers from a drive",
        lacks=why_no_pulse,
        make=pulses,
    ),
    Control(
        name="many-draws",
        role="nuisance",
        constant="noise draws",
        action="measure otherwise",
        isolates=(
            f"every accuracy under noise as the mean of {DRAWS} noise draws: how much one draw alone makes of a spread"
        ),
        lacks=f"every assessment is the mean of {DRAWS} noise draws already",
        make=_of_kind(Set(step="assess", set={"draws": DRAWS})),
    ),
    Control(
        name="fixed-probe",
        role="nuisance",
        constant="probe strength over cycles",
        action="equalise",
        isolates=(
            "the middle strength at every cycle where a probe's strength changes: sensitisation apart from the probe"
        ),
        lacks="no probe changes its strength along the counts of a condition",
        make=fixed_probe,
    ),
    Control(
        name="remitters-only",
        role="nuisance",
        constant="remission before relapse",
        action="measure otherwise",
        isolates=(
            "only subjects in remission under combined stress (acc_combined 90 or more) go on: relapse of responders"
        ),
        lacks="no arm is assessed for acc_combined after the induction",
        make=remitters_only,
    ),
    Control(
        name="threshold-sweep",
        role="nuisance",
        constant="threshold",
        action="sweep",
        isolates=(
            "derived outcomes at 0.8, 0.9, 1.1 and 1.2 of their thresholds: whether an order hangs on the threshold"
        ),
        lacks="no derived outcome has a threshold other than 0",
        rules=other_thresholds,
    ),
)
