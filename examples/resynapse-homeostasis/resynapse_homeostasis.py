"""Synaptic scaling (Turrigiano et al. 1998, doi:10.1038/36103): a unit holds its mean activity near a set point."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from resynapse.modulation import hidden_activity
from resynapse.protocol import Count, Positive, Setting, State, Step, about


class Homeostasis(Step):
    """Scale the incoming weights of every hidden unit, so that its mean activity comes nearer to a target."""

    kind: ClassVar[str] = "homeostasis"
    target: Positive = Field(
        description="mean absolute activity to reach", json_schema_extra=about("activity units", "choice")
    )
    rounds: Count = Field(
        default=10, description="how often layers are scaled", json_schema_extra=about("rounds", "choice")
    )
    limit: Positive = Field(
        default=1.1, description="largest factor of a round", json_schema_extra=about("1", "choice")
    )

    def apply(self, state: State, setting: Setting) -> State:
        """The state with other weights; masks, biases and the drug state stay."""
        for _ in range(self.rounds):
            state = replace(state, network=self._scaled(state, setting.data.train.inputs))
        return state

    def _scaled(self, state, inputs):
        weights, activity = [], inputs
        for layer in range(state.network.hidden_layers):
            weight, bias = state.network.weights[layer], state.network.biases[layer]
            activity = hidden_activity(weight @ activity + bias[:, None], replace(state.modulation, noise_sd=0.0))
            mean = np.abs(activity).mean(axis=1, keepdims=True)
            factor = np.clip(self.target / np.maximum(mean, 1e-12), 1 / self.limit, self.limit)
            weights.append((weight * factor).astype(weight.dtype))
        return state.network.with_weights([*weights, state.network.weights[-1]])
