"""The conformance suite sees what an engine does otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resynapse.engine.conformance import conform
from resynapse.engine.reference import ReferenceEngine
from resynapse.networks import Perceptron
from resynapse.networks.base import NO_NOISE, Network, Noise, Trace
from resynapse.task import GaussianBlobs

SMALL = GaussianBlobs(train=256, test=120, clean=8)


def check(engine: Any) -> None:
    conform(engine, Perceptron(hidden=(8, 6)), task=SMALL)


class GainForgotten(ReferenceEngine):
    def respond(self, network: Any, inputs: Any, modulation: Any, *more: Any, **named: Any) -> Any:
        return super().respond(network, inputs, replace(modulation, gain=1.0), *more, **named)


class OtherNoise(ReferenceEngine):
    def respond(self, network: Any, inputs: Any, modulation: Any, noise: Any = None, *more: Any) -> Any:
        key = None if noise is None else noise.of(str(inputs.shape[-1]))
        return super().respond(network, inputs, modulation, key, *more)


class MaskForgotten(ReferenceEngine):
    def train(self, network: Any, data: Any, phase: Any, at: Any) -> Any:
        bare = replace(network, masks={name: np.ones_like(mask) for name, mask in network.masks.items()})
        for count, after in super().train(bare, data, phase, at):
            yield count, replace(after, masks=network.masks)


class HalfTheRate(ReferenceEngine):
    def train(self, network: Any, data: Any, phase: Any, at: Any) -> Any:
        return super().train(network, data, replace(phase, learning_rate=phase.learning_rate / 2), at)


class SignedSaliency(ReferenceEngine):
    def saliency(self, *arguments: Any) -> Any:
        return {name: -scores for name, scores in super().saliency(*arguments).items()}


class LastLayerAlone(ReferenceEngine):
    def activity(self, *arguments: Any) -> Any:
        return dict(list(super().activity(*arguments).items())[-1:])


class NoNumbers(ReferenceEngine):
    def spread(self, *arguments: Any) -> Any:
        return {site: np.nan * values for site, values in super().spread(*arguments).items()}


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (GainForgotten(), "class scores, .* gain: .* apart"),
        (OtherNoise(), "noise of the first samples"),
        (MaskForgotten(), "a pruned connection is not zero"),
        (HalfTheRate(), "of values differ"),
        (SignedSaliency(), "after regrowth"),
        (LastLayerAlone(), r"names are hidden\.2, not hidden\.1, hidden\.2"),
        (NoNumbers(), "spread of .* nan apart"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ReferenceEngine) else "",
)
def test_what_an_engine_does_otherwise_is_named(engine: ReferenceEngine, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check(engine)


def test_the_definition_conforms() -> None:
    check(ReferenceEngine())


class Untrained(Perceptron):
    """An architecture that states no gradient."""

    def forward(self, network: Network, inputs: Any, modulation: Any, noise: Noise = NO_NOISE) -> Trace:
        return super().forward(network, inputs, modulation, noise)


def test_an_architecture_without_gradient_is_checked_by_its_forward_pass_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Untrained, "has_gradient", False)
    conform(SignedSaliency(), Untrained(hidden=(8, 6)), task=SMALL)
