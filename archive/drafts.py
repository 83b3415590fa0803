"""What the crawl hands over to be written: the wire of each exchange, and what the capture came to."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from archive.warc_record import new_record_id
from archive.words import Via

if TYPE_CHECKING:
    from archive.records import Validators
    from archive.words import Evidence, Outcome, Purpose

MOST_IN_MEMORY = 256 * 1024
"""Bytes of one direction of an exchange that are kept in memory; what is longer is a temporary file."""


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
    """`length`, `time`, `disconnect` or `unspecified` when the response is not whole (clause 5.15)."""
    is_over: bool = False
    """Whether nothing more will come of it."""
    proxy: str | None = None
    """HOST:PORT of the proxy that it went through, if it did; then `ip` is None."""
    validators: Validators | None = None
    """What the request was made conditional with, if it was."""
    response_id: str = field(default_factory=new_record_id)
    request_id: str = field(default_factory=new_record_id)

    def proof(self) -> str | None:
        """Return the id of the record that will tell of this exchange: the response's or the request's, if any."""
        if length_of(self.received):
            return self.response_id
        return self.request_id if length_of(self.sent) else None

    def close(self) -> None:
        """Give back the memory or the temporary files of the wire's bytes."""
        self.sent.close()
        self.received.close()

    def discard(self) -> None:
        """Keep nothing of the wire's bytes; what can't be written need not be."""
        for stream in (self.sent, self.received):
            with suppress(OSError):
                stream.close()
        self.sent, self.received = io.BytesIO(), io.BytesIO()


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
    via: Via = Via.HTTP
    asked_url: str | None = None
    """What was asked for, where that was not the source's own URL."""
    evidence: Evidence = field(default_factory=dict)
    exchanges: list[RecordedExchange] = field(default_factory=list)


def length_of(stream: IO[bytes]) -> int:
    """Return how many bytes *stream* holds."""
    return stream.seek(0, io.SEEK_END)
