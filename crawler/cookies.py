"""Cookies, a jar for each capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares import cookies
from tldextract import TLDExtract

if TYPE_CHECKING:
    from collections.abc import Hashable

# Scrapy's extractor downloads the public suffix list when it sees the first cookie, in the middle of a crawl.
cookies._split_domain = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class CaptureCookies(cookies.CookiesMiddleware):
    """Scrapy's cookies; a jar is thrown away with its capture."""

    def forget(self, jar: Hashable) -> None:
        """Throw *jar* away."""
        self.jars.pop(jar, None)
