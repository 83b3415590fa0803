"""Redirects by status and by meta refresh: Scrapy's, with an outcome for whatever they do not follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.responsetypes import responsetypes

from archive.content_codings import ContentDecodeError, decode_content
from crawler.body import cut, preview_bytes
from crawler.outcomes import RedirectLoopError, fetchable

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware
    from scrapy.http import Response

    _Base = BaseRedirectMiddleware
else:
    _Base = object


class Chain(_Base):
    """What all kinds of redirect have in common."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Send no Referer: a cited URL has none, and a browser sends none behind a redirect either."""
        request.headers.pop("Referer", None)

    def _engine_started(self) -> None:
        """Look for no Referer middleware: `handle_referer` does without."""

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        if problem := fetchable(redirected.url)[1]:
            raise ValueError(problem)
        try:
            return super()._redirect(redirected, request, reason)
        except IgnoreRequest as error:
            raise RedirectLoopError(f"{self.max_redirect_times} redirects and no end") from error


class StatusRedirects(Chain, RedirectMiddleware):
    """3xx. A `Location` that is no URL is not followed: the 3xx is then the answer."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return the next request of the chain, or *response* where it ends; raises RedirectLoopError."""
        try:
            return super().process_response(request, response)
        except ValueError:
            response.flags.append("bad-location")
            return response


class MetaRedirects(Chain, MetaRefreshMiddleware):
    """`<meta http-equiv=refresh>`. A page that reloads itself is no redirect."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return the next request of the chain, or *response* where it ends; raises RedirectLoopError."""
        if not _may_refresh(response.body):
            return response
        try:
            redirected = super().process_response(request, response)
        except ValueError:
            return response
        return response if redirected.url == request.url else redirected


def _may_refresh(body: bytes) -> bool:
    """Tell whether it is worth looking for a meta refresh: most pages have none, and decoding them takes its time.

    In all encodings of the web but UTF-16, the word is its ASCII characters.
    """
    return b"refresh" in body.lower() or b"\0" in body


class ContentCodings(HttpCompressionMiddleware):
    """Undoes content codings for those above; a body that is not what it says passes as it is.

    Its bytes are recorded already, so that what the page is can be judged from them. What is decoded is as bounded as
    what it is decoded from (`crawler/body.py`).
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return *response* with its body decoded where that can be done."""
        codings = response.headers.getlist("Content-Encoding")
        if not codings:
            return response
        try:
            body, unknown = self._handle_encoding(response.body, codings, preview_bytes(request))
        except IgnoreRequest:
            return response
        headers = response.headers.copy()
        del headers["Content-Encoding"]
        if unknown:  # which is for the extraction to judge
            headers.setlist("Content-Encoding", unknown)
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        # Not `replace`, by which Scrapy looks for the text encoding of what is still compressed.
        return kind(response.url, response.status, headers, body, response.flags)

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        try:
            return cut(decode_content(body, encoding.decode("latin-1"), max_size + 1, cut=True), max_size)
        except ContentDecodeError as error:
            raise IgnoreRequest(str(error)) from error
