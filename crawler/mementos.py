"""Mementos: what a web archive keeps of a page, as the bytes that it was given (RFC 7089).

A TimeGate leads to a memento, by a redirect or by answering with it. Archives put their own banner and links into the
page; where the URL has a time in it they give the bytes as well, and those are what is kept. All that depends on that
habit of archives is here and in `archive/mementos.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware

from archive.http_message import REDIRECTS
from archive.mementos import DatedUrl, dated
from archive.words import Via
from crawler.capture import CAPTURE
from crawler.outcomes import PASSING_STATUSES
from crawler.redirects import Chain

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Response

    from crawler.capture import CaptureUnderWay

_AS_IT_IS = "memento_as_it_is"
"""Key in `Request.meta`: the archive doesn't give the bytes, so that the page is taken as it shows it."""


class MementoRedirects(Chain, BaseRedirectMiddleware):
    """Leads the captures of mementos to the bytes that were archived, and through redirects that were archived.

    What was archived leads nowhere else: neither its redirects nor its meta refreshes are followed to the live web.
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return the next request of the chain, or *response*; raises RedirectLoopError."""
        capture: CaptureUnderWay | None = request.meta.get(CAPTURE)
        if capture is None or capture.errand.via is not Via.MEMENTO:
            return response
        if "Memento-Datetime" not in response.headers:
            return self._of_archive(request, response)
        request.meta["dont_redirect"] = True  # for the middlewares that follow what pages say
        return self._of_memento(request, response)

    def _of_archive(self, request: Request, response: Response) -> Request | Response:
        """Take what an archive says in its own name: where the memento is, or that it doesn't give the bytes."""
        asked, location = dated(request.url), _location(response)
        if asked and asked.is_raw and not location and response.status not in PASSING_STATUSES:
            return self._go(request, response, asked.plain(), as_it_is=True)
        target = dated(urljoin(response.url, location)) if location else None
        if target and not request.meta.get(_AS_IT_IS):
            return self._go(request, response, target.raw())
        return response

    def _of_memento(self, request: Request, response: Response) -> Request | Response:
        location = _location(response)
        if request.meta.get(_AS_IT_IS):
            within = dated(urljoin(response.url, location)) if location else None
            return self._go(request, response, within.plain(), as_it_is=True) if within else response
        here = dated(request.url) or dated(_content_location(response))
        if here is None:
            return response
        if not here.is_raw:
            return self._go(request, response, here.raw())
        return self._go(request, response, here.led_to(location)) if location else response

    def _go(self, request: Request, response: Response, to: DatedUrl, *, as_it_is: bool = False) -> Request:
        onward = self._build_redirect_request(request, response, url=to.url)
        onward.meta[_AS_IT_IS] = as_it_is
        onward.meta.pop("dont_redirect", None)
        return self._redirect(onward, request, "memento")


def _location(response: Response) -> str | None:
    """Return where a redirect leads, as it says."""
    value = response.headers.get(b"Location") if response.status in REDIRECTS else None
    return value.decode("utf-8", "replace").strip() if value else None


def _content_location(response: Response) -> str:
    value = response.headers.get(b"Content-Location") or b""
    return urljoin(response.url, value.decode("utf-8", "replace").strip())
