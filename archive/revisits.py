"""Revisit records: what came again, unchanged, is kept as its head and a reference (WARC 1.1, clause 6.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.drafts import RecordedExchange
    from archive.http_message import ResponseHead
    from archive.records import Original
    from archive.response_digests import ResponseDigests

_PROFILES = "http://netpreserve.org/warc/1.1/revisit/"
IDENTICAL_PAYLOAD = _PROFILES + "identical-payload-digest"
NOT_MODIFIED = _PROFILES + "server-not-modified"

LEAST_PAYLOAD = 1024
"""Bytes of payload from which a revisit record is worth its six more named fields."""


def is_not_modified(exchange: RecordedExchange) -> bool:
    """Tell whether *exchange* is a whole 304 that answers a conditional request (RFC 9110 15.4.5)."""
    return exchange.http_status == 304 and exchange.validators is not None and not exchange.truncated  # noqa: PLR2004


def is_worth_a_revisit(exchange: RecordedExchange, digests: ResponseDigests) -> bool:
    """Tell whether *exchange* may be kept as a reference to an identical payload, if there is one."""
    return not exchange.truncated and digests.is_all_payload and digests.payload_length >= LEAST_PAYLOAD


def reads_alike(one: ResponseHead, other: ResponseHead) -> bool:
    """Tell whether the same payload is the same page under both heads: with what is said of its bytes."""
    return all(one.values(name) == other.values(name) for name in ("Content-Type", "Content-Encoding"))


def refers_to(original: Original) -> list[tuple[str, str]]:
    """Return the three named fields that lead to *original* (annotated WARC 1.1, 6.7: all three, always)."""
    return [
        ("WARC-Refers-To", original.place.record_id),
        ("WARC-Refers-To-Target-URI", original.target_uri),
        ("WARC-Refers-To-Date", original.date),
    ]
