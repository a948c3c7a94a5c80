"""Primary endpoints in protocol files: read, written, inherited and refused like everything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml

import resynapse as rs
from resynapse.protocol import Endpoint, differences, dump, dumps, json_schema, library, load, loads
from resynapse.protocol.conditions import base
from resynapse.runs.store.folder import Manifest

HEAD = "name: p\narms: {a: [assess: {condition: acute, outcomes: [acc_clean]}]}\n"


def test_endpoints_survive_a_round_trip_and_change_no_number_of_a_run() -> None:
    protocol = loads(HEAD + "primary: [acc_clean at acute]\n")
    assert protocol.primary == (Endpoint("acc_clean", "acute"),)
    assert loads(dumps(protocol)) == protocol
    one, other = (Manifest(p, 0, "compiled", 1, ()).identity for p in (protocol, loads(HEAD)))
    assert one == other
    assert "primary" not in dump(loads(HEAD))


REFUSED = (
    ("[acc_clean]", "names no endpoint; write it such as acc_combined at acute"),
    ("[acc_clean at acut]", "did you mean 'acute'"),
    ("[acc_clena at acute]", "did you mean 'acc_clean'"),
    ("[acc_clean at acute, acc_clean at acute]", "duplicate 'acc_clean at acute'"),
    ("acc_clean at acute", "expected a list, got"),
    ("[3]", "3 is not possible"),
)


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_is_not_measured_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(rs.ResynapseError, match="protocol line 3: primary") as caught:
        loads(f"{HEAD}primary: {text}\n")
    assert said in str(caught.value)


def test_the_json_schema_knows_endpoints() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(yaml.safe_load(f"{HEAD}primary: [acc_clean at acute]"))
    assert not validator.is_valid(yaml.safe_load(f"{HEAD}primary: [acc_clean]"))


def test_a_base_hands_down_the_endpoints_that_are_still_measured() -> None:
    whole = loads("name: mine\nbase: demo\n")
    assert whole.primary == load("demo").primary
    fewer = loads("name: mine\nbase: demo\nfollow_up: [assess: acute]\nderived: []\n")
    assert fewer.primary == (Endpoint("acc_combined", "acute"),)
    assert loads("name: mine\nbase: demo\nprimary: []\n").primary == ()
    with pytest.raises(rs.ResynapseError, match="primary"):
        loads("name: mine\nbase: demo\nfollow_up: [assess: acute]\nderived: []\nprimary: [relapse_drop at acute]\n")


def test_taking_arms_or_outcomes_away_takes_the_endpoints_that_need_them() -> None:
    demo = load("demo")
    assert demo.only(["ketamine"]).primary == demo.primary
    fewer = demo.with_outcomes("maintenance", ["protection"])
    assert set(demo.primary) - set(fewer.primary) == {Endpoint("acc_biased_1.0", "maintenance")}


def test_other_endpoints_are_a_difference_and_no_other_protocol() -> None:
    demo = load("demo")
    other = replace(demo, primary=demo.primary[:-1])
    assert differences(demo, other) == ["primary: removed: acc_biased_1.0 at maintenance"]
    assert differences(other, demo) == ["primary: added: acc_biased_1.0 at maintenance"]


@pytest.mark.parametrize("name", library())
def test_every_library_protocol_but_dose_names_a_few_endpoints_of_which_none_is_a_count(name: str) -> None:
    found = load(name).primary
    assert len(found) <= 10
    assert bool(found) == (name != "dose")
    assert all(base(one.condition) == one.condition for one in found)


def test_show_lists_the_endpoints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    from resynapse.protocol.prose.outline import draw

    Console(width=200).print(draw(load("demo")))
    shown = capsys.readouterr().out
    assert "primary endpoints" in shown
    assert "acc_biased_1.0 at maintenance" in shown
