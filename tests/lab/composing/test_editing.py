"""Tree, form and text are one document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import resynapse as rs
from resynapse.errors import ResynapseError
from resynapse.lab.composing.editing import edited, example
from resynapse.lab.composing.tree_view import form, tree
from resynapse.lab.context import Lab
from resynapse.lab.pages.composer import _copied
from resynapse.protocol import STEPS, dump, loads

TEXT = """\
name: small
# kept above
arms:
  one: []
  two:
    - drug: {gain: 1.25}   # kept beside
    - train: {epochs: 5, lr: 1.0e-3}
      at: [1, 5]
      fork:
        - assess: inside
follow_up:
  - assess: after
"""


def _every(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield node
        yield from _every(node["inside"])


@pytest.mark.parametrize("name", rs.library())
def test_form_to_yaml_to_form_is_the_identity(name: str, lab: Lab) -> None:
    text = _copied(lab, "library", name, "copy")
    protocol = rs.load(name)
    assert loads(text) == replace(protocol, name="copy")
    changed = text
    steps = [node["place"] for node in _every(tree(text)) if node["kind"] == "step"]
    assert steps
    for place in steps[:: max(1, len(steps) // 6)]:
        shown = form(changed, place)
        assert shown is not None
        for field in shown["fields"]:
            where = [*place, field["kind"], field["name"]]
            if field["value"]:
                changed, selected = edited(changed, "set", where, field["value"])
                assert selected == place
            for part in field["parts"]:
                if part["value"]:
                    changed, selected = edited(changed, "part", [*where, *part["place"]], part["value"])
                    assert selected == place
        assert form(changed, place) == shown
    for which in ("task", "network"):
        shown = form(changed, [which])
        assert shown is not None
        assert all(one["about"] and one["default"] and one["source"] for one in shown["fields"]), shown
        for field in shown["fields"][1:]:
            if field["value"]:
                changed, _ = edited(changed, "set", [which, "", field["name"]], field["value"])
        assert form(changed, [which]) == shown
    assert dump(loads(changed)) == dump(loads(text))


def test_a_network_of_another_kind_has_the_fields_of_that_kind() -> None:
    text, place = edited(TEXT, "set", ["network", "", "kind"], "gru")
    assert place == ["network"]
    text, _ = edited(text, "set", ["network", "", "hidden"], "[8]")
    shown = form(text, place)
    assert shown is not None
    assert [one["name"] for one in shown["fields"]] == ["kind", "hidden", "embedding", "readout"]
    text, _ = edited(text, "set", ["network", "", "kind"], "")
    assert loads(text) == loads(TEXT)


def test_one_change_leaves_every_other_line_and_comment() -> None:
    changed, _ = edited(TEXT, "set", ["arms", "two", 0, "drug", "gain"], "1.5")
    assert changed.replace(" ", "") == TEXT.replace("1.25", "1.5").replace(" ", "")
    back, _ = edited(changed, "set", ["arms", "two", 0, "drug", "gain"], "1.25")
    assert back.replace(" ", "") == TEXT.replace(" ", "")


SPARSITY = ["induction", 0, "prune", "sparsity"]


DRAWN = "induction:\n  - prune: {sparsity: 0.9}   # depth\n" + TEXT


@pytest.mark.parametrize("shape", ["uniform", "normal", "lognormal", "choice"])
def test_a_number_is_drawn_by_its_form_and_made_one_number_again(shape: str) -> None:
    text, place = edited(DRAWN, "shape", SPARSITY, shape)
    assert place == SPARSITY[:2]
    ((_, trait),) = loads(text).induction[0].draws
    assert getattr(trait, "kind", "") == shape
    shown = form(text, place)
    assert shown is not None
    (field,) = [one for one in shown["fields"] if one["name"] == "sparsity"]
    assert field["shape"] == shape
    for part in field["parts"]:
        assert part["default"], part
        assert part["about"] or part["range"] or part["unit"], part
    text, _ = edited(text, "part", [*SPARSITY, "name"], "depth")
    ((_, trait),) = loads(text).induction[0].draws
    assert trait.name == "depth"
    text, _ = edited(text, "part", [*SPARSITY, "name"], "")
    text, _ = edited(text, "shape", SPARSITY, "one")
    text, _ = edited(text, "set", SPARSITY, "0.9")
    assert loads(text) == loads(DRAWN)
    assert "# depth" in text


def test_parts_of_a_distribution_are_numbers_of_the_file() -> None:
    text, _ = edited(DRAWN, "set", SPARSITY, "{normal: [0.9, 0.02]}")
    text, _ = edited(text, "part", [*SPARSITY, "normal", 1], "0.01")
    text, _ = edited(text, "part", [*SPARSITY, "within", 1], "0.95")
    ((_, trait),) = loads(text).induction[0].draws
    assert trait.dump() == {"normal": [0.9, 0.01], "within": [0.86, 0.95]}
    text, _ = edited(text, "part", [*SPARSITY, "within", 0], "")
    ((_, trait),) = loads(text).induction[0].draws
    assert trait.dump() == {"normal": [0.9, 0.01]}
    with pytest.raises(ResynapseError, match="give a number"):
        edited(text, "part", [*SPARSITY, "normal", 0], " ")


def test_rounds_of_a_repetition_are_numbers_of_the_file() -> None:
    text, place = edited(TEXT, "add", ["follow_up", 1], "repeat")
    assert len(loads(text).follow_up) == 1 + 3
    rounds = [*place, "repeat", "round"]
    text, _ = edited(text, "part", [*rounds, "to"], "5")
    assert len(loads(text).follow_up) == 1 + 5
    text, _ = edited(text, "shape", rounds, "list")
    text, _ = edited(text, "part", rounds, "1, 2, 4")
    text, _ = edited(text, "variable", [*place, "repeat"], "dose")
    text, _ = edited(text, "part", [*place, "repeat", "dose"], "0.1, 0.2, 0.3")
    text, _ = edited(text, "variable", rounds, "cycle")
    assert "repeat: {cycle: [1, 2, 4], dose: [0.1, 0.2, 0.3]}" in text
    assert len(loads(text).follow_up) == 1 + 3
    text, _ = edited(text, "variable", [*place, "repeat", "dose"], "")
    with pytest.raises(ResynapseError, match="a repetition needs one"):
        edited(text, "variable", [*place, "repeat", "cycle"], "")
    shown = form(text, place)
    assert shown is not None
    assert [(one["name"], one["shape"]) for one in shown["fields"]] == [("cycle", "list")]
    text, _ = edited(text, "shape", [*place, "repeat", "cycle"], "range")
    assert "{from: 1, to: 4}" in text


def test_a_label_says_what_is_not_usual_and_counts_long_lists() -> None:
    text = "arms: {one: [train: {epochs: 5, lr: 0.1, noise_sd: 0.0}]}\nfollow_up:\n  - assess: "
    text += "{condition: after, outcomes: [gain, sparsity, acc_clean, acc_standard, acc_combined], draws: 1}\n"
    labels = [node["label"] for node in _every(tree(text))]
    assert "train epochs 5, lr 0.1" in labels
    assert "assess condition after, outcomes 5 in all" in labels
    assert form(text, []) is None


def test_an_emptied_field_goes_back_to_its_default() -> None:
    changed, _ = edited(TEXT, "set", ["arms", "two", 1, "train", "noise_sd"], "[0.5, 0]")
    assert form(changed, ["arms", "two", 1])["fields"][2]["value"] == "[0.5, 0]"  # type: ignore[index]
    again, _ = edited(changed, "set", ["arms", "two", 1, "train", "noise_sd"], " ")
    assert loads(again) == loads(TEXT)


def test_steps_are_added_moved_duplicated_removed_and_branched() -> None:
    text, place = edited(TEXT, "add", ["arms", "one", 0], "prune_more")
    assert place == ["arms", "one", 0]
    text, place = edited(text, "duplicate", ["arms", "two", 0])
    assert place == ["arms", "two", 1]
    text, place = edited(text, "move", place, "1")
    assert place == ["arms", "two", 2]
    kinds = [node.step.kind for node in loads(text).arms["two"] if node.step is not None]
    assert kinds == ["drug", "train", "drug"]
    text, place = edited(text, "remove", place)
    assert place == ["arms", "two", 1]
    assert loads(text).arms["two"] == loads(TEXT).arms["two"]
    text, place = edited(text, "branch", ["arms", "two", 0])
    assert place == ["arms", "two", 0, "fork", 0]
    assert loads(text).arms["two"][0].fork
    assert edited(TEXT, "move", ["arms", "two", 0], "-1") == (TEXT, ["arms", "two", 0])


def test_arms_are_added_copied_renamed_and_removed_in_their_order() -> None:
    text, place = edited(TEXT, "branch", ["arms", "two"])
    assert place == ["arms", "two-2"]
    text, _ = edited(text, "rename", ["arms", "one"], "first")
    text, _ = edited(text, "arm", [])
    assert list(loads(text).arms) == ["first", "two", "two-2", "arm-1"]
    assert loads(text).arms["two-2"] == loads(TEXT).arms["two"]
    text, _ = edited(text, "remove", ["arms", "two-2"])
    assert list(loads(text).arms) == ["first", "two", "arm-1"]


@pytest.mark.parametrize("kind", sorted(STEPS))
def test_a_new_step_of_every_kind_is_one_that_can_be_run(kind: str) -> None:
    assert STEPS[kind].model_validate(example(kind)).kind == kind
    text, place = edited(TEXT, "add", ["follow_up", 1], kind)
    shown = form(text, place)
    assert shown is not None
    assert shown["about"]
    for field in shown["fields"]:
        assert field["about"], field["name"]
        assert field["default"], field["name"]


@pytest.mark.parametrize(
    ("text", "what", "place", "value", "said"),
    [
        ("- a\n", "add", ["arms", "x", 0], "train", "no protocol yet"),
        ("a: [", "remove", [], "", "malformed YAML"),
        (TEXT, "remove", ["arms", "three"], "", "choose a step again"),
        (TEXT, "remove", ["arms", "two", 9], "", "gone"),
        (TEXT, "move", [], "1", "choose a step"),
        (TEXT, "add", ["arms", "two", 0], "trian", "did you mean"),
        (TEXT, "explode", [], "", "no change"),
        (TEXT, "rename", ["arms", "one"], "two", "no other arm"),
        (TEXT, "set", ["arms", "two", 0, "drug", "gain"], "[", "no YAML value"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(text: str, what: str, place: list[Any], value: str, said: str) -> None:
    with pytest.raises(ResynapseError, match=said):
        edited(text, what, place, value)
