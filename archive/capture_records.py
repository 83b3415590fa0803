"""The WARC records of a capture: two for each exchange, and one that says what they came to."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from archive.drafts import length_of
from archive.http_message import parse_response
from archive.records import Exchange, RecordPlace, utc_now
from archive.storable import storable
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id, read_pieces, target_uri

if TYPE_CHECKING:
    from typing import Any

    from archive.drafts import CaptureDraft, RecordedExchange
    from archive.warc_writer import WarcWriter


class CaptureRecords:
    """Appends what one crawl records to its WARC files."""

    def __init__(self, warc: WarcWriter, crawl_id: int) -> None:
        self._warc = warc
        self._crawl_id = crawl_id

    def append(
        self, draft: CaptureDraft | None, recorded: list[RecordedExchange]
    ) -> tuple[list[Exchange], RecordPlace]:
        """Append the records of *recorded* and the `metadata` record of the capture that they belong to, if any.

        Returns the rows of the exchanges and the place of the metadata record. Raises WarcWriteError.
        """
        exchanges = [self._append_exchange(seq, exchange) for seq, exchange in enumerate(recorded, start=1)]
        about = _describe(draft, self._crawl_id, exchanges)
        url = draft.source_url if draft else recorded[0].url
        block = storable(json.dumps(about, ensure_ascii=False, default=str)).encode()
        record = WarcRecord(
            RecordType.METADATA,
            new_record_id(),
            draft.finished_at if draft else utc_now(),
            io.BytesIO(block),
            len(block),
            digest_of([block]),
            target_uri(url),
            more=_concurrent_to(exchanges),
        )
        return exchanges, self._warc.append(record)

    def _append_exchange(self, seq: int, exchange: RecordedExchange) -> Exchange:
        received = length_of(exchange.received)
        response = request = payload_digest = None
        if received:
            payload_digest, response = self._append_response(exchange, received)
        if length := length_of(exchange.sent):
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
