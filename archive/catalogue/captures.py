"""Captures and their exchanges."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalogue.places import place_columns, place_of
from archive.catalogue.sources import STANDING_SQL, Sources
from archive.records import Capture, Exchange, Original, RecordPlace, Revisited, Validators
from archive.standing import failures_after, next_due
from archive.storable import storable
from archive.warc_record import target_uri
from archive.words import Outcome, Purpose, Via

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from archive.drafts import CaptureDraft
    from archive.settings import Settings

# One may have gone, or have become unreadable; a page that is stored whole once more costs less than a long search.
_MOST_ORIGINALS = 3
_VALIDATORS = f"""
    SELECT c.source_id, p.final_url, c.etag, c.last_modified, c.requested_at AS whole_at, p.id,
      p.record_id AS capture_record_id,
      o.record_id, o.warc_file, o.warc_offset, o.warc_length, o.url, o.requested_at
    FROM sources s JOIN captures c ON c.id = (
        SELECT MAX(id) FROM captures WHERE source_id = s.id AND via = '{Via.HTTP}' AND outcome = '{Outcome.FETCHED}'
          AND (verdict IS NULL OR {STANDING_SQL} > 0))
      JOIN captures p ON p.id = COALESCE(c.revisit_of, c.id)
      JOIN exchanges e ON e.capture_id = p.id AND e.seq = (SELECT MAX(seq) FROM exchanges WHERE capture_id = p.id)
      JOIN exchanges o ON o.record_id = COALESCE(e.refers_to, e.record_id)
    WHERE (c.etag IS NOT NULL OR c.last_modified IS NOT NULL) AND c.requested_at > :since
      AND c.requested_at <= :now
      AND (e.refers_to IS NULL OR o.url = e.url)"""


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
                 error, media_type, bytes, payload_digest, via, evidence, revisit_of, etag, last_modified, asked_url,
                 memento_at, record_id, warc_file, warc_offset, warc_length)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
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
                storable(capture.asked_url),
                capture.memento_at,
                *place_columns(place),
            ),
        )
        capture_id = int(cursor.lastrowid or 0)
        self.put_exchanges(capture.crawl_id, capture_id, capture.exchanges)
        if capture.via == Via.HTTP:  # else nothing was asked of the source itself
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

    def originals(self, payload_digest: str, url: str) -> list[Original]:
        """Return some of the whole response records that have the payload of a digest: of *url* first, then newest."""
        rows = self._db.execute(
            """SELECT record_id, warc_file, warc_offset, warc_length, url, requested_at FROM exchanges
               WHERE payload_digest = ? AND refers_to IS NULL AND truncated IS NULL AND record_id IS NOT NULL
               ORDER BY url = ? DESC, id DESC LIMIT ?""",
            (payload_digest, storable(url), _MOST_ORIGINALS),
        )
        return [_original(row) for row in rows]

    def seen_before(self, draft: CaptureDraft, payload_record: str) -> list[tuple[Revisited, RecordPlace]]:
        """Return the captures, with their last responses, that saw the page of *draft* with its payload in that record.

        First those that were first; captures that only saw a page again are left out.
        """
        rows = self._db.execute(
            """SELECT c.id, c.record_id AS capture_record_id, e.record_id, e.warc_file, e.warc_offset, e.warc_length
               FROM captures c JOIN exchanges e ON e.capture_id = c.id
               WHERE c.source_id = ? AND c.via = ? AND c.revisit_of IS NULL AND c.outcome = ?
                 AND c.final_url IS ? AND c.http_status IS ?
                 AND e.seq = (SELECT MAX(seq) FROM exchanges WHERE capture_id = c.id)
                 AND COALESCE(e.refers_to, e.record_id) = ?
               ORDER BY c.id LIMIT ?""",
            (
                draft.source_id,
                draft.via,
                draft.outcome,
                storable(draft.final_url),
                draft.http_status,
                payload_record,
                _MOST_ORIGINALS,
            ),
        )
        places = [(Revisited(row["id"], row["capture_record_id"]), place_of(row)) for row in rows]
        return [(revisited, place) for revisited, place in places if place]

    def validators(self, since: str, now: str) -> Iterator[tuple[int, Validators]]:
        """Iterate over (source id, validators of its newest good page), where that came whole after *since*.

        Not where it came after *now*: then a clock was wrong. A page that is known to be no copy of what was cited (a
        wall, say) is not asked for again by its validators.
        """
        for row in self._db.execute(_VALIDATORS, {"since": since, "now": now}):
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

    def last_id(self) -> int:
        """Return the id of the newest capture; 0 without one."""
        return int(self._db.execute("SELECT COALESCE(MAX(id), 0) FROM captures").fetchone()[0])

    def of_crawl(self, crawl_id: int, via: Via) -> dict[int, int]:
        """Return by source the id of its capture in a crawl, *via* what it was asked for."""
        rows = self._db.execute("SELECT source_id, id FROM captures WHERE crawl_id = ? AND via = ?", (crawl_id, via))
        return {row["source_id"]: row["id"] for row in rows}

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
            " media_type bytes payload_digest via revisit_of etag last_modified asked_url memento_at"
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
    place = RecordPlace(row["record_id"], row["warc_file"], row["warc_offset"], row["warc_length"])
    return Original(place, target_uri(row["url"]), row["requested_at"])


def _exchange(row: sqlite3.Row) -> Exchange:
    columns = "seq url requested_at http_status error payload_digest ip elapsed_ms truncated refers_to proxy"
    return Exchange(
        **{name: row[name] for name in columns.split()},
        purpose=Purpose(row["purpose"]),
        response=place_of(row),
        request=place_of(row, "request_"),
    )
