"""Parts of a crawl with a bug, which hosts whose name begins with `broken` bring to light."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from scrapy import signals
from scrapy.core.scheduler import Scheduler
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from archive.errors import ArchiveError
from crawler.spiders.citations import CitationsSpider

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive.drafts import CaptureDraft
    from crawler.capture import CaptureUnderWay

BUG = "a bug, made for a test"
UNCLOSED = "the archive can't be closed, for a test"
_SECONDS = 10
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

    It takes what came of `/held` only once `/behind-held` was asked for, and breaks when that doesn't happen.
    """

    behind: Deferred[None]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> BreakingSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        path = spider.errands[0].url.rpartition("/")[2]
        if error := _ERRORS_OF_CLOSING.get(path):
            spider.store.close = partial(_close, spider.store.close, error)  # type: ignore[method-assign]
        spider.behind = Deferred()
        crawler.signals.connect(spider.asked, signal=signals.request_reached_downloader)
        return spider

    def asked(self, request: Request) -> None:
        if request.url.endswith("/behind-held"):
            self.behind.callback(None)

    async def arrived(self, response: Response) -> None:
        from twisted.internet import reactor

        if response.url.endswith("/held"):
            await maybe_deferred_to_future(self.behind.addTimeout(_SECONDS, cast("Any", reactor)))
        await super().arrived(response)

    async def _retry_or_write(self, capture: CaptureUnderWay, draft: CaptureDraft, *rest: Any) -> None:
        if capture.errand.url.endswith("/broken"):
            raise LookupError(BUG)
        await super()._retry_or_write(capture, draft, *rest)
