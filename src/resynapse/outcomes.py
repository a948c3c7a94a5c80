"""What is measured: one definition for each outcome.

Accuracies are in %, one pass over the set, one noise draw. Names carry their parameter: ``acc_internal_1.5`` is the
accuracy on the test set under internal noise of sd 1.5. Source: article, Methods, evaluation; model of section 5.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from resynapse.errors import ProtocolError
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import FloatArray, Network
from resynapse.plasticity import severity
from resynapse.plugins import admit, unknown
from resynapse.randomness import Key, normals
from resynapse.task import TaskData
from resynapse.tolerance import CEILING, tolerance

COMBINED_INPUT_SD = 1.0
COMBINED_INTERNAL_SD = 0.5
BIASED_SD = 1.0
TURNED_OVER = 0.1
"""Relative change of a weight above which it counts as turned over; a regrown weight always does."""
OF_LAYERS = ("kept_layer", "regrown_layer")
"""Families whose number is a layer of weights, from 1 (the inputs') to the last (the classes')."""
OF_CHANGE = (
    "weight_change_mean", "weight_change_rms", "dose_l1", "dose_l2", "turnover", "sparsity_change",
    "surviving_change", *OF_LAYERS,
)  # fmt: skip
"""The outcomes and families that need a mark."""


class Responder(Protocol):
    """The part of an engine that an outcome needs."""

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        """Class scores, shape (classes, samples)."""

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> Mapping[str, FloatArray]:
        """By site, the SD over `inputs` of each unit's activation, where internal noise is added."""

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> Mapping[str, float]:
        """By site, the mean absolute activity."""


