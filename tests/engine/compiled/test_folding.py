"""Folding changes the order of sums and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resynapse.engine import Engine, TrainingPhase, engine
from resynapse.engine.compiled.engine import CompiledEngine
from resynapse.engine.compiled.folding import MOST_MIXED, SECOND_BY, Fold, fold, mixed
from resynapse.engine.compiled.kernels.fold_training import fold_epoch
from resynapse.engine.conformance import Case, training_agrees
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune, regrow
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs, Split, TaskData

MODULATIONS = {
    "neutral": NEUTRAL,
    "gain": Modulation(gain=1.25),
    "gain under full protection": Modulation(gain=1.6, protection=1.0),
    "inhibition and a mean without noise": Modulation(inhibition=0.7, noise_mean=0.4, protection=0.3),
}
shapes = st.tuples(*[st.integers(1, 40)] * 3)
sparsities = st.sampled_from([0.0, 0.3, 0.6])


def _folded(network: Network, data: Split) -> Fold:
    folded = fold(network, data)
    assert folded is not None
    return folded


def _regrown(key: Key, hidden: tuple[int, ...], features: int = 2, classes: int = 4) -> Network:
    """A network as it is after pruning and regrowth: some units of the first layer have no input."""
    pruned = prune(initialise(key, (features, *hidden, classes)), 0.9)
    return regrow(pruned, 0.5, None, key.of("regrow"), init_sd=0.03).astype(np.float32)


def _blobs(features: int, classes: int, sd: float = 0.8) -> GaussianBlobs:
    centres = np.array([[-3.0, -3.0], [3.0, 3.0], [-3.0, 3.0], [3.0, -3.0]])
    if features == 1:
        centres = np.array([[-6.0], [-2.0], [2.0], [6.0]])
    return GaussianBlobs(
        centres=tuple(map(tuple, centres[:classes].tolist())), sd=sd, train=300, test=50, clean=classes
    )


@given(hidden=shapes, sparsity=sparsities, seed=st.integers(0, 99))
def test_there_and_back_nothing_changes(hidden: tuple[int, int, int], sparsity: float, seed: int) -> None:
    key = Key(seed, 0)
    network = prune(initialise(key, (2, *hidden, 4)), sparsity).astype(np.float32)
    folded = fold(network, _blobs(2, 4).draw(key).train)
    if folded is None:
        return
    placement, structure = folded.placement, folded.structure
    back = placement.scatter(placement.gather(network), network)
    for before, after in zip((*network.weights, *network.biases), (*back.weights, *back.biases), strict=True):
        np.testing.assert_array_equal(before, after)
    for at in (placement.weight_at, placement.bias_at):
        places = at[at >= 0]
        assert np.unique(places).size == places.size
    padding = (placement.weight_at < 0) & (placement.bias_at < 0)
    padding[placement.moving] = False
    assert not structure.mask[padding].any()
    assert structure.second % SECOND_BY == 0


def test_every_live_weight_that_reaches_an_output_has_its_place(key: Key, data: TaskData) -> None:
    network = _regrown(key, (24, 20, 12))
    folded = _folded(network, data.train)
    assert folded.structure.constants > 0
    placed = np.zeros(sum(w.size for w in network.weights), np.bool_)
    live = folded.placement.weight_at[folded.structure.mask == 1]
    placed[live[live >= 0]] = True
    placed[folded.placement.moved_at] = True
    masks = np.concatenate([m.ravel() for m in network.masks.values()])
    assert not (placed & ~masks).any()
    lower, upper = list(network.masks.values()), list(network.masks.values())[1:]
    fed = [(mask & above.any(axis=0)[:, None]).ravel() for mask, above in zip(lower, upper, strict=False)]
    reach = np.concatenate([*fed, lower[-1].ravel()])
    # at this density every unit with an active output reaches one
    np.testing.assert_array_equal(placed, reach)


@pytest.mark.parametrize("modulation", MODULATIONS.values(), ids=MODULATIONS.keys())
@pytest.mark.parametrize("grown", [True, False], ids=["regrown", "never pruned"])
def test_an_epoch_agrees_with_the_definition(data: TaskData, key: Key, modulation: Modulation, grown: bool) -> None:
    hidden = (24, 20, 12)
    network = _regrown(key, hidden) if grown else initialise(key, (2, *hidden, 4)).astype(np.float32)
    _folded(network, data.train)
    training_agrees(CompiledEngine(), Case(name="folded", network=network, data=data, modulation=modulation, key=key))


@settings(max_examples=30)
@given(
    hidden=shapes,
    sparsity=sparsities,
    features=st.integers(1, 2),
    classes=st.integers(2, 4),
    batch_size=st.integers(1, 128),
    spread=st.sampled_from([0.0, 0.8, 3.0]),
    seed=st.integers(0, 99),
)
def test_any_shape_agrees(
    reference: Engine,
    hidden: tuple[int, int, int],
    sparsity: float,
    features: int,
    classes: int,
    batch_size: int,
    spread: float,
    seed: int,
) -> None:
    key = Key(seed, 1)
    network = prune(initialise(key, (features, *hidden, classes)), sparsity).astype(np.float32)
    data = _blobs(features, classes, spread).draw(key).train
    phase = TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-6, batch_size=batch_size, key=key)
    with pytest.MonkeyPatch.context() as patch:
        # however mixed the classes are, the sums are the same
        patch.setattr("resynapse.engine.compiled.folding.MOST_MIXED", 1.0)
        ((_, ours),) = CompiledEngine().train(network, data, phase, [1])
    ((_, theirs),) = reference.train(network.astype(np.float64), data, phase, [1])
    for a, b in zip((*ours.weights, *ours.biases), (*theirs.weights, *theirs.biases), strict=True):
        # at most 300 steps of lr each, whose direction may be rounding alone; float32 carries 6e-8
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2 * 300 * 1e-6)


def test_gradients_agree_with_the_definition_where_rounding_cannot_hide(
    compiled: Engine, reference: Engine, data: TaskData, key: Key
) -> None:
    """After one step Adam's first moment is a tenth of the gradient: weights move by lr in its direction."""
    network = _regrown(key, (24, 20, 12))
    part = Split(data.train.inputs[:, :128], data.train.labels[:128])
    scores = reference.saliency(network.astype(np.float64), part, NEUTRAL, [np.arange(128)])
    phase = TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-3, batch_size=128, key=key)
    ((_, ours),) = compiled.train(network, part, phase, [1])
    ((_, theirs),) = reference.train(network.astype(np.float64), part, phase, [1])
    for a, b, before, score, mask in zip(
        ours.weights, theirs.weights, network.weights, scores.values(), network.masks.values(), strict=True
    ):
        # gradients well above float32's rounding of their sums have a certain sign
        certain = mask & (score > 1e-5)
        assert certain.any()
        np.testing.assert_array_equal(np.sign(a - before)[certain], np.sign(b - before)[certain])


