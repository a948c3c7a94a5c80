"""Steps that change which connections there are: pruning, loss, scars and regrowth."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from typing_extensions import override

from resynapse.outcomes.examination import mean_activity
from resynapse.plasticity import (
    GROW_RULES,
    PRUNE_RULES,
    Scores,
    TieRule,
    lesion,
    pick,
    prune,
    prune_more,
    prune_to,
    regrow,
    scar,
    severity,
)
from resynapse.protocol.prose.wording import CHOICE, percent
from resynapse.protocol.state import Setting, State
from resynapse.protocol.steps.base import Count, NonNegative, OneOf, Share, Step
from resynapse.randomness import permutation

_PRUNING = (
    "Magnitude pruning: S. Han, J. Pool, J. Tran, W. J. Dally. Learning both weights and connections for efficient "
    "neural networks. NeurIPS 2015. arXiv:1506.02626"
)
_REGROWTH = (
    "Gradient-guided regrowth: U. Evci, T. Gale, J. Menick, P. S. Castro, E. Elsen. Rigging the lottery: making all "
    "tickets winners. ICML 2020. arXiv:1911.11134"
)


class Prune(Step):
    """Prune every layer to a sparsity, weakest connections first: the model of depression.

    Source: docs/model.md, Pruning.
    """

    kind: ClassVar[str] = "prune"
    structural: ClassVar[bool] = True
    loses: ClassVar[bool] = True
    past: ClassVar[str] = "pruned"
    cites: ClassVar[tuple[str, ...]] = (_PRUNING,)
    sparsity: float = Field(
        ge=0,
        lt=1,
        strict=True,
        allow_inf_nan=False,
        description="share of connections to be without",
        json_schema_extra={"unit": "share"},
    )

    @override
    def phrase(self) -> str:
        return f"prune to {percent(self.sparsity)} sparsity, weakest first"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, network=prune(state.network, self.sparsity))


class PruneMore(Step):
    """Prune a share of the connections that are still active: the structural relapse test.

    Source: docs/model.md, Pruning.
    """

    kind: ClassVar[str] = "prune_more"
    structural: ClassVar[bool] = True
    loses: ClassVar[bool] = True
    past: ClassVar[str] = "pruned more"
    cites: ClassVar[tuple[str, ...]] = (_PRUNING,)
    of_active: Share = Field(description="share of the active connections to prune")

    @override
    def phrase(self) -> str:
        return f"prune {percent(self.of_active)} of what is left, weakest first"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, network=prune_more(state.network, self.of_active))


class PruneTo(Step):
    """Prune the weakest of named connections until an exact share of their positions is pruned.

    Source: docs/recurrent.md, Architectures.
    """

    kind: ClassVar[str] = "prune_to"
    structural: ClassVar[bool] = True
    loses: ClassVar[bool] = True
    past: ClassVar[str] = "pruned"
    cites: ClassVar[tuple[str, ...]] = (_PRUNING,)
    share: Share = Field(description="share of all positions to be without; the count is rounded down")
    of: tuple[str, ...] = Field(
        default=(), description="connections by the names of the architecture, such as recurrent; by default all"
    )
    by: Annotated[str, OneOf(PRUNE_RULES)] = Field(default="smallest", description="the weakest ones, or uniformly")

    @override
    def phrase(self) -> str:
        named = f"the {' and '.join(self.of)} connections" if self.of else "every array"
        return f"prune {named} to {percent(self.share)} sparsity, {CHOICE[self.by]}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        scores = PRUNE_RULES[self.by](state.network, setting.key)
        return replace(state, network=prune_to(state.network, self.share, self.of, scores))


class Lesion(Step):
    """Remove an exact number of active connections from every layer.

    Source: docs/model.md, Pruning.
    """

    kind: ClassVar[str] = "lesion"
    structural: ClassVar[bool] = True
    loses: ClassVar[bool] = True
    past: ClassVar[str] = "lesioned"
    of_active: Share = Field(description="share of each layer's active connections; the count is rounded down")
    by: Annotated[str, OneOf(PRUNE_RULES)] = Field(default="smallest", description="the weakest ones, or uniformly")

    @override
    def phrase(self) -> str:
        return f"remove {percent(self.of_active)} of the active connections, {CHOICE[self.by]}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, network=lesion(state.network, self.of_active, setting.key, by=self.by))


class Scar(Step):
    """Turn connections into scars: pruned, and never regrown.

    Severity, where it counts, is ``clip(1 + (gain - 1) + 2 (activation_magnitude - 0.1), 0.5, 2)`` of the state.
    Source: docs/model.md, Scars.
    """

    kind: ClassVar[str] = "scar"
    structural: ClassVar[bool] = True
    loses: ClassVar[bool] = True
    past: ClassVar[str] = "scarred"
    of_all: Share | None = Field(default=None, description="share of all positions of each layer")
    of_active: Share | None = Field(default=None, description="share of each layer's active connections")
    of_induced: Share | None = Field(
        default=None,
        description="share of the connections that each layer had at the end of the induction; as many of its active "
        "ones, so that every arm loses the same number",
        json_schema_extra={"source": "choice"},
    )
    by: Annotated[str, OneOf(PRUNE_RULES)] = Field(default="random", description="uniformly, or the weakest ones")
    at_least: Count = Field(
        default=0,
        description="fewest scars of a layer, where it has so many positions",
        json_schema_extra={"unit": "connections"},
    )
    times_severity: bool = Field(default=False, description="multiply the share by the severity of the state")
    within: tuple[Share, Share] = Field(default=(0.0, 1.0), description="bounds of the share after that")

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if sum(share is not None for share in (self.of_all, self.of_active, self.of_induced)) != 1:
            raise ValueError("give of_all, of_active or of_induced, one of them")
        if not self.within[0] <= self.within[1]:
            raise ValueError("within gives the lowest share first")
        return self

    @property
    def _share(self) -> float:
        return next(share for share in (self.of_all, self.of_active, self.of_induced) if share is not None)

    @override
    def phrase(self) -> str:
        share = f"{percent(self.of_all)} of all positions" if self.of_all is not None else ""
        share = share or f"{percent(self._share)} of the active connections"
        share += " as after the induction" if self.of_induced is not None else ""
        bounds = f" within {percent(self.within[0])} to {percent(self.within[1])}" if self.within != (0.0, 1.0) else ""
        fewest = f", at least {self.at_least}" if self.at_least else ""
        return f"scar {share}{' times severity' * self.times_severity}{bounds}{fewest}, {CHOICE[self.by]}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        share = self._share
        if self.times_severity:
            raw = replace(state.modulation, noise_mean=0.0, noise_sd=0.0, protection=0.0)
            activity = setting.engine.activity(state.network, setting.data.test.inputs, raw)
            share *= severity(raw.gain, mean_activity(activity))
        share = min(self.within[1], max(self.within[0], share))
        chosen = pick(
            state.network,
            share,
            setting.key,
            of="active" if self.of_all is None else "all",
            by=self.by,
            at_least=self.at_least,
            as_of=None if self.of_induced is None else state.induced or state.network,
        )
        return replace(state, network=scar(state.network, chosen))


class Regrow(Step):
    """Re-open pruned connections with the largest gradient of the loss (or at random): synaptogenesis.

    Source: docs/model.md, Regrowth.
    """

    kind: ClassVar[str] = "regrow"
    structural: ClassVar[bool] = True
    past: ClassVar[str] = "regrown"
    cites: ClassVar[tuple[str, ...]] = (_REGROWTH,)
    of_pruned: Share = Field(description="share of each layer's pruned connections to re-open")
    by: Annotated[str, OneOf(GROW_RULES)] = Field(
        default="gradient", description="choose by the summed abs(dL/dw), or uniformly"
    )
    batches: Annotated[int, Field(ge=1, strict=True)] = Field(
        default=30, description="training batches of the sum", json_schema_extra={"unit": "batches"}
    )
    init_sd: NonNegative = Field(
        default=0.03, description="sd of the new weights, normal around 0", json_schema_extra={"unit": "weight"}
    )
    ties: TieRule = Field(
        default="keyed",
        description="order among equal scores: a keyed random order, or by index",
        json_schema_extra={"source": "choice"},
    )

    @override
    def phrase(self) -> str:
        how = f"by gradient over {self.batches} batches" if self.by == "gradient" else "at random"
        weights = "" if self.init_sd == 0.03 else f", new weights of sd {self.init_sd:g}"
        ties = "" if self.ties == "keyed" else f", ties by {self.ties}"
        return f"regrow {percent(self.of_pruned)} of the pruned connections {how}{weights}{ties}"

    @override
    def citations(self) -> tuple[str, ...]:
        return self.cites if self.by == "gradient" else ()

    @override
    def apply(self, state: State, setting: Setting) -> State:
        def saliency() -> Scores:
            quiet = replace(state.modulation, gain=1.0, noise_sd=0.0, noise_mean=0.0)
            return setting.engine.saliency(state.network, setting.data.train, quiet, self._batches(setting))

        scores = GROW_RULES[self.by](state.network, saliency) if self.of_pruned > 0 else None
        grown = regrow(
            state.network,
            self.of_pruned,
            scores,
            setting.key,
            init_sd=self.init_sd,
            ties=self.ties,
        )
        return replace(state, network=grown)

    def _batches(self, setting: Setting) -> list[NDArray[np.int64]]:
        """The first batches of one epoch after the other, each epoch in an order of its own."""
        samples, size = setting.data.train.labels.size, setting.batch_size
        an_epoch = -(-samples // size)
        batches = []
        for number in range(self.batches):
            epoch, place = divmod(number, an_epoch)
            if place == 0:
                order = permutation(setting.key.of("batches"), samples, draw=epoch)
            batches.append(order[place * size : (place + 1) * size])
        return batches
