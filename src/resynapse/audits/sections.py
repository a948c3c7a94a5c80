"""The sections of an audit, in the order of its tables; a section may read what those before it found."""

from __future__ import annotations

from resynapse.audits import (
    ledger,
    matrix,
    other_networks,
    rank_orders,
    region_map,
    sensitivity,
    small_studies,
    stability,
    unequal_constants,
)
from resynapse.audits.section import AuditSection

SECTIONS: tuple[AuditSection, ...] = (
    ledger.SECTION,
    stability.SECTION,
    unequal_constants.SECTION,
    matrix.SECTION,
    rank_orders.SECTION,
    small_studies.SECTION,
    sensitivity.SECTION,
    region_map.SECTION,
    other_networks.SECTION,
)
