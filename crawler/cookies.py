"""Cookies, a jar for each capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
    from scrapy.http import Response


class CaptureCookies:
    """Scrapy's cookies, for captures that were given any; a jar is thrown away with its capture.

    Scrapy's own comes with the first cookie: a sixth of all that a crawl imports is imported for it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._scrapys: CookiesMiddleware | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy calls this; raises NotConfigured when there are to be no cookies (COOKIES_ENABLED)."""
        if not crawler.settings.getbool("COOKIES_ENABLED"):
            raise NotConfigured
        return cls(crawler)

    def process_request(self, request: Request, spider: Any = None) -> None:
        """Send the cookies that the capture was given, as far as they are for this host, and no others."""
        request.headers.pop("Cookie", None)  # a redirect copies the headers of the request before it
        if self._scrapys and request.meta.get("cookiejar") in self._scrapys.jars:
            self._scrapys.process_request(request)

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Response:
        """Keep the cookies of *response* for what is still to come of its capture.

        A robots.txt belongs to no capture, and its cookies would be sent with every other robots.txt.
        """
        if "cookiejar" in request.meta and "Set-Cookie" in response.headers:
            if self._scrapys is None:
                self._scrapys = _scrapys_cookies(self._crawler)
            self._scrapys.process_response(request, response)
        return response

    def forget(self, jar: Hashable) -> None:
        """Throw *jar* away."""
        if self._scrapys:
            self._scrapys.jars.pop(jar, None)


def _scrapys_cookies(crawler: Crawler) -> CookiesMiddleware:
    from scrapy.downloadermiddlewares import cookies
    from tldextract import TLDExtract

    # Scrapy's extractor downloads the public suffix list when it sees the first cookie, in the middle of a crawl.
    cookies._split_domain = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
    return cookies.CookiesMiddleware.from_crawler(crawler)
