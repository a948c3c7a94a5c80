"""What is added to a protocol changes no number that was there: every old cell, bit for bit."""

from __future__ import annotations

import pytest
from tests.miniatures import miniature
from tests.protocol.earlier import NAMES, cells, earlier, moved

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import Engine

SUBJECT = Subject(3, 1)


@pytest.mark.parametrize("name", NAMES)
def test_old_cells_keep_their_values(name: str, compiled: Engine) -> None:
    before, now = (cells(miniature(p), SUBJECT, compiled) for p in (earlier(name), rs.load(name)))
    assert len(before) > 10
    assert moved(before, now) == {}


@pytest.mark.parametrize("name", ["switch-relapse", "kindling", "dose"])
def test_a_moved_stream_would_be_seen(name: str, compiled: Engine) -> None:
    before = cells(miniature(earlier(name)), SUBJECT, compiled)
    assert moved(before, cells(miniature(name), Subject(3, 2), compiled))
