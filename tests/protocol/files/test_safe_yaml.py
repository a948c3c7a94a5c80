"""Protocol files are data: nothing in them is executed, and nothing small in them grows large."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.errors import ProtocolError
from resynapse.protocol.files.safe_yaml import MOST_BYTES, MOST_CHARACTERS, MOST_DEPTH, read, size

MOMENT = 4.0
"""Seconds; the slowest refusal here takes a tenth of it alone on a core."""


def laughs(levels: int, form: str) -> str:
    """Each level is ten aliases of the one before."""
    lines = ["a0: &a0 " + ("{k: 1}" if "<<" in form else "[1, 1]")]
    lines += [f"a{n}: &a{n} " + form.format(", ".join([f"*a{n - 1}"] * 10)) for n in range(1, levels)]
    return "\n".join(lines)


def nested(kind: str, levels: int, rounds: int, inner: str) -> str:
    for level in range(levels):
        inner = f"[{{{kind}: {{v{level}: {{from: 1, to: {rounds}}}}}, do: {inner}}}]"
    return f"{{name: x, arms: {{a: {inner}}}}}"


def at(levels: int, inner: str) -> str:
    for _ in range(levels):
        inner = f"[{{train: {{epochs: 900, lr: 0.1}}, at: {{from: 1, to: 900}}, fork: {inner}}}]"
    return f"{{name: x, arms: {{a: {inner}}}}}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (laughs(12, "[{}]"), "values with every alias written out"),
        (laughs(12, "{{<<: [{}]}}"), "values with every alias written out"),
        ("a: &a [*a]", "an anchor contains itself"),
        ("a: &a {<<: *a}", "an anchor contains itself"),
        ("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "nested too deep"),
        ("[" * 100_000, "nested too deep"),
        ("name: " + "x" * (MOST_CHARACTERS + 1), "a text of 2001 characters"),
        ("#" * (MOST_BYTES + 1), "characters; at most"),
        ("batch_size: 10000000000000000", "got one of 17 digits"),
        ("batch_size: " + "9" * 1999, "got one of 1999 digits"),
        ("batch_size: .inf", "expected a finite number .* got inf"),
        ("batch_size: .nan", "expected a finite number .* got nan"),
        ("batch_size: 1.0e+300", "expected a finite number .* got 1e[+]300"),
        ("{1.0e+300: 1}", "expected a finite number .* got 1e[+]300"),
        (nested("repeat", 3, 1000, "[{mark: {}}]"), "more than 2000 steps when written out"),
        (nested("sweep", 3, 1000, "[{mark: {}}]"), "more than 2000 steps when written out"),
        (nested("repeat", 3, 1000, "[]"), "nothing is to be done"),
        (nested("repeat", 1, 10**8, "[{mark: {}}]"), "100000000 values; at most 1000"),
        (nested("repeat", 1, 1000, "[{mark: {}, at: [" + "1, " * 500 + "1]}]"), "more than 100000 values when written out"),
        (at(4, "[{assess: here}]"), "steps over all arms, variants and side paths"),
        (at(4, "[{mark: {}}]"), "steps over all arms, variants and side paths"),
        (
            "name: x\ninduction: &path [{repeat: {v: {from: 1, to: 900}}, do: [{mark: {}}]}]\narms:\n"
            + "".join(f"  a{n}: *path\n" for n in range(900)),
            "more than 20000 steps in all arms together",
        ),
        (
            "name: x\nfollow_up: [{repeat: {v: {from: 1, to: 900}}, do: [{mark: {}}]}]\narms:\n"
            + "".join(f"  a{n}: []\n" for n in range(9000)),
            "8100000 steps over all arms",
        ),
        ("!!python/object/apply:os.system ['touch executed']", "could not determine a constructor"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
        ("a: !!timestamp never", "not of the kind that its tag"),
        ("a: !!bool never", "not of the kind that its tag"),
        ('a: !!int ""', "not of the kind that its tag"),
        ("name: x\nnetwork: {hidden: [10000000]}\narms: {a: []}", "at most 1000000 are possible"),
        ("name: x\ntask: {kind: []}\narms: {a: []}", "unknown task"),
    ],
)  # fmt: skip
def test_it_is_refused_in_one_line_within_a_moment(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    started = time.process_time()
    with pytest.raises(ProtocolError, match=why) as refused:
        rs.loads(text)
    assert time.process_time() - started < MOMENT
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400
    assert not list(tmp_path.iterdir())


def test_a_file_is_not_read_beyond_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(ProtocolError, match="larger than 1000000 bytes"):
        rs.load(path)
    with pytest.raises(ProtocolError, match="larger than 1000000 bytes"):
        rs.load("/dev/zero")


def test_what_is_within_the_bounds_is_read() -> None:
    assert read("[" * MOST_DEPTH + "]" * MOST_DEPTH)
    assert read("x" * MOST_CHARACTERS)
    assert read(laughs(4, "[{}]")).value["a3"]
    assert rs.loads(nested("repeat", 1, 1000, "[{mark: {}}, {mark: {}}]"))


def test_a_size_counts_every_place() -> None:
    one = [1, 2]
    assert size({"a": one, "b": one}) == 1 + 2 * (1 + 1 + 2)


def test_a_bound_names_the_line() -> None:
    with pytest.raises(ProtocolError, match=r"^file.yaml line 2: a text of"):
        rs.loads("name: x\ntitle: " + "x" * 3000, "file.yaml")
    assert read("a:\n- b\n- c: 1").line(("a", 1, "c")) == 3
