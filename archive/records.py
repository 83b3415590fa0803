"""What the catalogue holds of incidents, sources and captures, as frozen dataclasses.

A field has the name of its column. Times are those of `archive.clock`, words those of `archive.words`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.words import Evidence, Health, Outcome, Purpose, StatementKind


@dataclass(frozen=True, slots=True)
class CitedLink:
    """One thing that an incident cites: a URL, or a link whose URL was lost."""

    cited_as: str
    """The URL verbatim as it was cited; for a lost link, its text."""
    has_url: bool = True
    label: str | None = None
    pasted_text: str | None = None
    """Page text that editors had pasted beside the URL, exactly as it stood."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A record of the incident database, with everything it cites in order."""

    id: str
    origin: str
    title: str | None = None
    occurred: str | None = None
    """As the record says it; not parsed."""
    summary: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    """Everything that the record had, by its own names."""
    links: tuple[CitedLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A piece of an import that could not be read."""

    file: str
    line: int
    """Counted from 1; 0 where the whole file is meant."""
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Source:
    """One cited URL, by its comparison key."""

    id: int
    url: str
    """The first form in which it was cited; this is what is fetched."""
    url_key: str
    host: str | None
    site: str | None
    health: Health
    next_due_at: str | None
    best_capture_id: int | None
    last_capture_id: int | None


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a WARC record lies."""

    record_id: str
    warc_file: str
    """Name within `warc/` of the finished file (while it is open, `.open` is added on disk)."""
    warc_offset: int
    warc_length: int
    """Compressed length in bytes of the gzip member."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the archive itself states, and where its record lies (the table `ledger`)."""

    kind: StatementKind
    subject: str
    """The incident's id, the crawl's id, ..."""
    stated_at: str
    place: RecordPlace


@dataclass(frozen=True, slots=True)
class Original:
    """The response record that holds the payload which a revisit record only names (WARC 1.1, 6.7)."""

    place: RecordPlace
    target_uri: str
    date: str
    """Its `WARC-Date`."""


@dataclass(frozen=True, slots=True)
class Revisited:
    """The capture whose page came again."""

    capture_id: int
    record_id: str
    """Its `metadata` record."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave with a page to ask later whether it has changed (RFC 9110 8.8)."""

    url: str
    """The page that they are about; no other URL is asked with them."""
    etag: str | None
    last_modified: str | None
    capture_id: int
    """The capture that has the page."""
    capture_record_id: str
    """Its `metadata` record."""
    original: Original
    whole_at: str
    """When the page came whole the last time."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request with its response, or with what came of it."""

    seq: int
    url: str
    purpose: Purpose
    requested_at: str
    http_status: int | None
    error: str | None
    payload_digest: str | None
    ip: str | None
    elapsed_ms: int
    response: RecordPlace | None
    """None when not one byte came back."""
    request: RecordPlace | None
    """None when not one byte was sent."""
    truncated: str | None = None
    """`length`, `time`, `disconnect` or `unspecified` when the response is not whole (WARC 1.1, 5.15)."""
    refers_to: str | None = None
    """The id of the record that has the payload, when the response is kept as a revisit record (WARC 1.1, 6.7)."""
    proxy: str | None = None
    """HOST:PORT of the proxy that it went through; `ip` is then None, since only the proxy knows the server's."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One attempt at one source in one crawl."""

    source_id: int
    crawl_id: int
    requested_at: str
    finished_at: str
    final_url: str | None
    outcome: Outcome
    http_status: int | None
    error: str | None
    media_type: str | None
    bytes: int
    """Of the last response as it was received, head and framing included."""
    payload_digest: str | None
    via: str
    """One of `Via`."""
    evidence: Evidence
    place: RecordPlace
    """The capture's own `metadata` record."""
    revisit_of: int | None = None
    """The capture of this source whose page came again, unchanged: same final URL, status and payload, or a 304."""
    etag: str | None = None
    last_modified: str | None = None
    asked_url: str | None = None
    """What was asked for, where that was not the source's own URL: see `Via`."""
    memento_at: str | None = None
    """When the web archive that answered had captured the page (`Memento-Datetime`, RFC 7089 2.1.1)."""
    exchanges: tuple[Exchange, ...] = ()
