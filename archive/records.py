"""What the catalogue holds, as frozen dataclasses: a field has the name of its column.

Times are UTC in ISO 8601 with microseconds and `Z`. The words are those of `docs/words.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Evidence = dict[str, Any]
"""Why a verdict or an outcome was given: `rule`, and the header, phrase or number that fired."""


class Outcome(StrEnum):
    """What the network did in one capture."""

    FETCHED = "fetched"
    NOT_MODIFIED = "not-modified"
    HTTP_ERROR = "http-error"
    DNS_FAILED = "dns-failed"
    REFUSED = "refused"
    RESET = "reset"
    TIMEOUT = "timeout"
    TLS_FAILED = "tls-failed"
    TRUNCATED = "truncated"
    TOO_LARGE = "too-large"
    REDIRECT_LOOP = "redirect-loop"
    ROBOTS_DENIED = "robots-denied"
    ADDRESS_FORBIDDEN = "address-forbidden"
    INVALID_URL = "invalid-url"
    UNSUPPORTED_SCHEME = "unsupported-scheme"


class Verdict(StrEnum):
    """What the page that came back is."""

    ARTICLE = "article"
    DOCUMENT = "document"
    MEDIA = "media"
    INDEX = "index"
    PAYWALLED = "paywalled"
    CONSENT_WALL = "consent-wall"
    BOT_WALL = "bot-wall"
    LOGIN_WALL = "login-wall"
    JS_REQUIRED = "js-required"
    SOFT_404 = "soft-404"
    PARKED = "parked"
    REMOVED = "removed"
    EMPTY = "empty"
    UNKNOWN = "unknown"


class Health(StrEnum):
    """What a source has been over time."""

    UNCHECKED = "unchecked"
    LIVE = "live"
    MOVED = "moved"
    DRIFTED = "drifted"
    UNVERIFIABLE = "unverifiable"
    FAILING = "failing"
    DEAD = "dead"
    REMOVED = "removed"


class Via(StrEnum):
    """What a capture asked for, and of whom."""

    HTTP = "http"
    """The source itself, of its own server: what everything else that is said of a source goes by."""
    PROBE = "probe"
    """A made-up name beside the source: how its server answers for pages that are not there."""
    MEMENTO = "memento"
    """The source as a web archive keeps it (RFC 7089)."""


class TextChange(StrEnum):
    """What became of the text of a page, beside the one that was kept first."""

    SAME = "same"
    EDITED = "edited"
    """Most of it is still there."""
    REWRITTEN = "rewritten"
    """Less than half of it is."""
    REPLACED = "replaced"
    """Next to nothing of it is: another text stands in its place."""


class Finding(StrEnum):
    """What a probe says of a page beside it."""

    SAYS_MISSING = "says-missing"
    """The server says of a made-up name that there is no such page: so it would of this one."""
    SAME_ANSWER = "same-answer"
    """A made-up name gets what this page gets: the page is not there."""
    OTHER_ANSWER = "other-answer"
    """A made-up name gets a page as well, but another one."""
    NO_ANSWER = "no-answer"
    """Nothing that tells."""


LOST = frozenset({Health.DEAD, Health.REMOVED})
"""Links that are lost for certain."""
IN_DOUBT = frozenset({Health.FAILING, Health.UNVERIFIABLE})
"""Links that may be lost: what they are can't be told from here, or not yet."""
SURVIVING = frozenset({Health.LIVE, Health.MOVED})
"""Links that lead to what was cited."""


class NoticeKind(StrEnum):
    """What a stripped piece of a page was."""

    COOKIE = "cookie"
    PAYWALL = "paywall"
    ADVERT = "advert"
    AD_BLOCK = "ad-block"
    NEWSLETTER = "newsletter"
    SHARING = "sharing"
    RELATED = "related"
    LEGAL = "legal"
    FORM = "form"
    NAVIGATION = "navigation"


class Match(StrEnum):
    """How a text has a quotation."""

    EXACT = "exact"
    FOLDED = "folded"
    """Word for word; marks, case or blanks are others."""
    PIECES = "pieces"
    """What stands between its ellipses and brackets, word for word and in order."""
    NEAR = "near"
    """One or two words differ, or the punctuation does: no match."""
    NOWHERE = "nowhere"


class Part(StrEnum):
    """Which column of `texts` has a passage."""

    TEXT = "text"
    TITLE = "title"
    COMMENTS = "comments"


class CopyKind(StrEnum):
    """What two texts with the same passages are to each other."""

    SYNDICATED = "syndicated"
    """Largely the same text."""
    QUOTES = "quotes"
    """One has a passage of the other, or consists of such passages, or is a part of it."""


class Change(StrEnum):
    """What an import did with one record."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Purpose(StrEnum):
    """Why an exchange was made."""

    PAGE = "page"
    ROBOTS = "robots"


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


FINISHED = "finished"
"""Why a crawl ended that came to its end, by Scrapy's word."""
FAILED = "failed"
"""Why a crawl ended that came upon a bug; what has no capture stays due."""


class StatementKind(StrEnum):
    """What the archive itself states in a WARC record of its own, so that the catalogue can be made anew."""

    IMPORT = "import"
    INCIDENT = "incident"
    QUARANTINED = "quarantined"
    CRAWL_STARTED = "crawl-started"
    CRAWL_FINISHED = "crawl-finished"
    PIN = "pin"


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


