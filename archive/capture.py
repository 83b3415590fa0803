"""The one write path of captures: WARC records, sync, and only then the rows.

A thread of its own takes what the crawl hands over and writes it in groups: the records of many captures, one sync,
one transaction. So a row never points at a record that a power cut can take away, and the crawl never waits for a
disk.
"""

from __future__ import annotations

import io
import json
import queue
import sqlite3
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from archive.errors import ArchiveError, CatalogueError
from archive.http_message import parse_response
from archive.records import Capture, Evidence, Exchange, Outcome, Purpose, RecordPlace, utc_now
from archive.storable import storable
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id, read_pieces, target_uri
from archive.warc_writer import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.settings import Settings

GROUP_SECONDS = 0.1
"""How long captures are gathered before they share one sync."""
GROUP_SIZE = 256


@dataclass(slots=True)
class RecordedExchange:
    """The wire of one exchange, both directions, and what came of it."""

    url: str
    purpose: Purpose
    requested_at: str
    sent: IO[bytes]
    received: IO[bytes]
    http_status: int | None = None
    error: str | None = None
    ip: str | None = None
    elapsed_ms: int = 0
    truncated: str | None = None
    """`length`, `time`, `disconnect` or `unspecified` when the response is not whole (clause 5.13)."""
    response_id: str = field(default_factory=new_record_id)
    request_id: str = field(default_factory=new_record_id)

    def proof(self) -> str | None:
        """Return the id of the record that will tell of this exchange: the response's or the request's, if any."""
        if _length(self.received):
            return self.response_id
        return self.request_id if _length(self.sent) else None

    def close(self) -> None:
        """Give back the memory or the temporary files of the wire's bytes."""
        self.sent.close()
        self.received.close()


@dataclass(slots=True)
class CaptureDraft:
    """A capture that is over and not yet written."""

    source_id: int
    source_url: str
    requested_at: str
    outcome: Outcome
    finished_at: str
    final_url: str | None = None
    http_status: int | None = None
    error: str | None = None
    media_type: str | None = None
    via: str = "http"
    evidence: Evidence = field(default_factory=dict)
    exchanges: list[RecordedExchange] = field(default_factory=list)


@dataclass(slots=True)
class _Job:
    """A capture, or exchanges that belong to none (robots.txt), and whom to tell."""

    draft: CaptureDraft | None
    exchanges: list[RecordedExchange]
    done: Future[int | None]