@dataclass(frozen=True, slots=True)
class Examination:
    """One subject at one condition, as an outcome sees it.

    Parameters
    ----------
    network, modulation : the subject's state; the drug state is on unless it was discontinued.
    data : the subject's task sets.
    key : the stream of this condition, shared by all arms.
    responder : the engine.
    marked : the network that change is measured from, or None.
    draws : independent noise draws that an accuracy under noise is the mean of.
    first_draw : number of the first of them, 1 or more.
    noise_scale : what mean and sd of internal noise are multiplied by; see `noise_scale`.
    own_noise : mean and sd of internal noise are in units of each unit's own SD; see `spread`.
    """

    network: Network
    modulation: Modulation
    data: TaskData
    key: Key
    responder: Responder
    marked: Network | None = None
    draws: int = 1
    first_draw: int = 1
    noise_scale: float = 1.0
    own_noise: bool = False
    _spread: list[Mapping[str, FloatArray]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def spread(self) -> Mapping[str, FloatArray]:
        """By site, the SD of each unit over the test set, noise off, in the drug state of this condition.

        It is taken where internal noise is added: after the activation function, before inhibition and gain.
        """
        if not self._spread:
            quiet = replace(self.modulation, noise_mean=0.0, noise_sd=0.0)
            self._spread.append(self.responder.spread(self.network, self.data.test.inputs, quiet))
        return self._spread[0]


def noise_scale(
    responder: Responder,
    inputs: NDArray[np.float64],
    network: Network,
    modulation: Modulation,
    reference: Network,
) -> float:
    """What internal noise is multiplied by to keep the ratio of noise to activity of `reference`.

    It is ``A / (inhibition * gain * A0)``. A is the mean absolute hidden activity of the state on `inputs`, noise off,
    at the gain in effect; A0 is that of `reference` in the neutral drug state. Noise enters a layer before inhibition
    and gain, so the noise that a layer passes on is that of a neutral layer times A / A0.

    Raises
    ------
    ProtocolError : A0 is 0.
    """
    acting = replace(modulation, gain=modulation.effective_gain, noise_mean=0.0, noise_sd=0.0, protection=0.0)
    own = _mean(responder.activity(network, inputs, acting))
    of_reference = _mean(responder.activity(reference, inputs, NEUTRAL))
    if not of_reference > 0:
        raise ProtocolError("noise cannot be scaled: the network at the end of the induction has no activity")
    return own / (acting.scale * of_reference)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A named measurement.

    Parameters
    ----------
    name : as in the results table and the published tables.
    unit : ``%``, ``points`` or ``1`` (dimensionless).
    meaning : one sentence.
    measure : maps an examination to a number, or to None where the outcome has no value; then nothing is stored.
    ceiling : the largest value that can be told; a value that is equal to it is censored, this or more.
    """

    name: str
    unit: str
    meaning: str
    measure: Callable[[Examination], float | None]
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Outcomes that differ in one number, which is part of the name: ``acc_internal_1.5``.

    Parameters
    ----------
    name : what stands before the number.
    build : the outcome of a full name and its number, 0 or more.
    """

    name: str
    build: Callable[[str, float], Outcome]


def outcome(name: str) -> Outcome:
    """The definition behind a name, or behind ``X as Y``: X, stored as Y.

    Raises
    ------
    ProtocolError : no outcome has this name, or its parameter is not a number of 0 or more.

    >>> outcome("acc_internal_0.5").unit
    '%'
    """
    original, _, alias = name.partition(" as ")
    if alias:
        if not re.fullmatch(r"[\w.-]+", alias):
            raise ProtocolError(f"{alias!r} is no name for an outcome; use letters, digits and _")
        return replace(outcome(original), name=alias)
    found = _looked_up(name)
    if found is None:
        extend()
        found = _looked_up(name)
    if found is None:
        raise ProtocolError(unknown("outcome", name, [*_FIXED, *(f + "_X" for f in _FAMILIES)]))
    return found


def extend() -> None:
    """Let the outcomes of installed plug-ins join; what cannot be used is named in a warning."""
    admit("outcome", _take)


def definition(name: str) -> str:
    """The name that an outcome is defined under: without a number of its family and without ``as``.

    >>> definition("acc_biased_1.5 as stress_test")
    'acc_biased'
    """
    original = name.partition(" as ")[0]
    family = original.rpartition("_")[0]
    return family if original not in _FIXED and family in _FAMILIES else original


def _looked_up(name: str) -> Outcome | None:
    if name in _FIXED:
        return _FIXED[name]
    for family, build in _FAMILIES.items():
        match = re.fullmatch(rf"{family}_([0-9]+(?:[.][0-9]+)?)", name)
        if match:
            value = float(match[1])
            if not math.isfinite(value):
                raise ProtocolError(f"{name[:40]}... asks for {value}; give a finite number")
            # the canonical name keys the noise, so acc_internal_1 and acc_internal_1.0 are one measurement
            return replace(build(f"{family}_{value}", value), name=name)
    return None


def _take(name: str, loaded: Any) -> str:
    """Take an outcome or a family of a plug-in into the vocabulary, or say why not."""
    if not isinstance(loaded, (Outcome, Family)):
        return f"{loaded!r} is neither an Outcome nor a Family of resynapse.outcomes"
    if loaded.name != name:
        return f"its name is {loaded.name!r}, the entry point is named {name!r}; give both the same name"
    if not re.fullmatch(r"[a-z]\w*", name):
        return f"{name!r} is no name; use small letters, digits and _"
    if _looked_up(name) is not None or name in _FAMILIES:
        return f"the name {name!r} is taken"
    if isinstance(loaded, Family):
        _FAMILIES[name] = loaded.build
    else:
        _FIXED[name] = loaded
    return ""


def _accuracy(
    name: str,
    meaning: str,
    split: Literal["clean", "test"] = "test",
    *,
    input_sd: float = 0.0,
    internal_mean: float = 0.0,
    internal_sd: float = 0.0,
    own: bool = False,
) -> Outcome:
    def measure(seen: Examination) -> float:
        return _share_right(
            seen, name, split, input_sd=input_sd, internal_mean=internal_mean, internal_sd=internal_sd, own=own
        )

    return Outcome(name, "%", meaning, measure)


def _share_right(
    seen: Examination,
    name: str,
    split: Literal["clean", "test"] = "test",
    *,
    input_sd: float,
    internal_mean: float,
    internal_sd: float,
    own: bool,
) -> float:
    """Accuracy in % under noise of the stream `name`; with `own`, internal noise is in units of each unit's SD."""
    data = getattr(seen.data, split)
    factor = 1.0 if own else seen.noise_scale
    noisy = replace(seen.modulation, noise_mean=internal_mean * factor, noise_sd=internal_sd * factor)
    scaled = {"noise_scale": seen.spread} if (own or seen.own_noise) and internal_sd > 0 else {}
    right = []
    first = seen.first_draw - 1
    for draw in range(first, first + (seen.draws if input_sd > 0 or internal_sd > 0 else 1)):
        key = seen.key.of(name)
        key = key.of(f"draw={draw + 1}") if draw else key
        inputs = data.inputs
        if input_sd > 0:
            inputs = inputs + input_sd * normals(key.of("input"), *inputs.shape)
        internal = key.of("internal") if noisy.noise_sd > 0 else None
        # a responder of a plug-in's test may know no noise_scale, and is not asked for it in vain
        scores = seen.responder.respond(seen.network, inputs, noisy, internal, **scaled)
        right.append(float(np.mean(np.argmax(scores, axis=0) == data.labels)))
    return 100.0 * (sum(right) / len(right))


def _tolerance(
    kind: str,
    of: str,
    *,
    input_sd: float = 0.0,
    internal_mean: float = 0.0,
    internal_sd: float = 0.0,
    own: bool = False,
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
            )

        return tolerance(accuracy, seen.network.classes)

    meaning = (
        f"{of} at which accuracy on the test set has fallen halfway from its noise-free value to chance; {CEILING:g} "
        "means that or more"
    )
    return Outcome(name, "1", meaning, measure, ceiling=CEILING)


def _mean(by_site: Mapping[str, float]) -> float:
    return float(np.mean([*by_site.values()]))


def _magnitude(seen: Examination) -> float:
    raw = replace(seen.modulation, noise_mean=0.0, noise_sd=0.0, protection=0.0)
    return _mean(seen.responder.activity(seen.network, seen.data.test.inputs, raw))


def _changes(seen: Examination) -> tuple[FloatArray, FloatArray]:
    """Every weight when it was marked, and now, float64; pruned ones are zero."""
    if seen.marked is None:
        raise ProtocolError("change is measured from a mark; put `mark: {}` before the treatment")
    before, after = (np.concatenate([w.ravel() for w in n.weights]) for n in (seen.marked, seen.network))
    return before.astype(np.float64), after.astype(np.float64)


def _mean_change(seen: Examination) -> float:
    before, after = _changes(seen)
    return float(np.mean(np.abs(after - before)))


def _rms_change(seen: Examination) -> float:
    before, after = _changes(seen)
    return float(np.sqrt(np.mean((after - before) ** 2)))


def _norm_by_number(seen: Examination) -> float:
    before, after = _changes(seen)
    return float(np.sqrt(np.sum((after - before) ** 2))) / before.size


def _connections(name: str, number: float) -> Outcome:
    """How many connections of a layer are active now and were so, or were not, at the mark."""
    family, layer = name.rpartition("_")[0], int(number)
    if layer != number or layer < 1:
        raise ProtocolError(f"{family}_{number:g} names no layer of weights; they are counted from 1")
    kept = family == "kept_layer"

    def measure(seen: Examination) -> float:
        _changes(seen)
        before, after = (list((n or seen.network).masks.values())[layer - 1] for n in (seen.marked, seen.network))
        return float(np.count_nonzero(after & (before if kept else ~before)))

    then = "active" if kept else "pruned"
    return Outcome(name, "1", f"connections of layer {layer} that are active now and were {then} at the mark", measure)


def _severity(seen: Examination) -> float:
    return severity(seen.modulation.gain, _magnitude(seen))


def _turnover(seen: Examination) -> float:
    before, after = _changes(seen)
    return 100.0 * float(np.mean(np.abs(after - before) > TURNED_OVER * np.abs(before)))


def _surviving_change(seen: Examination) -> float:
    _changes(seen)
    marked = seen.network if seen.marked is None else seen.marked
    values, then = seen.network.values, marked.masks
    kept = ((name, now & then[name]) for name, now in seen.network.masks.items())
    every = np.concatenate([np.abs(values[n].astype(np.float64) - marked.values[n])[both] for n, both in kept])
    return float(every.mean()) if every.size else 0.0


def _train_loss(seen: Examination) -> float:
    quiet = replace(seen.modulation, noise_mean=0.0, noise_sd=0.0)
    scores = seen.responder.respond(seen.network, seen.data.train.inputs, quiet).astype(np.float64)
    scores -= scores.max(axis=0)
    labels = seen.data.train.labels
    right = scores[labels, np.arange(labels.size)]
    return float(np.mean(np.log(np.exp(scores).sum(axis=0)) - right))


def _sparsity_change(seen: Examination) -> float:
    _changes(seen)
    return 100.0 * (seen.network.sparsity - (seen.marked or seen.network).sparsity)


_FIXED = {
    o.name: o
    for o in (
        _accuracy("acc_clean", "accuracy on the clean set, no noise", "clean"),
        _accuracy("acc_standard", "accuracy on the test set, no added noise"),
        _accuracy(
            "acc_combined",
            "accuracy on the test set with input noise sd 1.0 and internal noise sd 0.5",
            input_sd=COMBINED_INPUT_SD,
            internal_sd=COMBINED_INTERNAL_SD,
        ),
        _tolerance("input", "sd of input noise", input_sd=1.0),
        _tolerance("internal", "sd of internal noise", internal_sd=1.0),
        _tolerance("biased", "mean and sd of internal noise (both alike)", internal_mean=1.0, internal_sd=1.0),
        _tolerance("snr", "sd of internal noise, in units of each unit's own SD,", internal_sd=1.0, own=True),
        Outcome(
            "activation_magnitude",
            "1",
            "mean absolute hidden activity on the test set, noise off, after inhibition and gain",
            _magnitude,
        ),
        Outcome("sparsity", "%", "share of pruned connections", lambda s: 100.0 * s.network.sparsity),
        Outcome("weight_change_mean", "1", "mean abs(dw) over all weights since the mark", _mean_change),
        Outcome("weight_change_rms", "1", "root of the mean dw**2 over all weights since the mark", _rms_change),
        Outcome("dose_l1", "1", "mean abs(dw) over all weights since the mark", _mean_change),
        Outcome(
            "dose_l2",
            "1",
            "Euclidean norm of dw over all weights since the mark, divided by their number (no root mean square)",
            _norm_by_number,
        ),
        Outcome("turnover", "%", "share of all weights that changed by more than a tenth since the mark", _turnover),
        Outcome(
            "surviving_change",
            "1",
            "mean abs(dw) since the mark over the connections that were live then and are live now",
            _surviving_change,
        ),
        Outcome("train_loss", "1", "mean cross-entropy on the training set, no noise, in the drug state", _train_loss),
        Outcome("sparsity_change", "points", "sparsity now minus sparsity at the mark", _sparsity_change),
        Outcome("scar_fraction", "%", "share of weight positions that are scars", lambda s: 100.0 * s.network.scarred),
        Outcome(
            "severity",
            "1",
            "of an episode in this state: clip(1 + (gain - 1) + 2 (activation_magnitude - 0.1), 0.5, 2)",
            _severity,
        ),
        Outcome("gain", "1", "gain of the drug state, where it acts", lambda s: s.modulation.gain),
        Outcome(
            "effective_gain",
            "1",
            "gain after the stabiliser's cap, where the drug acts",
            lambda s: s.modulation.effective_gain,
        ),
        Outcome("protection", "1", "stabiliser protection left", lambda s: s.modulation.protection),
    )
}

_FAMILIES: dict[str, Callable[[str, float], Outcome]] = {
    "acc_combined": lambda name, sd: _accuracy(
        name,
        f"accuracy on the test set with input noise sd {sd:g} and internal noise of half that sd",
        input_sd=sd * COMBINED_INPUT_SD,
        internal_sd=sd * COMBINED_INTERNAL_SD,
    ),
    "acc_input": lambda name, sd: _accuracy(name, f"accuracy on the test set with input noise sd {sd:g}", input_sd=sd),
    "acc_internal": lambda name, sd: _accuracy(
        name, f"accuracy on the test set with internal noise sd {sd:g}", internal_sd=sd
    ),
    "acc_snr": lambda name, sd: _accuracy(
        name,
        f"accuracy on the test set with internal noise sd {sd:g} in units of each unit's own SD over the test set",
        internal_sd=sd,
        own=True,
    ),
    "acc_biased": lambda name, mean: _accuracy(
        name,
        f"accuracy on the test set with internal noise of mean {mean:g} and sd 1 (the manic probe)",
        internal_mean=mean,
        internal_sd=BIASED_SD,
    ),
    **dict.fromkeys(OF_LAYERS, _connections),
}

BATTERY = (
    "sparsity",
    "gain",
    "acc_clean",
    "acc_standard",
    "acc_combined",
    "acc_internal_0.0",
    "acc_internal_0.5",
    "acc_internal_1.0",
    "acc_internal_1.5",
    "acc_internal_2.5",
    "acc_biased_1.0",
    "activation_magnitude",
)
"""The acute outcomes of the article, in the order of its tables."""


def catalogue() -> tuple[Outcome, ...]:
    """Every outcome; a family stands once, with X for its parameter."""
    families = []
    for family, build in _FAMILIES.items():
        shown = build(f"{family}_X", 1.0)
        families.append(replace(shown, meaning=re.sub(r"\b(sd|mean|layer) 1\b", r"\1 X", shown.meaning, count=1)))
    return (*_FIXED.values(), *families)
