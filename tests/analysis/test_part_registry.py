"""The registry of parts: every text resolves, names are those of an analysis, plug-ins join or are refused."""

from __future__ import annotations

import polars as pl
import pytest
from pydantic import TypeAdapter

import resynapse as rs
from resynapse.analysis import part_registry
from resynapse.analysis.analyse import Analysis, analyse
from resynapse.analysis.estimate import COLUMNS, Estimate
from resynapse.analysis.part import Measurements, Part
from resynapse.analysis.part_registry import BUILT_IN, PARTS, RESERVED, groups, parts
from resynapse.report.sections.statistics import method_sentences, tables_by_part


def _highest(run: Measurements) -> tuple[Estimate, ...]:
    cell = Estimate(part="highest")
    return tuple(
        cell.of("highest", values.max(), arm=key.arm, condition=key.condition, outcome=key.outcome, n=len(values))
        for key, values in zip(run.cells.keys, run.cells.values.T, strict=True)
    )


HIGHEST = Part(
    name="highest", title="Highest values", compute=_highest, method_sentence=lambda found: "Highest: the maximum."
)


@pytest.fixture
def with_highest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_registry, "PARTS", {**PARTS, "highest": (HIGHEST,)})


@pytest.fixture(scope="module")
def run(tiny: rs.Protocol) -> rs.Run:
    return rs.run(tiny, subjects=2)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_place_of_a_built_in_part_resolves_to_parts(name: str) -> None:
    found = groups()[name]
    assert found[0].name == name
    assert all(isinstance(one, Part) for one in found)


def test_names_are_unique_and_none_is_taken_by_the_analysis_itself() -> None:
    names = [part.name for group in groups().values() for part in group]
    assert len(set(names)) == len(names)
    assert not set(names) & set(dir(Analysis))
    assert not set(names) & set(RESERVED)


def test_what_a_part_found_can_be_read_back_from_its_json(run: rs.Run) -> None:
    found = run.analyse()
    for name, part in parts().items():
        form = TypeAdapter(part.form)
        assert form.validate_json(form.dump_json(found[name])) == found[name]


@pytest.mark.usefixtures("with_highest")
def test_a_part_of_estimates_alone_is_in_every_form_of_the_analysis(run: rs.Run) -> None:
    found = run.analyse()
    assert found.highest == found["highest"]
    assert [e.value for e in found.highest] == [d.maximum for d in found.descriptions]
    rows = found.frame().filter(pl.col("part") == "highest")
    assert rows.columns == list(COLUMNS)
    assert rows["value"].to_list() == [e.value for e in found.highest]
    (table,) = tables_by_part(found)["highest"]
    assert (table.title, len(table.rows)) == ("Highest values", len(found.highest))
    assert "Highest: the maximum." in method_sentences(found)
    alone = found.only(["acc_combined"], parts=["highest"])
    assert {e.outcome for e in alone.highest} == {"acc_combined"}
    assert alone.descriptions == ()


def test_a_part_of_a_plug_in_that_fails_costs_itself_alone(run: rs.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Measurements) -> tuple[Estimate, ...]:
        raise ZeroDivisionError("no rest")

    broken = Part(name="highest", title="Highest", compute=fails)
    monkeypatch.setattr(part_registry, "PARTS", {**PARTS, "highest": (broken,)})
    found = run.analyse()
    assert found.why_absent("highest") == "it failed: ZeroDivisionError: no rest"
    assert found.contrasts


@pytest.mark.parametrize(
    ("name", "loaded", "why"),
    [
        ("highest", 3, "expected a resynapse.analysis.part.Part, got 3"),
        ("lowest", HIGHEST, "its `name` is 'highest'"),
        ("absent", Part(name="absent", title="", compute=_highest), "is taken"),
        ("untimed", Part(name="untimed", title="", compute=_highest), "is taken"),
        ("contrasts", Part(name="contrasts", title="", compute=_highest), "is taken"),
    ],
)
def test_what_is_no_part_or_has_a_name_that_is_taken_is_refused(name: str, loaded: object, why: str) -> None:
    before = dict(PARTS)
    assert why in part_registry._take(name, loaded)
    assert before == PARTS


def test_the_analysis_is_a_mapping_of_its_parts(run: rs.Run) -> None:
    found = analyse(run.table(), run.protocol)
    assert list(found) == list(parts())
    with pytest.raises(AttributeError, match="no part 'contrast'; did you mean 'contrasts'"):
        _ = found.contrast
