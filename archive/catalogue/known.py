"""Which records have their rows: what recovery asks, so that nothing is written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from archive.records import Exchange


class Known:
    """Questions across the tables; nothing is written here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def capture_id(self, record_id: str | None) -> int | None:
        """Return the id of the capture whose `metadata` record is *record_id*, or None."""
        row = self._db.execute("SELECT id FROM captures WHERE record_id = ?", (record_id,)).fetchone()
        return row["id"] if row else None

    def has_capture(self, crawl_id: int, source_id: int, via: str) -> bool:
        """Tell whether a source has its one capture of a crawl."""
        found = self._db.execute(
            "SELECT 1 FROM captures WHERE crawl_id = ? AND source_id = ? AND via = ?", (crawl_id, source_id, via)
        )
        return found.fetchone() is not None

    def has_exchange(self, crawl_id: int, exchange: Exchange) -> bool:
        """Tell whether an exchange of no capture has its row; one without records is known by its URL and time."""
        if exchange.response:
            found = self._db.execute("SELECT 1 FROM exchanges WHERE record_id = ?", (exchange.response.record_id,))
        elif exchange.request:
            record_id = exchange.request.record_id
            found = self._db.execute("SELECT 1 FROM exchanges WHERE request_record_id = ?", (record_id,))
        else:
            found = self._db.execute(
                """SELECT 1 FROM exchanges WHERE capture_id IS NULL AND record_id IS NULL AND request_record_id IS NULL
                   AND crawl_id = ? AND url = ? AND requested_at = ? AND seq = ?""",
                (crawl_id, exchange.url, exchange.requested_at, exchange.seq),
            )
        return found.fetchone() is not None

    def end_in(self, crawl_id: int, warc_file: str) -> int:
        """Return where the last capture of a crawl that has its row ends in a file, 0 if none lies there."""
        row = self._db.execute(
            """SELECT COALESCE(MAX(warc_offset + warc_length), 0) AS n FROM captures
               WHERE crawl_id = ? AND warc_file = ?""",
            (crawl_id, warc_file),
        ).fetchone()
        return int(row["n"])

    def source_urls(self) -> list[str]:
        """Return the URL of each source, in the order in which they were first cited."""
        return [row["url"] for row in self._db.execute("SELECT url FROM sources ORDER BY id")]

    def capture_records(self) -> Iterator[tuple[str, str]]:
        """Iterate over (id, WARC file) of the `metadata` record of each capture."""
        for row in self._db.execute("SELECT record_id, warc_file FROM captures ORDER BY id"):
            yield row["record_id"], row["warc_file"]

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return {
            table: int(self._db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
            for table in (
                "incidents citations quarantine sources crawls captures exchanges ledger texts notices".split()
            )
        }

    def damage(self) -> str | None:
        """Return what SQLite finds wrong with the file, or None; a lesser check than `verify` makes."""
        found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if found == "ok" else str(found)
