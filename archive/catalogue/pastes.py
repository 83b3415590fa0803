"""How pasted page text is found in the catalogue: by the statement of the import that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.records import RecordPlace
from archive.text_records import Paste
from archive.words import StatementKind

if TYPE_CHECKING:
    import sqlite3

# What an incident says stands in its newest statement; a row and its statement have the same time.
PASTES = f"""
    FROM citations ci JOIN incidents i ON i.id = ci.incident_id
      JOIN ledger l ON l.kind = '{StatementKind.INCIDENT}' AND l.subject = i.id AND l.stated_at = i.changed_at
    WHERE ci.pasted_text IS NOT NULL"""
PASTE_COLUMNS = """ci.id AS citation_id, ci.incident_id, ci.position, ci.source_id, ci.cited_as,
    l.record_id, l.warc_file, l.warc_offset, l.warc_length"""


def paste_of(row: sqlite3.Row) -> Paste:
    """Return a row of PASTE_COLUMNS."""
    return Paste(
        row["citation_id"],
        row["incident_id"],
        row["position"],
        None if row["source_id"] is None else row["cited_as"],
        RecordPlace(row["record_id"], row["warc_file"], row["warc_offset"], row["warc_length"]),
    )
