"""The words of the catalogue, as they stand in its columns (`docs/words.md`)."""

from __future__ import annotations

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
