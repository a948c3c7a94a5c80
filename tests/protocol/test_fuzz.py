"""Whatever a protocol file holds, reading it ends in a protocol or in one clear line, within a moment.

`verification/test_fuzz.py` tries more of them.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import resynapse as rs
from resynapse.errors import ProtocolError
from resynapse.protocol import Protocol, library
from resynapse.protocol.files.safe_yaml import read

FILES = {n: (Path(rs.__file__).parent / "protocol" / "library" / f"{n}.yaml").read_text("utf-8") for n in library()}
MOMENT = 2.0
"""Seconds; the slowest library file takes a tenth of it, and a busy machine some times more."""
Place = tuple[str | int, ...]


def ends_well(text: str) -> bool:
    """Whether it is a protocol; anything but a protocol or one line fails."""
    started = time.process_time()
    try:
        good = isinstance(rs.loads(text, "file.yaml"), Protocol)
    except ProtocolError as error:
        said = str(error)
        assert said.startswith("file.yaml")
        assert said.isprintable(), said
        good = False
    assert time.process_time() - started < MOMENT
    return good


def places(value: Any, here: Place = ()) -> list[Place]:
    """Where something stands in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(p for key, inner in items for p in places(inner, (*here, key)))]


def at(value: Any, place: Place) -> Any:
    for part in place:
        value = value[part]
    return value


def changed(value: Any, place: Place, how: Any) -> Any:
    """A copy in which `how` was done to what stands at a place."""
    if not place:
        return how(value)
    first, *rest = place
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[first] = changed(value[first], tuple(rest), how)
    return copy


DOCUMENTS = {name: read(text).value for name, text in FILES.items()}
WORDS = sorted({str(p[-1]) for d in DOCUMENTS.values() for p in places(d) if p} | {
    "from", "to", "by", "uniform", "normal", "lognormal", "choice", "column", "of", "draw", "name", "within", "values",
    "$", "$x", "${cycle}", "off", "a = b", "acc_internal_1e5", "acc_input_" + "9" * 400, "acc_clean as x", "<<", "\n", "\0", "é",
})  # fmt: skip
PIECES = [at(d, p) for d in DOCUMENTS.values() for p in places(d)]
numbers = st.one_of(
    st.integers(-3, 3),
    st.integers(),
    st.sampled_from([10**9, 10**15, 10**16, -(10**400), 2**63]),
    st.floats(),
    st.sampled_from([1e-320, 1e308, 0.5]),
)
values = st.one_of(
    numbers,
    st.sampled_from(WORDS),
    st.none(),
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(
        [[], {}, [[]], [{}], "x" * 3000, list(range(2000)), {"from": 0, "to": 10**9}, {"from": 0, "to": 1, "by": 1e-9}]
    ),
    st.sampled_from(PIECES),
    st.dictionaries(st.sampled_from(WORDS), numbers | st.lists(numbers, max_size=3), max_size=2),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A library file with one to four changes of its structure."""
    document = DOCUMENTS[draw(st.sampled_from(sorted(DOCUMENTS)))]
    for _ in range(draw(st.sampled_from([1, 1, 2, 4]))):
        where = places(document)
        place = where[draw(st.integers(0, len(where) - 1))]
        found = at(document, place)
        kind = draw(st.sampled_from(["replace", "drop", "rename", "add", "repeat", "wrap"]))
        if type(found) in (int, float) and draw(st.booleans()):
            near = draw(st.integers(-2, 60) if type(found) is int else st.floats(-0.5, 2.0))
            document = changed(document, place, lambda _, near=near: near)
        elif kind == "replace" or not isinstance(found, (dict, list)) or not found:
            other = draw(values)
            document = changed(document, place, lambda _, other=other: other)
        elif kind == "wrap":
            key, many = draw(st.sampled_from(WORDS)), draw(st.booleans())
            document = changed(document, place, lambda old, key=key, many=many: [old] if many else {key: old})
        elif isinstance(found, list):
            index, other = draw(st.integers(0, len(found) - 1)), draw(values)
            new = {"drop": found[:index] + found[index + 1 :], "repeat": found * 3}.get(kind, [*found, other])
            document = changed(document, place, lambda _, new=new: new)
        else:
            key, name, other = draw(st.sampled_from(list(found))), draw(st.sampled_from(WORDS)), draw(values)
            kept = {k: v for k, v in found.items() if k != key}
            new = {"drop": kept, "rename": {**kept, name: found[key]}}.get(kind, {**found, name: other})
            document = changed(document, place, lambda _, new=new: new)
    return json.dumps(document)  # which is YAML, and quicker to write


@st.composite
def scrambled(draw: st.DrawFn) -> str:
    """A library file with one to four changes of its characters."""
    text = FILES[draw(st.sampled_from(sorted(FILES)))]
    for _ in range(draw(st.sampled_from([1, 1, 2, 4]))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        put = draw(st.one_of(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=6), st.sampled_from(["*episode", "&a ", "!!int ", "!!bool ", "!!timestamp ", "!!set ", "<<: ", "? ", "- ", "{", "]", "\t", "|", "1e999", "0x", "08", "1:30", "~", "---\n", "..."])))  # fmt: skip
        text = text[:start] + put + text[end:]
    return text


@seed(20260101)
@settings(max_examples=200)
@given(mutated())
def test_a_changed_structure_is_read_or_refused_in_one_line(text: str) -> None:
    ends_well(text)


@seed(20260101)
@settings(max_examples=100)
@given(scrambled())
def test_changed_characters_are_read_or_refused_in_one_line(text: str) -> None:
    ends_well(text)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_changed_is_read(name: str) -> None:
    assert ends_well(FILES[name])
