"""Conditional requests (RFC 9110 13.1): a page that is in the archive is sent again only when it has changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from crawler.capture import CAPTURE
from crawler.wire import VALIDATORS

if TYPE_CHECKING:
    from scrapy import Request

    from archive.records import Validators
    from crawler.capture import CaptureUnderWay

# What a server sent is sent back only as far as it can stand in a header (RFC 9110 5.5).
_FIELD_VALUE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")


class ConditionalRequests:
    """Puts a capture's validators on the request for the URL that they are about, and on no other of its chain."""

    def process_request(self, request: Request, spider: Any = None) -> None:
        """Make *request* conditional where that can be done."""
        capture: CaptureUnderWay | None = request.meta.get(CAPTURE)
        fields = _fields(capture.validators, urldefrag(request.url)[0]) if capture else {}
        for name in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(name, None)  # a redirect copies the headers of the request before it
        request.headers.update(fields)
        request.meta[VALIDATORS] = capture.validators if capture and fields else None


def _fields(validators: Validators | None, url: str) -> dict[str, bytes]:
    if validators is None or validators.url != url:
        return {}
    wanted = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value.encode("latin-1") for name, value in wanted.items() if value and _FIELD_VALUE.fullmatch(value)}