class CaptureWriter:
    """Writes captures of one crawl from a thread of its own.

    `submit` returns a future: its result is the capture's id once record and row are on disk; its exception is an
    ArchiveError after which nothing more is written, and everything that was not acknowledged is still due.
    """

    def __init__(self, folder: ArchiveFolder, crawl_id: int, settings: Settings, info: Mapping[str, str]) -> None:
        self._folder = folder
        self._crawl_id = crawl_id
        self._settings = settings
        self._warc = WarcWriter(folder.warc_dir, "sourcekeep", info)
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._failed: ArchiveError | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="capture-writer", daemon=True)
        self._thread.start()

    def submit(self, draft: CaptureDraft) -> Future[int | None]:
        """Hand over a capture with its exchanges."""
        return self._put(_Job(draft, draft.exchanges, Future()))

    def submit_exchanges(self, exchanges: list[RecordedExchange]) -> Future[int | None]:
        """Hand over exchanges that belong to no one capture."""
        return self._put(_Job(None, exchanges, Future()))

    def _put(self, job: _Job) -> Future[int | None]:
        # Running from the start: a caller that is cancelled must not take the future from under the writer.
        job.done.set_running_or_notify_cancel()
        if self._closed:
            for exchange in job.exchanges:
                exchange.close()
            job.done.set_exception(ArchiveError("this crawl is closed; nothing more can be written to it"))
        else:
            self._queue.put(job)
        return job.done

    def close(self) -> None:
        """Write what is still to be written, finish the WARC file, and end the thread.

        Raises the ArchiveError that stopped the writing, if one did.
        """
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        if self._failed:
            raise self._failed

    def _run(self) -> None:
        group: list[_Job] = []
        try:
            with self._folder.catalogue() as catalogue:
                while group := self._next_group():
                    self._write(catalogue, group)
                self._warc.finish()
        except ArchiveError as error:
            self._refuse(error, group)
        except Exception as error:  # noqa: BLE001  # a dead thread would leave the crawl waiting for ever
            self._refuse(ArchiveError(f"captures can no longer be written: {error!r}"), group)
        finally:
            self._warc.abandon()

    def _refuse(self, error: ArchiveError, group: list[_Job]) -> None:
        """Fail *group* and everything that still comes, until the end is asked for."""
        self._failed = error
        while True:
            for job in group:
                for exchange in job.exchanges:
                    exchange.close()
                if not job.done.done():
                    job.done.set_exception(error)
            group = self._next_group()
            if not group:
                break

    def _next_group(self) -> list[_Job]:
        """Return the jobs of the next group; an empty list at the end."""
        first = self._queue.get()
        if first is None:
            return []
        group = [first]
        until = time.monotonic() + GROUP_SECONDS
        while len(group) < GROUP_SIZE:
            try:
                job = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                self._queue.put(None)
                break
            group.append(job)
        return group

    def _write(self, catalogue: Catalogue, group: list[_Job]) -> None:
        written = [(job, *self._append(job)) for job in group]
        self._warc.sync()
        ids = self._insert(catalogue, written)
        for job, capture_id in ids:
            for exchange in job.exchanges:
                exchange.close()
            job.done.set_result(capture_id)
        self._warc.rotate_if_full()

    def _insert(
        self, catalogue: Catalogue, written: list[tuple[_Job, list[Exchange], RecordPlace]]
    ) -> list[tuple[_Job, int | None]]:
        ids: list[tuple[_Job, int | None]] = []
        try:
            with catalogue.transaction():
                for job, exchanges, place in written:
                    if job.draft is None:
                        catalogue.captures.put_exchanges(self._crawl_id, None, exchanges)
                        ids.append((job, None))
                    else:
                        capture = _capture(job.draft, self._crawl_id, tuple(exchanges), place)
                        ids.append((job, catalogue.captures.put(capture, self._settings)))
        except sqlite3.Error as error:
            raise CatalogueError(f"{catalogue.path} cannot be written: {error}") from error
        return ids

    def _append(self, job: _Job) -> tuple[list[Exchange], RecordPlace]:
        exchanges = [self._append_exchange(seq, exchange) for seq, exchange in enumerate(job.exchanges, start=1)]
        about = _describe(job.draft, self._crawl_id, exchanges)
        url = job.draft.source_url if job.draft else job.exchanges[0].url
        block = storable(json.dumps(about, ensure_ascii=False, default=str)).encode()
        record = WarcRecord(
            RecordType.METADATA,
            new_record_id(),
            job.draft.finished_at if job.draft else utc_now(),
            io.BytesIO(block),
            len(block),
            digest_of([block]),
            target_uri(url),
            more=_concurrent_to(exchanges),
        )
        return exchanges, self._warc.append(record)

    def _append_exchange(self, seq: int, exchange: RecordedExchange) -> Exchange:
        received = _length(exchange.received)
        response = request = payload_digest = None
        if received:
            payload_digest, response = self._append_response(exchange, received)
        if length := _length(exchange.sent):
            request = self._append_request(exchange, length, response)
        return Exchange(
            seq,
            exchange.url,
            exchange.purpose,
            exchange.requested_at,
            exchange.http_status,
            exchange.error,
            payload_digest,
            exchange.ip,
            exchange.elapsed_ms,
            response,
            request,
        )

    def _append_response(self, exchange: RecordedExchange, length: int) -> tuple[str, RecordPlace]:
        block = b"".join(read_pieces(exchange.received))
        payload_digest = digest_of([parse_response(block).payload])
        more = [("WARC-Payload-Digest", payload_digest)]
        if exchange.ip:
            more.append(("WARC-IP-Address", exchange.ip))
        if exchange.truncated:
            more.append(("WARC-Truncated", exchange.truncated))
        record = WarcRecord(
            RecordType.RESPONSE,
            exchange.response_id,
            exchange.requested_at,
            exchange.received,
            length,
            digest_of([block]),
            target_uri(exchange.url),
            tuple(more),
        )
        return payload_digest, self._warc.append(record)

    def _append_request(self, exchange: RecordedExchange, length: int, response: RecordPlace | None) -> RecordPlace:
        # One direction of Concurrent-To is enough (clause 5.7).
        more = (("WARC-Concurrent-To", response.record_id),) if response else ()
        record = WarcRecord(
            RecordType.REQUEST,
            exchange.request_id,
            exchange.requested_at,
            exchange.sent,
            length,
            digest_of(read_pieces(exchange.sent)),
            target_uri(exchange.url),
            more,
        )
        return self._warc.append(record)


def _length(stream: IO[bytes]) -> int:
    return stream.seek(0, io.SEEK_END)


def _capture(draft: CaptureDraft, crawl_id: int, exchanges: tuple[Exchange, ...], place: RecordPlace) -> Capture:
    last = exchanges[-1] if exchanges else None
    return Capture(
        source_id=draft.source_id,
        crawl_id=crawl_id,
        requested_at=draft.requested_at,
        finished_at=draft.finished_at,
        final_url=draft.final_url,
        outcome=draft.outcome,
        http_status=draft.http_status,
        error=draft.error,
        media_type=draft.media_type,
        bytes=_length(draft.exchanges[-1].received) if draft.exchanges else 0,
        payload_digest=last.payload_digest if last else None,
        via=draft.via,
        evidence=draft.evidence,
        place=place,
        exchanges=exchanges,
    )


def _describe(draft: CaptureDraft | None, crawl_id: int, exchanges: list[Exchange]) -> dict[str, Any]:
    """Return what the metadata record says: all that the rows say and the other records don't."""
    about: dict[str, Any] = {"kind": "capture" if draft else "exchanges", "crawl": crawl_id}
    if draft:
        about |= {
            "source": draft.source_url,
            "requested_at": draft.requested_at,
            "finished_at": draft.finished_at,
            "final_url": draft.final_url,
            "outcome": draft.outcome,
            "http_status": draft.http_status,
            "error": draft.error,
            "media_type": draft.media_type,
            "via": draft.via,
            "evidence": draft.evidence,
        }
    about["exchanges"] = [
        {
            "url": exchange.url,
            "purpose": exchange.purpose,
            "requested_at": exchange.requested_at,
            "http_status": exchange.http_status,
            "error": exchange.error,
            "ip": exchange.ip,
            "elapsed_ms": exchange.elapsed_ms,
            "response": exchange.response.record_id if exchange.response else None,
            "request": exchange.request.record_id if exchange.request else None,
        }
        for exchange in exchanges
    ]
    return about


def _concurrent_to(exchanges: list[Exchange]) -> tuple[tuple[str, str], ...]:
    """Tie the metadata record to the last record of its capture, if there is one."""
    for exchange in reversed(exchanges):
        if place := exchange.response or exchange.request:
            return (("WARC-Concurrent-To", place.record_id),)
    return ()
