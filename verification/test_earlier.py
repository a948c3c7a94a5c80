"""Old cells of every library protocol at full size keep their values, bit for bit: one subject each, hours in all."""

from __future__ import annotations

import pytest
from tests.protocol.earlier import NAMES, cells, earlier, moved

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine


@pytest.mark.parametrize("name", NAMES)
def test_old_cells_keep_their_values_at_full_size(name: str) -> None:
    before, now = (cells(p, Subject(0, 0), engine("compiled")) for p in (earlier(name), rs.load(name)))
    assert moved(before, now) == {}
