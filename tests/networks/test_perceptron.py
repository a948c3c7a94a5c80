"""The perceptron as an architecture: what it names, describes, varies and refuses, and how protocols write it."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.errors import ProtocolError
from resynapse.networks import Perceptron
from resynapse.protocol import dump
from resynapse.randomness import Key, address, words
from resynapse.task import GaussianBlobs

TASK = GaussianBlobs()


def test_its_connections_are_those_of_its_networks_and_its_sites_lie_between_them() -> None:
    architecture = Perceptron(hidden=(7, 5))
    network = architecture.initialise(Key(0, 0), TASK)
    assert architecture.connections(TASK) == {name: mask.shape for name, mask in network.masks.items()}
    assert architecture.sites == {"hidden.1": 7, "hidden.2": 5}
    assert network.classes == TASK.classes


def test_its_variations_are_half_as_wide_and_one_layer_deeper() -> None:
    half, deeper = Perceptron(hidden=(7, 1)).variations().values()
    assert (half, deeper) == (Perceptron(hidden=(3, 1)), Perceptron(hidden=(7, 7, 1)))


def test_files_name_no_kind_for_it_and_may() -> None:
    plain, named = (
        rs.loads(f"{{name: x, arms: {{a: []}}, network: {{{kind} hidden: [4]}}}}") for kind in ("", "kind: perceptron,")
    )
    assert plain == named
    # the identity of a run is a digest of this
    assert dump(plain)["network"] == {"hidden": [4]}
    assert plain.hidden == (4,)


def test_an_unknown_kind_is_refused_with_what_there_is() -> None:
    with pytest.raises(ProtocolError, match=r"network\.kind: unknown network 'percepton'.*perceptron"):
        rs.loads("{name: x, arms: {a: []}, network: {kind: percepton}}")


@pytest.mark.parametrize(("hidden", "said"), [([], "no hidden layer"), ([4, 0], r"hidden\[1\]: 0 is not possible")])
def test_impossible_widths_are_refused_with_their_place(hidden: list[int], said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        rs.loads(f"{{name: x, arms: {{a: []}}, network: {{hidden: {hidden}}}}}")


def test_each_step_of_time_has_random_numbers_of_its_own_and_the_first_those_without_time() -> None:
    key = Key(3, 1, "noise")
    now, later, other_layer = (words(key, 4, 9, layer=n, time=t) for n, t in ((2, 0), (2, 1), (3, 0)))
    assert (now == words(key, 4, 9, layer=2)).all()
    assert not (now == later).any()
    assert not (later == other_layer).any()
    for layer, time in ((2**16, 0), (0, 2**16), (-1, 0)):
        with pytest.raises(ValueError, match="address"):
            address(layer, time)
