"""Accuracies, one pass over a set and one noise draw, and the noise that halves them.

Names carry their parameter: ``acc_internal_1.5`` is the accuracy on the test set under internal noise of sd 1.5.
Source: article, Methods, evaluation; model of section 5.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from resynapse.outcomes.base import Family, Outcome
from resynapse.outcomes.disturbance import Disturbance, Unit, calibrated, share_right
from resynapse.outcomes.examination import Examination
from resynapse.tolerance import CEILING, tolerance

INPUT = Unit(family="acc_input", noise=Disturbance(input_sd=1.0))
INTERNAL = Unit(family="acc_internal", noise=Disturbance(internal_sd=1.0))
COMBINED = Unit(family="acc_combined", noise=Disturbance(input_sd=1.0, internal_sd=0.5))
SNR = Unit(family="acc_snr", noise=Disturbance(internal_sd=1.0, own=True))
BIASED = Unit(family="acc_biased", noise=Disturbance(internal_mean=1.0, internal_sd=1.0, on_hidden=True))
UNBIASED = Unit(family="acc_unbiased", noise=Disturbance(internal_sd=math.sqrt(2.0), on_hidden=True))
PULSE = Unit(family="acc_pulse", noise=replace(BIASED.noise, pulse=True))


def _accuracy(
    name: str,
    meaning: str,
    title: str,
    split: Literal["clean", "test"] = "test",
    *,
    noise: Disturbance | None = None,
    unit: Unit | None = None,
) -> Outcome:
    """An accuracy under noise; `unit` is what its strength is a multiple of where noise is calibrated."""
    acting = noise or Disturbance()

    def measure(seen: Examination) -> float | None:
        factor = calibrated(seen, unit) if unit is not None and acting.random else 1.0
        return None if factor is None else share_right(seen, name, acting.times(factor), split)

    return Outcome(
        name,
        "%",
        meaning,
        measure,
        title=title,
        kind="accuracy",
        more="better",
        disturbed=acting.random,
        in_time=acting.pulse,
    )


def _tolerance(kind: str, of: str, title: str, unit: Unit) -> Outcome:
    """The tolerance of a noise whose strength 1 is given."""
    name = f"tolerance_{kind}"

    def measure(seen: Examination) -> float | None:
        return tolerance(lambda strength: share_right(seen, name, unit.noise.times(strength)), seen.network.classes)

    meaning = (
        f"{of} at which accuracy on the test set has fallen halfway from its noise-free value to chance; {CEILING:g} "
        "means that or more"
    )
    return Outcome(
        name, "1", meaning, measure, ceiling=CEILING, title=title, bounds=(0.0, CEILING), more="better", digits=3
    )


def _distracted(name: str, strength: float) -> Outcome:
    def measure(seen: Examination) -> float | None:
        if seen.data.distracted is None:
            return None
        quiet = replace(seen.modulation, noise_mean=0.0, noise_sd=0.0)
        right = [
            float(np.mean(seen.data.correct(seen.responder.respond(seen.network, trials.inputs, quiet), trials.labels)))
            for trials in seen.data.distracted(seen.data.test, strength)
        ]
        return 100.0 * float(np.mean(right))

    meaning = (
        f"accuracy on the test set with a distractor of strength {strength:g} and the wrong sign in the delay, mean "
        "over its places; no value for a task without a delay"
    )
    title = f"accuracy with a distractor of strength {strength:g}"
    return Outcome(name, "%", meaning, measure, title=title, kind="accuracy", more="better")


ACCURACIES = (
    _accuracy("acc_clean", "accuracy on the clean set, no noise", "accuracy on clean data", "clean"),
    _accuracy("acc_standard", "accuracy on the test set, no added noise", "accuracy without added noise"),
    _accuracy(
        "acc_combined",
        "accuracy on the test set with input noise sd 1.0 and internal noise sd 0.5",
        "accuracy under combined stress",
        noise=COMBINED.noise,
        unit=COMBINED,
    ),
    _tolerance("input", "sd of input noise", "tolerated input noise", INPUT),
    _tolerance("internal", "sd of internal noise", "tolerated internal noise", INTERNAL),
    _tolerance("biased", "mean and sd of internal noise (both alike)", "tolerated biased noise", BIASED),
    _tolerance(
        "snr",
        "sd of internal noise, in units of each unit's own SD,",
        "tolerated internal noise relative to activity",
        SNR,
    ),
)
OF_NOISE = (
    Family(
        "acc_combined",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with input noise sd {sd:g} and internal noise of half that sd",
            f"accuracy under combined stress of strength {sd:g}",
            noise=COMBINED.noise.times(sd),
            unit=COMBINED,
        ),
        "sd of input noise (internal noise has half of it)",
    ),
    Family(
        "acc_input",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with input noise sd {sd:g}",
            f"accuracy under input noise of sd {sd:g}",
            noise=INPUT.noise.times(sd),
            unit=INPUT,
        ),
        "sd of input noise",
    ),
    Family(
        "acc_internal",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with internal noise sd {sd:g}",
            f"accuracy under internal noise of sd {sd:g}",
            noise=INTERNAL.noise.times(sd),
            unit=INTERNAL,
        ),
        "sd of internal noise",
    ),
    Family(
        "acc_snr",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with internal noise sd {sd:g} in units of each unit's own SD over the test set",
            f"accuracy under internal noise of sd {sd:g} relative to activity",
            noise=SNR.noise.times(sd),
            unit=SNR,
        ),
        "sd of internal noise in units of each unit's own SD",
    ),
    Family(
        "acc_biased",
        lambda name, mean: _accuracy(
            name,
            f"accuracy on the test set with internal noise of mean {mean:g} and sd 1 (the manic probe)",
            f"accuracy under the manic probe of mean {mean:g}",
            noise=replace(BIASED.noise, internal_mean=mean),
            unit=BIASED,
        ),
        "mean of internal noise (its sd is 1)",
    ),
    Family(
        "acc_unbiased",
        lambda name, mean: _accuracy(
            name,
            f"accuracy on the test set with noise on hidden units of mean 0, in root mean square as large as the manic "
            f"probe of mean {mean:g}",
            f"accuracy under noise without a mean, as large as the manic probe of mean {mean:g}",
            noise=replace(UNBIASED.noise, internal_sd=math.hypot(mean, 1.0)),
            unit=UNBIASED,
        ),
        "mean of the manic probe that is as large",
    ),
    Family(
        "acc_pulse",
        lambda name, mean: _accuracy(
            name,
            f"accuracy on the test set with noise of mean {mean:g} and sd 1 on hidden units in the middle step of each "
            "sequence alone",
            f"accuracy under a pulse of the manic probe of mean {mean:g}",
            noise=replace(PULSE.noise, internal_mean=mean),
            unit=PULSE,
        ),
        "mean of the noise in the middle step (its sd is 1)",
    ),
    Family("acc_distractor", _distracted, "strength of the distractor (the cue has 1)"),
)
