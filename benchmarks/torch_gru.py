"""The plain baseline of `gru-kindling`: training as a user would write it in PyTorch from docs/recurrent.md alone.

Dense products, autograd, Adam, one network at a time, masks applied again after each step. The input repeats, so its
product is taken once a batch where no noise is added, as anyone would.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from benchmarks.torch_loop import BATCH, Drug, Set, Watch, unwatched


class GruNet(nn.Module):
    """One layer of gated units with a linear read-out, and a mask on every weight matrix."""

    def __init__(self, units: int, steps: int) -> None:
        super().__init__()
        self.cell = nn.GRUCell(2, units)
        self.readout = nn.Linear(units, 4)
        self.steps = steps
        self.masks = [torch.ones_like(weight) for weight in self.weights]

    @property
    def weights(self) -> list[Tensor]:
        """Input, recurrent and read-out weights, (units, inputs)."""
        return [self.cell.weight_ih, self.cell.weight_hh, self.readout.weight]

    def load(self, values: Mapping[str, Tensor], masks: Sequence[Tensor]) -> None:
        """Take the values and masks of another network."""
        with torch.no_grad():
            for own, name in zip(
                (*self.weights, self.cell.bias_ih, self.cell.bias_hh, self.readout.bias),
                ("input.1", "recurrent.1", "readout", "input_bias.1", "recurrent_bias.1", "readout_bias"),
                strict=True,
            ):
                own.copy_(values[name])
        self.masks = [mask.float() for mask in masks]

    def forward(self, x: Tensor, drug: Drug) -> Tensor:
        """Class scores, (samples, classes), of points that are the input of every step."""
        cell = self.cell
        state = torch.zeros(len(x), cell.hidden_size)
        x = x * drug.effective_gain
        from_input = nn.functional.linear(x, cell.weight_ih, cell.bias_ih)
        for _ in range(self.steps):
            if drug.noise_sd > 0:
                noisy = x + drug.noise_sd * torch.randn_like(x)
                from_input = nn.functional.linear(noisy, cell.weight_ih, cell.bias_ih)
            r, z, n = from_input.chunk(3, 1)
            of_r, of_z, of_n = nn.functional.linear(state, cell.weight_hh, cell.bias_hh).chunk(3, 1)
            update = torch.sigmoid(z + of_z)
            new = torch.tanh(n + torch.sigmoid(r + of_r) * of_n)
            state = drug.inhibition * ((1 - update) * new + update * state) - 0.15 * drug.protection
            state = torch.tanh(state) if drug.tanh else torch.relu(state)
        scores: Tensor = self.readout(state)
        return scores

    @torch.no_grad()
    def apply_masks(self) -> None:
        """Set pruned weights to zero."""
        for weight, mask in zip(self.weights, self.masks, strict=True):
            weight.mul_(mask)


def train(net: GruNet, data: Set, drugs: Sequence[Drug], lr: float, watch: Watch = unwatched, phase: str = "") -> None:
    """Train in place with a new Adam; `drugs` gives the drug state of each epoch."""
    inputs, labels = data
    adam = torch.optim.Adam(net.parameters(), lr=lr)
    for drug in drugs:
        started = time.perf_counter()
        for batch in torch.randperm(len(labels)).split(BATCH):
            loss = nn.functional.cross_entropy(net(inputs[batch], drug), labels[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()
            net.apply_masks()
        watch(phase, time.perf_counter() - started)
