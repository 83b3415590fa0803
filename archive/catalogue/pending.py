"""What a text is still to be made of: the queue of the extraction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.pastes import PASTE_COLUMNS, PASTES, paste_of
from archive.catalogue.places import place_of
from archive.records import RecordPlace
from archive.text_records import PendingText
from archive.words import Outcome, Via

if TYPE_CHECKING:
    import sqlite3

    from archive.text_records import Paste

_WITH_BODY = ", ".join(
    f"'{outcome}'" for outcome in (Outcome.FETCHED, Outcome.HTTP_ERROR, Outcome.TRUNCATED, Outcome.TOO_LARGE)
)
# A memento is the source's page, whatever the archive's own address of it is.
_PAGE_URL = f"CASE c.via WHEN '{Via.MEMENTO}' THEN (SELECT url FROM sources WHERE id = c.source_id) ELSE e.url END"
# A page that came again unchanged has the text of the capture that holds it.
_PENDING = f"""
    FROM captures c JOIN exchanges e ON e.capture_id = c.id LEFT JOIN exchanges o ON o.record_id = e.refers_to
    WHERE c.outcome IN ({_WITH_BODY}) AND c.revisit_of IS NULL AND e.record_id IS NOT NULL
      AND e.seq = (SELECT MAX(seq) FROM exchanges WHERE capture_id = c.id)
      AND (:again OR NOT EXISTS (SELECT 1 FROM texts t WHERE t.capture_id = c.id AND t.extractor = :extractor))"""
_PENDING_PASTES = f"""{PASTES}
      AND (:again OR NOT EXISTS (SELECT 1 FROM texts t WHERE t.citation_id = ci.id AND t.extractor = :extractor))"""


class Pending:
    """Captures and pastes that lack a text; nothing is written here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def captures(self, extractor: str, *, limit: int, after: int = 0, all_again: bool = False) -> list[PendingText]:
        """Return captures above the id *after* that have a response but no text by *extractor*.

        With *all_again*, also those that have one.
        """
        rows = self._db.execute(
            f"""SELECT c.id AS capture_id, c.source_id, {_PAGE_URL} AS url, e.http_status, c.outcome,
                  e.record_id, e.warc_file, e.warc_offset, e.warc_length, o.record_id AS original_record_id,
                  o.warc_file AS original_warc_file, o.warc_offset AS original_warc_offset,
                  o.warc_length AS original_warc_length
                {_PENDING} AND c.id > :after ORDER BY c.id LIMIT :limit""",
            {"after": after, "again": all_again, "extractor": extractor, "limit": limit},
        )
        return [
            PendingText(
                row["capture_id"],
                row["source_id"],
                row["url"],
                row["http_status"],
                Outcome(row["outcome"]),
                RecordPlace(row["record_id"], row["warc_file"], row["warc_offset"], row["warc_length"]),
                place_of(row, "original_"),
            )
            for row in rows
        ]

    def pastes(self, extractor: str, *, limit: int, after: int = 0, all_again: bool = False) -> list[Paste]:
        """Return citations above the id *after* that have a pasted text but no text by *extractor* of it.

        With *all_again*, also those that have one.
        """
        rows = self._db.execute(
            f"SELECT {PASTE_COLUMNS} {_PENDING_PASTES} AND ci.id > :after ORDER BY ci.id LIMIT :limit",
            {"after": after, "again": all_again, "extractor": extractor, "limit": limit},
        )
        return [paste_of(row) for row in rows]

    def count(self, extractor: str, *, all_again: bool = False) -> int:
        """Return how many `captures` and `pastes` would give in all."""
        return self._count(_PENDING, extractor, again=all_again) + self.count_pastes(extractor, all_again=all_again)

    def count_pastes(self, extractor: str, *, all_again: bool = False) -> int:
        """Return how many `pastes` would give in all."""
        return self._count(_PENDING_PASTES, extractor, again=all_again)

    def _count(self, pending: str, extractor: str, *, again: bool) -> int:
        row = self._db.execute(f"SELECT COUNT(*) AS n {pending}", {"extractor": extractor, "again": again}).fetchone()
        return int(row["n"])
