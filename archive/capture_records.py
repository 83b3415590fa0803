"""The WARC records of a capture: two for each exchange, and one that says what they came to."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.drafts import length_of
from archive.records import Exchange, RecordPlace
from archive.response_digests import digest_response
from archive.revisits import (
    IDENTICAL_PAYLOAD,
    NOT_MODIFIED,
    is_not_modified,
    is_worth_a_revisit,
    refers_to,
)
from archive.storable import storable
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id, read_pieces, target_uri

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from archive.drafts import RecordedExchange
    from archive.http_message import ResponseHead
    from archive.records import Original
    from archive.response_digests import ResponseDigests
    from archive.warc_writer import WarcWriter


@dataclass(frozen=True, slots=True)
class WrittenExchange:
    """An exchange whose records are in the file, and what its row doesn't say."""

    row: Exchange
    bytes: int
    """Of the response as it was received."""
    head: ResponseHead | None
    wire_digest: str | None
    """Of all bytes received, where the record has not all of them."""


class CaptureRecords:
    """Appends what one crawl records to its WARC files.

    *find_original* gives a response record that has the payload of a digest, best of that URL, or None. It may only
    give records that have their row and were just read right: what is identical to them is thrown away.
    """

    def __init__(self, warc: WarcWriter, crawl_id: int, find_original: Callable[[str, str], Original | None]) -> None:
        self._warc = warc
        self._crawl_id = crawl_id
        self._find_original = find_original

    def append_exchanges(self, recorded: list[RecordedExchange]) -> list[WrittenExchange]:
        """Append the request and the response of each exchange. Raises WarcWriteError."""
        return [self._append_exchange(seq, exchange) for seq, exchange in enumerate(recorded, start=1)]

    def append_metadata(
        self, about: dict[str, Any], url: str, date: str, written: list[WrittenExchange]
    ) -> RecordPlace:
        """Append the `metadata` record that says *about* of exchanges that were appended. Raises WarcWriteError."""
        about = {**about, "crawl": self._crawl_id, "exchanges": [_describe(exchange) for exchange in written]}
        block = storable(json.dumps(about, ensure_ascii=False, default=str)).encode()
        return self._warc.append(
            WarcRecord(
                RecordType.METADATA,
                new_record_id(),
                date,
                io.BytesIO(block),
                len(block),
                digest_of([block]),
                target_uri(url),
                more=_concurrent_to(written),
            )
        )

    def _append_exchange(self, seq: int, exchange: RecordedExchange) -> WrittenExchange:
        received = length_of(exchange.received)
        digests = digest_response(exchange.received) if received else None
        original = self._original(exchange, digests) if digests else None
        response = self._append_response(exchange, digests, original) if digests else None
        request = self._append_request(exchange, response) if length_of(exchange.sent) else None
        row = Exchange(
            seq,
            exchange.url,
            exchange.purpose,
            exchange.requested_at,
            exchange.http_status,
            exchange.error,
            None if digests is None or is_not_modified(exchange) else digests.payload,
            exchange.ip,
            exchange.elapsed_ms,
            response,
            request,
            exchange.truncated,
            original.place.record_id if original else None,
            exchange.proxy,
        )
        head_only = digests is not None and original is not None and not is_not_modified(exchange)
        return WrittenExchange(
            row,
            received,
            digests.head if digests else None,
            digests.wire if digests and head_only else None,
        )

    def _original(self, exchange: RecordedExchange, digests: ResponseDigests) -> Original | None:
        if exchange.validators and is_not_modified(exchange):
            return exchange.validators.original
        return self._find_original(digests.payload, exchange.url) if is_worth_a_revisit(exchange, digests) else None

    def _append_response(
        self, exchange: RecordedExchange, digests: ResponseDigests, original: Original | None
    ) -> RecordPlace:
        length, block_digest = length_of(exchange.received), digests.wire
        more = [("WARC-IP-Address", exchange.ip)] if exchange.ip else []
        if original and is_not_modified(exchange):
            more += [("WARC-Profile", NOT_MODIFIED), *refers_to(original)]
        elif original:
            length = digests.head.length
            exchange.received.seek(0)
            block_digest = digest_of([exchange.received.read(length)])
            more += [("WARC-Profile", IDENTICAL_PAYLOAD), *refers_to(original)]
            more += [("WARC-Payload-Digest", digests.payload), ("WARC-Truncated", "length")]
        else:
            more.append(("WARC-Payload-Digest", digests.payload))
            if exchange.truncated:
                more.append(("WARC-Truncated", exchange.truncated))
        return self._warc.append(
            WarcRecord(
                RecordType.REVISIT if original else RecordType.RESPONSE,
                exchange.response_id,
                exchange.requested_at,
                exchange.received,
                length,
                block_digest,
                target_uri(exchange.url),
                tuple(more),
                digests.head,
            )
        )

    def _append_request(self, exchange: RecordedExchange, response: RecordPlace | None) -> RecordPlace:
        return self._warc.append(
            WarcRecord(
                RecordType.REQUEST,
                exchange.request_id,
                exchange.requested_at,
                exchange.sent,
                length_of(exchange.sent),
                digest_of(read_pieces(exchange.sent)),
                target_uri(exchange.url),
                # One direction of Concurrent-To is enough (clause 5.7).
                (("WARC-Concurrent-To", response.record_id),) if response else (),
            )
        )


def _describe(exchange: WrittenExchange) -> dict[str, Any]:
    """Return what the metadata record says of an exchange: all that the rows say, and what other records don't."""
    row = exchange.row
    return {
        "url": row.url,
        "purpose": row.purpose,
        "requested_at": row.requested_at,
        "http_status": row.http_status,
        "error": row.error,
        "ip": row.ip,
        "proxy": row.proxy,
        "elapsed_ms": row.elapsed_ms,
        "truncated": row.truncated,
        "bytes": exchange.bytes,
        "payload_digest": row.payload_digest,
        "response": row.response.record_id if row.response else None,
        "request": row.request.record_id if row.request else None,
        "refers_to": row.refers_to,
        "wire_digest": exchange.wire_digest,
    }


def _concurrent_to(written: list[WrittenExchange]) -> tuple[tuple[str, str], ...]:
    """Tie the metadata record to the last record of its capture, if there is one."""
    for exchange in reversed(written):
        if place := exchange.row.response or exchange.row.request:
            return (("WARC-Concurrent-To", place.record_id),)
    return ()
