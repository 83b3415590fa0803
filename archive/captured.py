"""What a capture came to: from the draft that the crawl hands over and the records that were written of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.mementos import http_time
from archive.records import Capture, Revisited
from archive.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archive.capture_records import WrittenExchange
    from archive.drafts import CaptureDraft
    from archive.http_message import ResponseHead
    from archive.records import Exchange, RecordPlace

_LONGEST_VALIDATOR = 1024
"""Characters; an ETag has some dozens."""
_WITH_A_PAGE = frozenset({Outcome.FETCHED, Outcome.HTTP_ERROR})


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What the records of a capture say beyond its draft."""

    bytes: int
    payload_digest: str | None
    etag: str | None
    last_modified: str | None
    memento_at: str | None
    revisited: Revisited | None


def facts_of(
    draft: CaptureDraft,
    written: Sequence[WrittenExchange],
    find_same: Callable[[CaptureDraft, WrittenExchange], Revisited | None],
) -> CaptureFacts:
    """Return the facts of *draft*.

    *find_same* gives an earlier capture of the same page, whose payload the exchange only refers to, or None.
    """
    if not written:
        return CaptureFacts(0, None, None, None, None, None)
    last = written[-1]
    digest = last.row.payload_digest
    etag, modified = (_validator(last.head, name) for name in ("ETag", "Last-Modified"))
    revisited = None
    if draft.outcome is Outcome.NOT_MODIFIED and (asked := draft.exchanges[-1].validators):
        revisited = Revisited(asked.capture_id, asked.capture_record_id)
    elif last.row.refers_to and draft.outcome in _WITH_A_PAGE:
        revisited = find_same(draft, last)
    return CaptureFacts(last.bytes, digest, etag, modified, _memento_at(last.head), revisited)


def _validator(head: ResponseHead | None, name: str) -> str | None:
    """Return a validator that can be sent back; servers refuse requests with large fields."""
    value = head.header(name) if head else None
    return value if value and len(value) <= _LONGEST_VALIDATOR else None


def _memento_at(head: ResponseHead | None) -> str | None:
    """Return the time of `Memento-Datetime` (RFC 7089 2.1.1), or None where there is none that can be read."""
    return http_time(head.header("Memento-Datetime") if head else None)


def describe(draft: CaptureDraft, facts: CaptureFacts) -> dict[str, Any]:
    """Return what the `metadata` record says of a capture: all that its row says and no other record does."""
    elsewhere = {"asked_url": draft.asked_url, "memento_at": facts.memento_at}
    return {
        "kind": "capture",
        "source": draft.source_url,
        "requested_at": draft.requested_at,
        "finished_at": draft.finished_at,
        "final_url": draft.final_url,
        "outcome": draft.outcome,
        "http_status": draft.http_status,
        "error": draft.error,
        "media_type": draft.media_type,
        "bytes": facts.bytes,
        "payload_digest": facts.payload_digest,
        "etag": facts.etag,
        "last_modified": facts.last_modified,
        "revisit_of": facts.revisited.record_id if facts.revisited else None,
        "via": draft.via,
        "evidence": draft.evidence,
        **{name: value for name, value in elsewhere.items() if value is not None},
    }


def capture_row(
    draft: CaptureDraft, facts: CaptureFacts, crawl_id: int, exchanges: Sequence[Exchange], place: RecordPlace
) -> Capture:
    """Return the row of a capture whose records are written."""
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
        bytes=facts.bytes,
        payload_digest=facts.payload_digest,
        via=draft.via,
        evidence=draft.evidence,
        place=place,
        revisit_of=facts.revisited.capture_id if facts.revisited else None,
        etag=facts.etag,
        last_modified=facts.last_modified,
        asked_url=draft.asked_url,
        memento_at=facts.memento_at,
        exchanges=tuple(exchanges),
    )
