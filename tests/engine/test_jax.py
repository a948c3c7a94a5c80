"""The engine by automatic differentiation keeps what every engine has to keep, for every architecture."""

from __future__ import annotations

import numpy as np
import pytest

from resynapse.engine import engine, engine_kind
from resynapse.engine.conformance import conform
from resynapse.errors import ResynapseError
from resynapse.networks import Architecture, Gru, Perceptron, Rnn
from resynapse.randomness import Key, normals
from resynapse.task import GaussianBlobs, RepeatedPoint, Task

SEQUENCES = RepeatedPoint(train=256, test=128, clean=16, steps=4)
POINTS = GaussianBlobs(train=256, test=128, clean=16)


def test_without_jax_the_refusal_is_one_line_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resynapse.engine.kinds.find_spec", lambda name: None)
    with pytest.raises(ResynapseError, match=r"^the jax engine needs jax and optax: pip install 'resynapse\[jax\]'"):
        engine("jax")


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        (Perceptron(hidden=(12, 10)), POINTS),
        (Gru(hidden=(8,)), SEQUENCES),
        (Rnn(hidden=(9,), readout="last", weight_sd=0.6, recurrent_sd=0.3), SEQUENCES),
    ],
    ids=["perceptron", "gru", "rnn"],
)
def test_it_conforms_for_every_architecture(architecture: Architecture, task: Task) -> None:
    pytest.importorskip("jax")
    assert engine_kind("jax").supports(architecture, 4096) == ""
    conform(engine("jax", architecture=architecture), architecture, task=task)


def test_its_normal_numbers_are_those_of_the_address() -> None:
    pytest.importorskip("jax")
    import jax.numpy as jnp

    from resynapse.engine.jax import noise

    key = Key(3, 1, "a")
    found = np.asarray(noise.normals(jnp.asarray(noise.key_words(key)), jnp.uint32(5), 2, 4, 7, 300))
    wanted = np.stack([normals(key, 7, 300, layer=2, draw=5, time=time) for time in range(4)])
    # the words are the same; the inverse distribution function in single precision is off by a few units in the last place
    np.testing.assert_allclose(found, wanted, rtol=3e-6, atol=3e-7)
