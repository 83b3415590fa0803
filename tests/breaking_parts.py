"""Parts of a crawl with a bug, which hosts whose name begins with `broken` bring to light."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.core.scheduler import Scheduler
from scrapy.utils.httpobj import urlparse_cached

from archive.errors import ArchiveError
from crawler.spiders.citations import CitationsSpider

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler

    from archive.drafts import CaptureDraft
    from crawler.capture import CaptureUnderWay

BUG = "a bug, made for a test"
UNCLOSED = "the archive can't be closed, for a test"
_ERRORS_OF_CLOSING = {"unclosed": ArchiveError(UNCLOSED), "unclosed-by-a-bug": LookupError(BUG)}


class BreakingScheduler(Scheduler):
    """Takes one request as the spider starts with it, and breaks on the next (setting SCHEDULER)."""

    takes = 1

    def enqueue_request(self, request: Request) -> bool:
        if str(urlparse_cached(request).hostname).startswith("broken"):
            self.takes -= 1
            if self.takes < 0:
                raise LookupError(BUG)
        return super().enqueue_request(request)


class BrokenScheduler(BreakingScheduler):
    """Breaks on the first."""

    takes = 0


def _close(close: Callable[[str], None], error: Exception, ended: str) -> None:
    close(ended)
    raise error


class BreakingSpider(CitationsSpider):
    """Breaks on what came of `/broken`, and where it is to close with `/unclosed` captured (setting SPIDER_MODULES).

    And where `/behind` is not asked for in the moment in which `/before` has been answered.
    """

    asked_last = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> BreakingSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        path = spider.errands[0].url.rpartition("/")[2]
        if error := _ERRORS_OF_CLOSING.get(path):
            spider.store.close = partial(_close, spider.store.close, error)  # type: ignore[method-assign]
        crawler.signals.connect(spider.asked, signal=signals.request_reached_downloader)
        return spider

    def asked(self, request: Request) -> None:
        self.asked_last = request.url

    def answered(self, request: Request) -> None:
        super().answered(request)
        if request.url.endswith("/before") and not self.asked_last.endswith("/behind"):
            raise LookupError(BUG)

    async def _retry_or_write(self, capture: CaptureUnderWay, draft: CaptureDraft, *rest: Any) -> None:
        if capture.errand.url.endswith("/broken"):
            raise LookupError(BUG)
        await super()._retry_or_write(capture, draft, *rest)
