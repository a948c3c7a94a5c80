"""The literature is data: complete, typed, and every figure it names ships."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from resynapse.clinical.evidence import figure
from resynapse.clinical.literature import _FILE, Literature, literature
from resynapse.clinical.model_answers import READ


def test_every_figure_that_is_named_ships() -> None:
    for question in literature().questions:
        for finding in question.findings:
            assert all(figure(i) for i in (finding.first, finding.second) if i)
    for topic in literature().topics:
        # a position without a verified figure must not be shown
        assert all(figure(i).verified for position in topic.positions for i in position.figures)


def test_findings_stand_beside_arms_that_name_a_class() -> None:
    for question in literature().questions:
        for finding in question.findings:
            assert set(finding.arms) <= set(literature().arms)


def test_contested_questions_have_findings_on_both_sides_and_solid_ones_on_one() -> None:
    for question in literature().questions:
        sides = {finding.says for finding in question.findings}
        assert len(sides) == {"solid": 1, "contested": 2}[question.status]


def test_the_model_can_answer_every_question() -> None:
    assert set(READ) == {question.key for question in literature().questions}


@pytest.mark.parametrize("key", sorted(asdict(literature())))
def test_a_file_that_lacks_a_part_or_has_an_unknown_one_is_refused(key: str) -> None:
    content = yaml.safe_load(_FILE.read_text("utf-8"))
    read = TypeAdapter(Literature)
    with pytest.raises(ValidationError, match=key):
        read.validate_python({k: v for k, v in content.items() if k != key})
    with pytest.raises(ValidationError, match="unknown"):
        read.validate_python({**content, "unknown": content[key]})
