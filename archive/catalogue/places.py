"""The four columns that say where a record lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.records import RecordPlace

if TYPE_CHECKING:
    import sqlite3

_NAMES = ("record_id", "warc_file", "warc_offset", "warc_length")


def place_columns(place: RecordPlace | None) -> tuple[object, ...]:
    """Return the values of the columns, in the order of RecordPlace's fields."""
    return (None,) * len(_NAMES) if place is None else tuple(getattr(place, name) for name in _NAMES)


def place_of(row: sqlite3.Row, prefix: str = "") -> RecordPlace | None:
    """Return the place in *row*, whose columns have *prefix* before their names; None where there is no record."""
    return None if row[f"{prefix}record_id"] is None else RecordPlace(*(row[prefix + name] for name in _NAMES))
