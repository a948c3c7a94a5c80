"""The state of a network and of its drug: sparsity, scars, activity, loss, gain and protection."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from resynapse.errors import ProtocolError
from resynapse.networks.base import BoolArray, FloatArray
from resynapse.outcomes.base import Family, Outcome
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


def _signed(positive: bool, masks: Mapping[str, BoolArray], weights: Iterable[FloatArray]) -> float:
    """Active connections of one sign."""
    pairs = zip(masks.values(), weights, strict=True)
    return float(sum(np.count_nonzero(mask & ((w > 0) if positive else (w < 0))) for mask, w in pairs))


def _of_sign(positive: bool) -> Outcome:
    sign = "excitatory" if positive else "inhibitory"
    meaning = f"active connections whose weight is {'above' if positive else 'below'} 0"
    return Outcome(
        sign,
        "1",
        meaning,
        lambda seen: _signed(positive, seen.network.masks, seen.network.weights),
        title=f"{sign} connections",
        bounds=(0.0, math.inf),
        digits=1,
    )


def _of_sign_in_layer(positive: bool, name: str, number: float) -> Outcome:
    """Active connections of one sign in one array of connections."""
    layer, sign = int(number), "excitatory" if positive else "inhibitory"
    if layer != number or layer < 1:
        raise ProtocolError(f"{sign}_layer_{number:g} names no layer of weights; they are counted from 1")

    def measure(seen: Examination) -> float:
        at = list(seen.network.masks)[layer - 1]
        return _signed(positive, {at: seen.network.masks[at]}, [seen.network.values[at]])

    return Outcome(
        name,
        "1",
        f"active connections of layer {layer} whose weight is {'above' if positive else 'below'} 0",
        measure,
        title=f"{sign} connections in layer {layer}",
        bounds=(0.0, math.inf),
        digits=1,
        layer=layer,
    )


OF_SIGN = tuple(
    Family(f"{'excitatory' if positive else 'inhibitory'}_layer", partial(_of_sign_in_layer, positive))
    for positive in (True, False)
)
STATES = (
    _of_sign(True),
    _of_sign(False),
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
