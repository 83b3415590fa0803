"""Captures and their exchanges."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalogue.places import place_columns, place_of
from archive.catalogue.sources import STANDING_SQL, Sources
from archive.records import Capture, Exchange, Original, Outcome, Purpose, Revisited, Validators
from archive.standing import SUCCESSES, failures_after, next_due
from archive.storable import storable
from archive.warc_record import target_uri

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from archive.drafts import CaptureDraft
    from archive.settings import Settings

_REACHED = ", ".join(f"'{outcome}'" for outcome in sorted(SUCCESSES))
_VALIDATORS = f"""
    SELECT c.source_id, p.final_url, c.etag, c.last_modified, p.id, p.record_id AS capture_record_id,
      o.record_id, o.url, o.requested_at, o.warc_file,
      (SELECT MAX(finished_at) FROM captures
        WHERE (id = p.id OR revisit_of = p.id) AND outcome = '{Outcome.FETCHED}') AS whole_at
    FROM sources s JOIN captures c ON c.id = (
        SELECT MAX(id) FROM captures WHERE source_id = s.id AND outcome IN ({_REACHED})
          AND (verdict IS NULL OR {STANDING_SQL} > 0))
      JOIN captures p ON p.id = COALESCE(c.revisit_of, c.id)
      JOIN exchanges e ON e.capture_id = p.id AND e.seq = (SELECT MAX(seq) FROM exchanges WHERE capture_id = p.id)
      JOIN exchanges o ON o.record_id = COALESCE(e.refers_to, e.record_id)
    WHERE c.etag IS NOT NULL OR c.last_modified IS NOT NULL"""


class Captures:
    """The tables `captures` and `exchanges`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._sources = Sources(connection)

    def put(self, capture: Capture, settings: Settings) -> int:
        """Insert a capture with its exchanges, and set when its source is due again. Return its id.

        Only `archive.capture` calls this, when the records are on disk.
        """
        place = capture.place
        cursor = self._db.execute(
            """INSERT INTO captures (source_id, crawl_id, requested_at, finished_at, final_url, outcome, http_status,
                 error, media_type, bytes, payload_digest, via, evidence, revisit_of, etag, last_modified, record_id,
                 warc_file, warc_offset, warc_length)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
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
                capture.revisit_of,
                storable(capture.etag),
                storable(capture.last_modified),
                *place_columns(place),
            ),
        )
        capture_id = int(cursor.lastrowid or 0)
        self.put_exchanges(capture.crawl_id, capture_id, capture.exchanges)
        self._reschedule(capture_id, capture, settings)
        if capture.revisit_of:
            self._take_verdict(capture_id, capture.revisit_of)
            self._sources.choose_best([capture.source_id])
        return capture_id

    def _take_verdict(self, capture_id: int, revisit_of: int) -> None:
        """Give a capture the verdict of the one whose page it saw again, if that has one yet."""
        self._db.execute(
            """UPDATE captures SET verdict = o.verdict,
                 evidence = json_set(captures.evidence, '$.verdict', json_extract(o.evidence, '$.verdict'))
               FROM captures o WHERE o.id = ? AND captures.id = ? AND o.verdict IS NOT NULL""",
            (revisit_of, capture_id),
        )

    def original(self, payload_digest: str) -> Original | None:
        """Return the first whole response record that has the payload of a digest, or None."""
        row = self._db.execute(
            """SELECT record_id, url, requested_at, warc_file FROM exchanges
               WHERE payload_digest = ? AND refers_to IS NULL AND truncated IS NULL AND record_id IS NOT NULL
               ORDER BY id LIMIT 1""",
            (payload_digest,),
        ).fetchone()
        return _original(row) if row else None

    def find_same(self, draft: CaptureDraft, payload_digest: str) -> Revisited | None:
        """Return the capture that saw, of the same source, the page of *draft* with the same payload first, or None."""
        row = self._db.execute(
            """SELECT id, record_id FROM captures
               WHERE source_id = ? AND revisit_of IS NULL AND payload_digest = ? AND outcome = ?
                 AND final_url IS ? AND http_status IS ? AND media_type IS ?
               ORDER BY id LIMIT 1""",
            (
                draft.source_id,
                payload_digest,
                draft.outcome,
                storable(draft.final_url),
                draft.http_status,
                storable(draft.media_type),
            ),
        ).fetchone()
        return Revisited(row["id"], row["record_id"]) if row else None

    def validators(self) -> Iterator[tuple[int, Validators]]:
        """Iterate over (source id, validators of its newest good page), for the sources that have any.

        A page that is known to be no copy of what was cited (a wall, say) is not asked for again by its validators.
        """
        for row in self._db.execute(_VALIDATORS):
            yield (
                row["source_id"],
                Validators(
                    row["final_url"],
                    row["etag"],
                    row["last_modified"],
                    row["id"],
                    row["capture_record_id"],
                    _original(row),
                    row["whole_at"],
                ),
            )

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
                 payload_digest, ip, elapsed_ms, truncated, refers_to, proxy, record_id, warc_file, warc_offset,
                 warc_length, request_record_id, request_warc_file, request_warc_offset, request_warc_length)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
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
                    exchange.truncated,
                    exchange.refers_to,
                    exchange.proxy,
                    *place_columns(exchange.response),
                    *place_columns(exchange.request),
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
            " media_type bytes payload_digest via revisit_of etag last_modified"
        )
        place = place_of(row)
        if place is None:
            raise ValueError(f"capture {row['id']} names no record")
        return Capture(
            **{name: row[name] for name in columns.split()},
            outcome=Outcome(row["outcome"]),
            evidence=json.loads(row["evidence"]),
            place=place,
            exchanges=tuple(_exchange(exchange) for exchange in exchanges),
        )


def _original(row: sqlite3.Row) -> Original:
    return Original(row["record_id"], target_uri(row["url"]), row["requested_at"], row["warc_file"])


def _exchange(row: sqlite3.Row) -> Exchange:
    columns = "seq url requested_at http_status error payload_digest ip elapsed_ms truncated refers_to proxy"
    return Exchange(
        **{name: row[name] for name in columns.split()},
        purpose=Purpose(row["purpose"]),
        response=place_of(row),
        request=place_of(row, "request_"),
    )
