"""The state of a network and of its drug: sparsity, scars, activity, loss, gain and protection."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from resynapse.outcomes.base import Outcome
from resynapse.outcomes.examination import Examination, mean_activity
from resynapse.plasticity import severity
from resynapse.task.losses import loss


def _magnitude(seen: Examination) -> float:
    raw = replace(seen.modulation, noise_mean=0.0, noise_sd=0.0, protection=0.0)
    return mean_activity(seen.responder.activity(seen.network, seen.data.test.inputs, raw))


def _severity(seen: Examination) -> float:
    return severity(seen.modulation.gain, _magnitude(seen))


def _train_loss(seen: Examination) -> float:
    quiet = replace(seen.modulation, noise_mean=0.0, noise_sd=0.0)
    scores = seen.responder.respond(seen.network, seen.data.train.inputs, quiet)
    return loss(scores.astype(np.float64), seen.data.train)


STATES = (
    Outcome(
        "activation_magnitude",
        "1",
        "mean absolute hidden activity on the test set, noise off, after inhibition and gain",
        _magnitude,
        title="mean activity of hidden units",
        bounds=(0.0, math.inf),
    ),
    Outcome(
        "sparsity",
        "%",
        "share of pruned connections",
        lambda s: 100.0 * s.network.sparsity,
        title="pruned connections",
        setting=True,
    ),
    Outcome(
        "scar_fraction",
        "%",
        "share of weight positions that are scars",
        lambda s: 100.0 * s.network.scarred,
        title="scarred connections",
        more="worse",
    ),
    Outcome(
        "train_loss",
        "1",
        "mean cross-entropy on the training set, no noise, in the drug state",
        _train_loss,
        title="loss on the training set",
        bounds=(0.0, math.inf),
        more="worse",
    ),
    Outcome(
        "severity",
        "1",
        "of an episode in this state: clip(1 + (gain - 1) + 2 (activation_magnitude - 0.1), 0.5, 2)",
        _severity,
        title="severity of an episode",
        bounds=(0.5, 2.0),
        more="worse",
    ),
    Outcome(
        "gain",
        "1",
        "gain of the drug state, where it acts",
        lambda s: s.modulation.gain,
        title="gain of the drug",
        bounds=(0.0, math.inf),
        setting=True,
    ),
    Outcome(
        "effective_gain",
        "1",
        "gain after the stabiliser's cap, where the drug acts",
        lambda s: s.modulation.effective_gain,
        title="gain under the stabiliser",
        bounds=(0.0, math.inf),
        setting=True,
    ),
    Outcome(
        "protection",
        "1",
        "stabiliser protection left",
        lambda s: s.modulation.protection,
        title="protection by the stabiliser",
        bounds=(0.0, 1.0),
        setting=True,
    ),
)