def test_it_is_used_where_it_applies_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, data: TaskData, key: Key, fresh: Network
) -> None:
    used = []

    def spy(*arguments: object) -> int:
        used.append(True)
        return int(fold_epoch(*arguments))

    monkeypatch.setattr("resynapse.engine.compiled.engine.fold_epoch", spy)

    def folds(network: Network, modulation: Modulation, one: Engine) -> bool:
        used.clear()
        phase = TrainingPhase(schedule=[modulation], learning_rate=1e-4, batch_size=128, key=key)
        for _ in one.train(network, data.train, phase, [1]):
            pass
        return bool(used)

    dense = _regrown(key, (24, 20, 12))
    assert folds(dense, Modulation(gain=1.25, protection=1.0), engine("compiled"))
    assert not folds(dense, NEUTRAL, engine("unfolded"))
    assert not folds(dense, Modulation(noise_sd=0.5), engine("compiled"))
    assert not folds(dense, Modulation(activation="tanh"), engine("compiled"))
    assert not folds(prune(fresh, 0.9), NEUTRAL, engine("compiled"))
    assert not folds(initialise(key, (2, 24, 20, 4)).astype(np.float32), NEUTRAL, engine("compiled"))


@given(features=st.integers(3, 5), classes=st.integers(5, 7), seed=st.integers(0, 9))
def test_more_features_or_classes_than_it_has_terms_are_left_to_the_other_kernels(
    features: int, classes: int, seed: int
) -> None:
    key = Key(seed, 0)
    inputs, labels = np.zeros((features, 12)), np.arange(12) % classes
    for widths in ((features, 8, 8, 8, 4), (2, 8, 8, 8, classes)):
        assert fold(initialise(key, widths), Split(inputs[: widths[0]], labels)) is None


def test_the_share_of_mixed_pairs_is_what_it_says(key: Key) -> None:
    network = initialise(key, (1, 2, 3, 3, 2))
    weights = [np.array([[1.0], [1.0]]), *network.weights[1:]]
    biases = [np.array([0.0, 10.0]), *network.biases[1:]]
    network = network.with_weights(weights, biases)
    # the first unit is off for one of four samples of class 0; the second is on for all
    data = Split(np.array([[-1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]]), np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    assert mixed(network, data, np.array([0, 1])) == pytest.approx(1 / 16)
    assert mixed(network, data, np.array([1])) == 0.0


def test_mixed_classes_are_not_folded(key: Key) -> None:
    network = initialise(key, (2, 24, 20, 12, 4))
    apart, together = _blobs(2, 4).draw(key).train, _blobs(2, 4, sd=30.0).draw(key).train
    assert mixed(network, apart, np.arange(24)) < MOST_MIXED < mixed(network, together, np.arange(24))
    assert fold(network, apart) is not None
    assert fold(network, together) is None


def test_a_diverging_run_stays_visible(data: TaskData, key: Key) -> None:
    network = _regrown(key, (24, 20, 12))
    broken = [w.copy() for w in network.weights]
    broken[1][network.masks["weights.2"]] = np.nan
    network = network.with_weights(broken)
    phase = TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-3, batch_size=128, key=key)
    ((_, after),) = CompiledEngine().train(network, data.train, phase, [1])
    assert not all(np.isfinite(w).all() for w in after.weights)


def test_both_compiled_engines_give_the_same_subject_but_for_rounding(data: TaskData, key: Key) -> None:
    network = _regrown(key, (24, 20, 12))
    phase = TrainingPhase(schedule=[Modulation(gain=1.25)] * 5, learning_rate=5e-4, batch_size=64, key=key)
    after = [dict(engine(name).train(network, data.train, phase, [0, 2, 5])) for name in ("compiled", "unfolded")]
    assert list(after[0]) == [0, 2, 5]
    for count in after[0]:
        for a, b in zip(after[0][count].weights, after[1][count].weights, strict=True):
            # 50 steps of at most lr each; Adam may turn rounding of a vanishing gradient into a step
            assert np.quantile(np.abs(a - b), 0.99) < 1e-5
            np.testing.assert_allclose(a, b, atol=2 * 50 * 5e-4)
