"""Conditional steps: what is read, what is refused, and that a false condition does nothing."""

from __future__ import annotations

import pytest

from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.protocol import dumps, loads
from resynapse.protocol.when import When
from resynapse.runs.walk import walk

TEMPLATE = """
name: tiny
task: {{kind: gaussian-blobs, train: 64, test: 64, clean: 8}}
network: {{hidden: [8, 6]}}
arms:
  one:
    - assess: {{condition: before, outcomes: [sparsity, acc_standard as ability]}}
    - prune: {{sparsity: 0.5}}
      when: {when}
    - assess: {{condition: after, outcomes: [sparsity]}}
"""


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("a < 5", 4.9, True),
        ("a < 5", 5.0, False),
        ("a <= 5", 5.0, True),
        ("a > 5", 5.0, False),
        ("a>=5", 5.0, True),
        (" acc_biased_1.5 >= 1e1 ", 10.0, True),
        ("a >= 35.666667", 35.6666669, False),
        ("a >= 35.666667", 35.666667, True),
    ],
)
def test_a_comparison_reads_as_it_is_written(text: str, value: float, holds: bool) -> None:
    when = When.parse(text)
    assert when.holds({when.outcome: value}) is holds
    assert When.parse(str(when)) == when


@pytest.mark.parametrize(
    "text", ["", "a", "a < ", "a == 5", "a < b", "a < nan", "a < inf", "a < 5 < 6", 5, None, ["a"]]
)
def test_what_is_no_comparison_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ProtocolError, match=r"is no comparison; write one such as acc_combined < 80"):
        When.parse(text)


@pytest.mark.parametrize(("when", "sparsity"), [("sparsity < 1", 50.0), ("sparsity > 1", 0.0), ("ability >= 0", 50.0)])
def test_a_step_is_done_where_the_value_measured_last_says_so(when: str, sparsity: float) -> None:
    rows = walk(loads(TEMPLATE.format(when=when)), Subject(0, 0), engine("reference"))
    found = {(row.condition, row.outcome): row.value for row in rows}
    assert found["after", "sparsity"] == pytest.approx(sparsity, abs=3)
    assert found["before", "sparsity"] == 0.0


def test_the_latest_value_counts() -> None:
    text = TEMPLATE.format(when="sparsity < 1") + "    - prune: {sparsity: 0.9}\n      when: sparsity > 40\n"
    text += "    - assess: {condition: last, outcomes: [sparsity]}\n"
    rows = walk(loads(text), Subject(0, 0), engine("reference"))
    (last,) = (row.value for row in rows if row.condition == "last")
    assert last > 80


def test_a_condition_never_reads_a_side_path() -> None:
    text = TEMPLATE.replace("- assess: {{condition: before", "- fork: [{{assess: {{condition: before").replace(
        "as ability]}}", "as ability]}}}}]", 1
    )
    with pytest.raises(ProtocolError, match="reads an outcome that is not measured before it"):
        loads(text.format(when="sparsity < 1"))


def test_an_outcome_that_is_not_measured_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"`when: acc_clean < 80` reads an outcome that is not measured before it"):
        loads(TEMPLATE.format(when="acc_clean < 80"))


def test_the_place_of_a_wrong_comparison_is_its_line() -> None:
    with pytest.raises(ProtocolError, match=r"file line 9: arms.one\[1\].when: 'sparsity' is no comparison"):
        loads(TEMPLATE.format(when="sparsity"), source="file")


def test_files_keep_conditions() -> None:
    protocol = loads(TEMPLATE.format(when="ability <= 12.5"))
    assert loads(dumps(protocol)) == protocol
    assert "when: ability <= 12.5" in dumps(protocol)


PLACES = """
name: x
arms: {a: [], b: []}
follow_up:
  - mark: {}
    arms: [b]
  - assess: {condition: acute, outcomes: [acc_combined]}
  - fork:
      - mark: {}
      - STEP
"""


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{mark: {}, when: acc_combned < 80}", "did you mean 'acc_combined'"),
        ("enrol: acc_combned >= 80", "did you mean 'acc_combined'"),
        ("assess: acute", "arm a is assessed twice as 'acute'"),
    ],
)
def test_an_error_of_the_follow_up_names_the_step(step: str, said: str) -> None:
    text = PLACES.replace("STEP", step)
    with pytest.raises(ProtocolError, match=rf"line 10: follow_up\[2\]\.fork\[1\]: .*{said}"):
        loads(text)
    # a repetition before it makes of one item of the file many steps: then the section alone is sure
    repeated = text.replace("  - mark: {}\n    arms: [b]", "  - repeat: {round: [1, 2]}\n    do: [mark: {}]")
    with pytest.raises(ProtocolError, match=rf"line 4: follow_up: .*{said}"):
        loads(repeated)
