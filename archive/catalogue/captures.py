"""Captures and their exchanges."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from archive.records import Capture, Exchange, Outcome, Purpose, RecordPlace
from archive.standing import failures_after, next_due
from archive.storable import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from archive.settings import Settings


class Captures:
    """The tables `captures` and `exchanges`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def put(self, capture: Capture, settings: Settings) -> int:
        """Insert a capture with its exchanges, and set when its source is due again. Return its id.

        Only `archive.capture` calls this, when the records are on disk.
        """
        place = capture.place
        cursor = self._db.execute(
            """INSERT INTO captures (source_id, crawl_id, requested_at, finished_at, final_url, outcome, http_status,
                 error, media_type, bytes, payload_digest, via, evidence, record_id, warc_file,
                 warc_offset, warc_length)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                capture.source_id,
                capture.crawl_id,
                capture.requested_at,
                capture.finished_at,
                storable(capture.final_url),
                capture.outcome,
                capture.http_status,
                storable(capture.error),
                storable(capture.media_type),
                capture.bytes,
                capture.payload_digest,
                capture.via,
                storable(json.dumps({"outcome": capture.evidence}, ensure_ascii=False, default=str)),
                *_place_columns(place),
            ),
        )
        capture_id = int(cursor.lastrowid or 0)
        self.put_exchanges(capture.crawl_id, capture_id, capture.exchanges)
        self._reschedule(capture_id, capture, settings)
        return capture_id

    def _reschedule(self, capture_id: int, capture: Capture, settings: Settings) -> None:
        row = self._db.execute("SELECT failures FROM sources WHERE id = ?", (capture.source_id,)).fetchone()
        failures = failures_after(capture.outcome, row["failures"])
        due = next_due(capture.outcome, failures, datetime.fromisoformat(capture.finished_at), settings)
        self._db.execute(
            "UPDATE sources SET failures = ?, next_due_at = ?, last_capture_id = ? WHERE id = ?",
            (failures, due, capture_id, capture.source_id),
        )

    def put_exchanges(self, crawl_id: int, capture_id: int | None, exchanges: Iterable[Exchange]) -> None:
        """Insert exchanges; those that belong to no one capture (robots.txt) have no *capture_id*."""
        self._db.executemany(
            """INSERT INTO exchanges (crawl_id, capture_id, seq, purpose, url, requested_at, http_status, error,
                 payload_digest, ip, elapsed_ms, record_id, warc_file, warc_offset, warc_length,
                 request_record_id, request_warc_file, request_warc_offset, request_warc_length)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (
                    crawl_id,
                    capture_id,
                    exchange.seq,
                    exchange.purpose,
                    storable(exchange.url),
                    exchange.requested_at,
                    exchange.http_status,
                    storable(exchange.error),
                    exchange.payload_digest,
                    exchange.ip,
                    exchange.elapsed_ms,
                    *_place_columns(exchange.response),
                    *_place_columns(exchange.request),
                )
                for exchange in exchanges
            ],
        )

    def of_source(self, source_id: int) -> list[tuple[int, Capture]]:
        """Return (id, capture with its exchanges) of a source, oldest first."""
        rows = self._db.execute("SELECT * FROM captures WHERE source_id = ? ORDER BY id", (source_id,))
        return [(row["id"], self._capture(row)) for row in rows.fetchall()]

    def get(self, capture_id: int) -> Capture | None:
        """Return one capture with its exchanges, or None."""
        row = self._db.execute("SELECT * FROM captures WHERE id = ?", (capture_id,)).fetchone()
        return self._capture(row) if row else None

    def _capture(self, row: sqlite3.Row) -> Capture:
        exchanges = self._db.execute("SELECT * FROM exchanges WHERE capture_id = ? ORDER BY seq", (row["id"],))
        columns = (
            "source_id crawl_id requested_at finished_at final_url http_status error"
            " media_type bytes payload_digest via"
        )
        place = _place(row)
        if place is None:
            raise ValueError(f"capture {row['id']} names no record")
        return Capture(
            **{name: row[name] for name in columns.split()},
            outcome=Outcome(row["outcome"]),
            evidence=json.loads(row["evidence"]),
            place=place,
            exchanges=tuple(_exchange(exchange) for exchange in exchanges),
        )


def _place_columns(place: RecordPlace | None) -> tuple[object, ...]:
    if place is None:
        return (None, None, None, None)
    return (place.record_id, place.warc_file, place.warc_offset, place.warc_length)


def _place(row: sqlite3.Row, prefix: str = "") -> RecordPlace | None:
    if row[f"{prefix}record_id"] is None:
        return None
    names = ("record_id", "warc_file", "warc_offset", "warc_length")
    return RecordPlace(*(row[prefix + name] for name in names))


def _exchange(row: sqlite3.Row) -> Exchange:
    columns = "seq url requested_at http_status error payload_digest ip elapsed_ms"
    return Exchange(
        **{name: row[name] for name in columns.split()},
        purpose=Purpose(row["purpose"]),
        response=_place(row),
        request=_place(row, "request_"),
    )
