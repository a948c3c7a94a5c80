"""Accuracies, one pass over a set and one noise draw, and the noise that halves them.

Names carry their parameter: ``acc_internal_1.5`` is the accuracy on the test set under internal noise of sd 1.5.
Source: article, Methods, evaluation; model of section 5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resynapse.outcomes.base import Family, Outcome
from resynapse.outcomes.examination import Examination
from resynapse.randomness import Key, normals
from resynapse.tolerance import CEILING, tolerance

COMBINED_INPUT_SD = 1.0
COMBINED_INTERNAL_SD = 0.5
BIASED_SD = 1.0


def _accuracy(
    name: str,
    meaning: str,
    title: str,
    split: Literal["clean", "test"] = "test",
    *,
    input_sd: float = 0.0,
    internal_mean: float = 0.0,
    internal_sd: float = 0.0,
    own: bool = False,
    on_hidden: bool = False,
) -> Outcome:
    def measure(seen: Examination) -> float:
        return _share_right(
            seen,
            name,
            split,
            input_sd=input_sd,
            internal_mean=internal_mean,
            internal_sd=internal_sd,
            own=own,
            on_hidden=on_hidden,
        )

    return Outcome(name, "%", meaning, measure, title=title, kind="accuracy", more="better")


def _share_right(
    seen: Examination,
    name: str,
    split: Literal["clean", "test"] = "test",
    *,
    input_sd: float,
    internal_mean: float,
    internal_sd: float,
    own: bool,
    on_hidden: bool,
) -> float:
    """Accuracy in % under noise of the stream `name`; with `own`, internal noise is in units of each unit's SD."""
    data = getattr(seen.data, split)
    factor = 1.0 if own else seen.noise_scale
    noisy = replace(
        seen.modulation,
        noise_mean=internal_mean * factor,
        noise_sd=internal_sd * factor,
        noise_on="hidden" if on_hidden else "architecture",
    )
    scaled = {"noise_scale": seen.spread} if (own or seen.own_noise) and internal_sd > 0 else {}
    right = []
    first = seen.first_draw - 1
    for draw in range(first, first + (seen.draws if input_sd > 0 or internal_sd > 0 else 1)):
        key = seen.key.of(name)
        key = key.of(f"draw={draw + 1}") if draw else key
        inputs = data.inputs
        if input_sd > 0:
            inputs = inputs + input_sd * _input_noise(key.of("input"), inputs.shape)
        internal = key.of("internal") if noisy.noise_sd > 0 else None
        # a responder of a plug-in's test may not accept noise_scale, so it is passed only if needed
        scores = seen.responder.respond(seen.network, inputs, noisy, internal, **scaled)
        right.append(float(np.mean(seen.data.correct(scores, data.labels))))
    return 100.0 * (sum(right) / len(right))


def _input_noise(key: Key, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Standard normal numbers for inputs; of sequences, drawn anew in every step."""
    if len(shape) == 2:
        return normals(key, *shape)
    return np.stack([normals(key, *shape[1:], time=time) for time in range(shape[0])])


def _tolerance(
    kind: str,
    of: str,
    title: str,
    *,
    input_sd: float = 0.0,
    internal_mean: float = 0.0,
    internal_sd: float = 0.0,
    own: bool = False,
    on_hidden: bool = False,
) -> Outcome:
    """The tolerance of a noise whose mean and sds at strength 1 are given."""
    name = f"tolerance_{kind}"

    def measure(seen: Examination) -> float | None:
        def accuracy(strength: float) -> float:
            return _share_right(
                seen,
                name,
                input_sd=strength * input_sd,
                internal_mean=strength * internal_mean,
                internal_sd=strength * internal_sd,
                own=own,
                on_hidden=on_hidden,
            )

        return tolerance(accuracy, seen.network.classes)

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
        input_sd=COMBINED_INPUT_SD,
        internal_sd=COMBINED_INTERNAL_SD,
    ),
    _tolerance("input", "sd of input noise", "tolerated input noise", input_sd=1.0),
    _tolerance("internal", "sd of internal noise", "tolerated internal noise", internal_sd=1.0),
    _tolerance(
        "biased",
        "mean and sd of internal noise (both alike)",
        "tolerated biased noise",
        internal_mean=1.0,
        internal_sd=1.0,
        on_hidden=True,
    ),
    _tolerance(
        "snr",
        "sd of internal noise, in units of each unit's own SD,",
        "tolerated internal noise relative to activity",
        internal_sd=1.0,
        own=True,
    ),
)
OF_NOISE = (
    Family(
        "acc_combined",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with input noise sd {sd:g} and internal noise of half that sd",
            f"accuracy under combined stress of strength {sd:g}",
            input_sd=sd * COMBINED_INPUT_SD,
            internal_sd=sd * COMBINED_INTERNAL_SD,
        ),
        "sd of input noise (internal noise has half of it)",
    ),
    Family(
        "acc_input",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with input noise sd {sd:g}",
            f"accuracy under input noise of sd {sd:g}",
            input_sd=sd,
        ),
        "sd of input noise",
    ),
    Family(
        "acc_internal",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with internal noise sd {sd:g}",
            f"accuracy under internal noise of sd {sd:g}",
            internal_sd=sd,
        ),
        "sd of internal noise",
    ),
    Family(
        "acc_snr",
        lambda name, sd: _accuracy(
            name,
            f"accuracy on the test set with internal noise sd {sd:g} in units of each unit's own SD over the test set",
            f"accuracy under internal noise of sd {sd:g} relative to activity",
            internal_sd=sd,
            own=True,
        ),
        "sd of internal noise in units of each unit's own SD",
    ),
    Family(
        "acc_biased",
        lambda name, mean: _accuracy(
            name,
            f"accuracy on the test set with internal noise of mean {mean:g} and sd 1 (the manic probe)",
            f"accuracy under the manic probe of mean {mean:g}",
            internal_mean=mean,
            internal_sd=BIASED_SD,
            on_hidden=True,
        ),
        "mean of internal noise (its sd is 1)",
    ),
    Family("acc_distractor", _distracted, "strength of the distractor (the cue has 1)"),
)
