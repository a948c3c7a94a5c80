"""Controls: named changes that isolate what a result rests on, for any protocol.

Each adds, beside every arm that it changes, a variant named ``ARM:CONTROL``. Everything up to the first difference is
shared with the arm itself. Source: model of section 8.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from resynapse.controls.challenge import equal_protection, lesions, swapped_decay, why_no_lesion, why_no_washout
from resynapse.controls.measurement import DRAWS, fixed_probe, other_thresholds, remitters_only
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
from resynapse.errors import ProtocolError, nearest
from resynapse.protocol.arms import Arm
from resynapse.protocol.derived_outcomes import Derived
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Change, Made, Variant


def _no_variants(_: Protocol) -> Made:
    return iter(())


def _no_rules(_: Protocol) -> Iterator[Derived]:
    return iter(())


Role = Literal["nuisance", "ablation", "sweep", "reference"]
"""What a control may decide in an audit.

- ``nuisance``: it changes how something is measured or made comparable, not what is claimed (noise draws and scale,
  learning exposure, washout, thresholds). Every claim whose cells it touches has to hold in it.
- ``ablation``: it removes a part of the treatment. It decides only what claims say about mechanisms.
- ``sweep``: another strength or kind of challenge. It gives the range over which a claim holds.
- ``reference``: the intact network, which says whether a test can separate arms at all.
"""


class RenamedWarning(FutureWarning):
    """A name that is still understood, but has another one now."""


@dataclass(frozen=True, slots=True)
class Control:
    """A named control.

    Parameters
    ----------
    name : as on the command line.
    role : what it may decide; see `Role`.
    isolates : one sentence on what the comparison with the arm itself shows.
    lacks : why it changes nothing, where it does not.
    make : the changes for each arm; changes that leave an arm as it is are dropped.
    rules : derived outcomes that it adds to every arm.
    """

    name: str
    role: Role
    isolates: str
    lacks: str | Callable[[Protocol], str]
    make: Callable[[Protocol], Made] = _no_variants
    rules: Callable[[Protocol], Iterator[Derived]] = _no_rules


def controlled(protocol: Protocol, name: str) -> Protocol:
    """The protocol with the variants of a control, which bear the name that was asked for.

    A variant that the protocol has already stays as it is. A former name (`RENAMED`) does the same with a warning.

    Raises
    ------
    ProtocolError : no such control, or it changes no arm of this protocol.
    """
    control = CONTROLS.get(RENAMED.get(name, name))
    if control is None:
        raise ProtocolError(f"unknown control {name!r}; {nearest(name, CONTROLS)}")
    if name in RENAMED:
        text = f"control {name} is now called {RENAMED[name]}: {control.isolates}"
        warnings.warn(text, RenamedWarning, stacklevel=2)
    added = {
        str(Arm(arm, name)): Variant(of=arm, changes=changes, control=name) for arm, changes in control.make(protocol)
    }
    after = replace(protocol, variants={**added, **protocol.variants})
    routes = after.routes
    new = {n: v for n, v in added.items() if n not in protocol.variants and routes[n] != routes[v.of]}
    rules = tuple(rule for rule in control.rules(protocol) if rule not in protocol.derived)
    if not new and not rules:
        lacks = "its variants are there already" if added.keys() & protocol.variants.keys() else control.lacks
        why = lacks if isinstance(lacks, str) else lacks(protocol)
        raise ProtocolError(f"control {name} changes nothing in protocol {protocol.name}: {why}")
    return replace(protocol, variants={**protocol.variants, **new}, derived=(*protocol.derived, *rules))


def _of_kind(*changes: Change) -> Callable[[Protocol], Made]:
    """The same changes in every arm."""

    def make(protocol: Protocol) -> Made:
        for arm in protocol.arms:
            yield arm, changes

    return make


def _of_noise(scale: str) -> Callable[[Protocol], Made]:
    """Internal noise of every assessment after the induction on another scale."""
    return _of_kind(*(Change(step="assess", section=s, set={"noise": scale}) for s in ("treatment", "follow_up")))


def _why_matched(protocol: Protocol) -> str:
    found = exposures(protocol)
    return "every treatment that trains has one exposure already" if found else "no treatment trains"


CONTROLS: dict[str, Control] = {
    c.name: c
    for c in (
        Control(
            "sham",
            "ablation",
            "the fine-tuning alone, without regrowth, modulation and noise: what training by itself brings",
            "no arm has regrowth, a drug or noise of training",
            wherever_treated(SHAM),
        ),
        Control(
            "matched-exposure",
            "nuisance",
            "every arm with the learning exposure (rate times epochs) of the most trained one: dose of training",
            _why_matched,
            matched_exposure,
        ),
        Control(
            "random-regrowth",
            "ablation",
            "as many connections regrown at random places: whether the guidance by gradients matters",
            "no arm regrows by gradient",
            wherever_treated(RANDOM_REGROWTH),
        ),
        Control(
            "no-gain",
            "ablation",
            "the treatment at gain 1: what the gain does, to the probe above all",
            "no arm has a gain",
            wherever_treated(NO_GAIN),
        ),
        Control(
            "no-training",
            "ablation",
            "regrowth and modulation (a ramp at its end) without fine-tuning: what the drug state does by itself",
            "no treatment trains",
            no_training,
        ),
        Control(
            "gain-only",
            "ablation",
            "the treatment's gain and nothing else of it, on the untreated network: what gain does without training",
            "no treatment has a gain and something else",
            gain_only,
        ),
        Control(
            "equal-protection",
            "nuisance",
            "the same washout of the stabiliser (the middle one) in every arm: the challenge at the test made equal",
            why_no_washout,
            equal_protection,
        ),
        Control(
            "no-protection",
            "ablation",
            "no stabiliser at all: what is left of the arms' order without protection",
            "no arm is given the stabiliser",
            _of_kind(Change(step="stabilise")),
        ),
        Control(
            "no-decay",
            "nuisance",
            "the stabiliser does not wash out: full protection at the test, what the washout takes away",
            "no arm has a washout of the stabiliser",
            _of_kind(Change(step="decay", set={"per_step": 0.0})),
        ),
        Control(
            "swapped-decay",
            "nuisance",
            "the fastest and the slowest washout exchanged: whether order follows the drug or the washout",
            why_no_washout,
            swapped_decay,
        ),
        Control(
            "no-maintenance",
            "ablation",
            "withdrawal straight after treatment: what maintenance adds",
            "no arm is trained between its treatment and the end of the drug",
            no_maintenance,
        ),
        Control(
            "stabiliser-only",
            "ablation",
            "no treatment, but everything that follows it: what the stabiliser does alone",
            "no treated arm is given the stabiliser",
            stabiliser_only,
        ),
        Control(
            "healthy",
            "reference",
            "the same path without the losses of the induction: the reference of a network that lost nothing",
            "nothing is lost in the induction",
            _of_kind(*(Change(step=step, section="induction") for step in ("prune", "prune_more", "lesion", "scar"))),
        ),
        Control(
            "random-lesion",
            "sweep",
            "the structural test removes random connections, equally many in each layer's share",
            why_no_lesion,
            lesions("random"),
        ),
        Control(
            "matched-lesion",
            "nuisance",
            "the structural test removes exactly its share of every layer's weakest: equal loss for dense and sparse",
            why_no_lesion,
            lesions("smallest"),
        ),
        Control(
            "own-scale-noise",
            "nuisance",
            "internal noise of every unit in units of its own SD: what it computes, not how loud its activity is",
            "no arm is assessed after the induction",
            _of_noise("own"),
        ),
        Control(
            "pruned-scale-noise",
            "sweep",
            "internal noise multiplied until it is to activity what it is in the pruned network: a louder challenge",
            "no arm is assessed after the induction",
            _of_noise("scaled"),
        ),
        Control(
            "many-draws",
            "nuisance",
            f"every accuracy under noise as the mean of {DRAWS} noise draws: how much one draw alone makes of a spread",
            f"every assessment is the mean of {DRAWS} noise draws already",
            _of_kind(Change(step="assess", set={"draws": DRAWS})),
        ),
        Control(
            "fixed-probe",
            "nuisance",
            "the middle strength at every cycle where a probe's strength changes: sensitisation apart from the probe",
            "no probe changes its strength along the counts of a condition",
            fixed_probe,
        ),
        Control(
            "remitters-only",
            "nuisance",
            "only subjects in remission under combined stress (acc_combined 90 or more) go on: relapse of responders",
            "no arm is assessed for acc_combined after the induction",
            remitters_only,
        ),
        Control(
            "threshold-sweep",
            "nuisance",
            "derived outcomes at 0.8, 0.9, 1.1 and 1.2 of their thresholds: whether an order hangs on the threshold",
            "no derived outcome has a threshold other than 0",
            rules=other_thresholds,
        ),
    )
}
"""Every control by its name."""
RENAMED = {"scaled-noise": "pruned-scale-noise"}
"""Former names of controls, which files and commands may still hold."""


def is_reference(control: str) -> bool:
    """Whether what a control makes is no treatment of anything, but what tests are read against."""
    return control in CONTROLS and CONTROLS[control].role == "reference"