@dataclass(frozen=True, slots=True)
class PendingText:
    """A capture that has a response and lacks a text of the current extractor."""

    capture_id: int
    source_id: int
    url: str
    http_status: int | None
    outcome: Outcome
    response: RecordPlace
    original: RecordPlace | None = None
    """Where the payload lies, when the response is a revisit record."""


@dataclass(frozen=True, slots=True)
class Paste:
    """Page text that was pasted at one citation, by the statement that says so."""

    citation_id: int
    incident_id: str
    position: int
    """Of the link among those of the incident, from 1."""
    url: str | None
    """None for a link whose URL was lost."""
    statement: RecordPlace
    """Of the `resource` record of the import in which the incident says what was pasted."""


Pending = PendingText | Paste
"""What a text is still to be made of."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A piece that was stripped from a page."""

    kind: NoticeKind
    rule: str
    text: str
    position: int
    """How many lines of the text stand before it."""


@dataclass(frozen=True, slots=True)
class Text:
    """What extraction made of one capture, or of what was pasted at one citation, with one extractor version."""

    capture_id: int | None
    """None for a pasted text: it is no capture."""
    extractor: str
    verdict: Verdict
    evidence: Evidence
    title: str | None = None
    byline: str | None = None
    published_on: str | None = None
    site_name: str | None = None
    language: str | None = None
    language_confidence: float | None = None
    text: str | None = None
    comments: str | None = None
    charset: str | None = None
    repair: str | None = None
    notices: tuple[Notice, ...] = ()
    citation_id: int | None = None
    """None for the text of a capture."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """The newest text of one capture, or of one paste, as quotations are looked for in it."""

    source_id: int
    text_id: int
    capture_id: int | None
    """None for a pasted text."""
    captured_at: str | None
    is_best: bool
    """Whether the source is read by it: its best capture's text, or without one what was pasted last."""
    published_on: str | None
    title: str | None
    text: str | None
    comments: str | None
    words: int


@dataclass(frozen=True, slots=True)
class Quotation:
    """A passage in quotation marks of an incident's summary, and where one source has it."""

    position: int
    """Its number among those of the summary, from 1."""
    quotation: str
    """Without the marks."""
    match: Match
    details: dict[str, Any]
    """What makes the match no exact one: `folds`, `pieces`, `differences`; of `nowhere`, `not_asked`."""
    source_id: int | None = None
    """None, as all below, when it is nowhere."""
    text_id: int | None = None
    part: Part | None = None
    start: int | None = None
    """In code points of the part: `part[start:end]` is the passage as the source has it."""
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Two sources whose texts have passages in common: the one that has the other's words, and that other one."""

    source_id: int
    text_id: int
    of_source_id: int
    of_text_id: int
    kind: CopyKind
    share: float
    """The part of the words of `text_id` that stand in shared runs of eight words or more."""
    of_share: float
    """The same part of `of_text_id`."""
    words: int
    """How many words of `text_id` that are."""
    longest: int
    """Words of the longest shared passage."""
    first_by: str | None
    """Why the other one is the earlier: `published` or `captured`; None when it is not known which is."""
    passages: tuple[tuple[int, int, int, int], ...]
    """The longest shared passages: start and end in `text_id`, start and end in `of_text_id`, in code points."""


@dataclass(frozen=True, slots=True)
class JudgedHealth:
    """What became of a source's link, as its captures say."""

    health: Health
    since: str | None = None
    """When the capture was asked for that caused it; None, as the next two, where none did."""
    capture_id: int | None = None
    rule: str | None = None
    probe_wanted: str | None = None
    """The directory in which a probe would say more about the last capture."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How the text of a capture stands to the reference: the first of its source's best texts."""

    capture_id: int
    text_id: int
    reference_text_id: int
    rules: str
    change: TextChange
    kept: float
    """The share of the reference's grams that the text still has, from 0 to 1."""
    of_new: float
    """The share of the text's grams that the reference has."""
    words_lost: int
    words_gained: int


@dataclass(frozen=True, slots=True)
class ProbeFinding:
    """What a probe says of a capture of a page beside it."""

    capture_id: int
    probe_id: int
    """The capture of the probe."""
    rules: str
    finding: Finding
    similarity: float | None
    """The share of words that both answers have; None where no words were compared."""


@dataclass(frozen=True, slots=True)
class JudgedMemento:
    """What a capture of a web archive's copy is worth (the table `mementos`)."""

    capture_id: int
    source_id: int
    said: str
    """A word of `sourcekeep.audit.mementos.Said`."""
    url: str | None
    """What may be cited instead of the source; None for what may not."""
    at: str | None
    """When the archive captured it."""
    kept: float | None
    """The share of our own text that it has; None where there is nothing to compare."""
    rules: str
    text_id: int | None
    reference_text_id: int | None


@dataclass(frozen=True, slots=True)
class Pin:
    """What an editor says a source's health is; what was measured stands beside it, and is not changed by it."""

    source_id: int
    health: Health
    reason: str
    pinned_by: str
    pinned_at: str


def utc_now() -> str:
    """Return the time in UTC as the catalogue and WARC 1.1 write it, with microseconds."""
    return as_timestamp(datetime.now(UTC))


def as_timestamp(moment: datetime) -> str:
    """Return an aware *moment* as UTC ISO 8601 with microseconds and `Z` (W3CDTF, WARC 1.1 clause 5.4)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
