"""What a source is read by: the text of its best capture, or without one what was pasted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.sources import of_the_source
from archive.text_records import SourceText

if TYPE_CHECKING:
    import sqlite3

NEWEST_TEXTS = f"""
    SELECT MAX(n.id) FROM texts n JOIN captures nc ON nc.id = n.capture_id
    WHERE nc.source_id = s.id AND {of_the_source("nc")} GROUP BY nc.id
    UNION ALL
    SELECT MAX(n.id) FROM texts n JOIN citations ni ON ni.id = n.citation_id WHERE ni.source_id = s.id GROUP BY ni.id"""
"""The ids of the newest text of each capture and of each paste of the source `s`."""

READ_BY = """COALESCE(
    (SELECT MAX(id) FROM texts WHERE capture_id = s.best_capture_id),
    (SELECT MAX(p.id) FROM texts p JOIN citations pi ON pi.id = p.citation_id
     WHERE pi.source_id = s.id AND p.text IS NOT NULL
       AND p.id = (SELECT MAX(id) FROM texts WHERE citation_id = p.citation_id)))"""
"""The id of the text that the source `s` is read by; a page that was fetched goes before one that was pasted."""

TEXT_COLUMNS = """s.id AS source_id, t.id AS text_id, t.capture_id, c.requested_at AS captured_at, t.published_on,
    t.title, t.text, t.comments, t.words"""
"""Of the source `s`, its text `t` and that one's capture `c`, if it has one."""


def source_text(row: sqlite3.Row) -> SourceText:
    """Return a row of TEXT_COLUMNS and `is_best`."""
    return SourceText(**{**dict(row), "is_best": bool(row["is_best"])})
