"""Synaptic scaling (Turrigiano et al. 1998, doi:10.1038/36103): a unit holds its mean activity near a set point.

A step that does it, and an outcome that shows what it changed.
"""

from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from resynapse.outcomes import Examination, Outcome
from resynapse.protocol import Count, Positive, Setting, State, Step


class Homeostasis(Step):
    """Scale the incoming weights of every hidden unit, so that its mean activity comes nearer to a target."""

    kind: ClassVar[str] = "homeostasis"
    target: Positive = Field(description="mean absolute activity", json_schema_extra={"unit": "activity"})
    rounds: Count = Field(default=10, description="how often it scales", json_schema_extra={"unit": "rounds"})
    limit: float = Field(default=1.1, gt=1, description="largest factor of one round")

    def apply(self, state: State, setting: Setting) -> State:
        """The state with other weights; masks, biases and the drug state stay."""
        for _ in range(self.rounds):
            state = replace(state, network=self._scaled(state, setting))
        return state

    def _scaled(self, state: State, setting: Setting):
        """One round, site by site: what a site passes on is measured after the sites below it were scaled."""
        network, inputs = state.network, setting.data.train.inputs
        # the connection into a site is the one before it: a perceptron has one for each
        for site, connection in zip(network.architecture.sites, network.masks, strict=False):
            seen = setting.engine.trace(network, inputs, state.modulation, setting.key.of("noise"))
            mean = np.abs(seen.activity[site]).mean(axis=1, keepdims=True)
            factor = np.clip(self.target / np.maximum(mean, 1e-12), 1 / self.limit, self.limit)
            weights = network.values[connection]
            network = network.with_values({connection: (weights * factor).astype(weights.dtype)})
        return network


def input_strength(seen: Examination) -> float:
    """Mean over all hidden units of the sum of their absolute incoming weights."""
    network = seen.network
    into = zip(network.architecture.sites, network.masks, strict=False)
    sums = [np.abs(network.values[connection]).sum(axis=1) for _, connection in into]
    return float(np.concatenate(sums).mean())


INPUT_STRENGTH = Outcome(
    "input_strength",
    "1",
    "sum of the absolute incoming weights of a hidden unit, mean over all of them",
    input_strength,
    title="input strength of hidden units",
    digits=2,
)
