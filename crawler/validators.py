"""What a conditional request is made with, and what its answer is worth (RFC 9110 13.1)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.retries import http_date

if TYPE_CHECKING:
    from scrapy.http import Response

    from archive.records import Validators

# What a server sent is sent back only as far as it can stand in a header (RFC 9110 5.5).
_FIELD_VALUE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")


def conditional_fields(validators: Validators | None, url: str) -> dict[str, bytes]:
    """Return the header fields that ask for *url* only if it has changed; none where that can't be asked."""
    if validators is None or validators.url != url:
        return {}
    wanted = {"If-None-Match": validators.etag, "If-Modified-Since": _past(validators)}
    return {name: value.encode("latin-1") for name, value in wanted.items() if value and _FIELD_VALUE.fullmatch(value)}


def _past(validators: Validators) -> str | None:
    """Return Last-Modified; None where it is no date, or one still to come, which says nothing (RFC 9110 13.1.3)."""
    modified = http_date(validators.last_modified or "")
    was_past = modified is not None and modified <= datetime.fromisoformat(validators.whole_at)
    return validators.last_modified if was_past else None


def confirms(validators: Validators, response: Response) -> bool:
    """Tell whether a 304 is about the page that was asked about, and not about one that has come since.

    Its ETag, if it has one, must be the one that was asked with, weak or not (RFC 9110 8.8.3.2, RFC 9111 4.3.4).
    """
    named = response.headers.get(b"ETag")
    if not named or not validators.etag:
        return True
    return named.decode("latin-1").strip().removeprefix("W/") == validators.etag.removeprefix("W/")
