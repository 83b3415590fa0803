"""Conditional requests: a page that is in the archive is sent again only when it has changed (RFC 9110 13.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from crawler.capture import CAPTURE
from crawler.validators import conditional_fields
from crawler.wire import VALIDATORS

if TYPE_CHECKING:
    from scrapy import Request

    from crawler.capture import CaptureUnderWay


class ConditionalRequests:
    """Puts a capture's validators on the request for the URL that they are about, and on no other of its chain."""

    def process_request(self, request: Request, spider: Any = None) -> None:
        """Make *request* conditional where that can be done."""
        capture: CaptureUnderWay | None = request.meta.get(CAPTURE)
        fields = conditional_fields(capture.validators, urldefrag(request.url)[0]) if capture else {}
        for name in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(name, None)  # a redirect copies the headers of the request before it
        request.headers.update(fields)
        request.meta[VALIDATORS] = capture.validators if capture and fields else None
