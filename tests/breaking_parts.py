"""Parts of a crawl with a bug, which certain hosts and paths bring to light."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy import signals

from archive.errors import ArchiveError
from crawler.dispatcher import Dispatcher
from crawler.downloader import StoppableDownloader
from crawler.spiders.citations import CitationsSpider
from crawler.taker import CaptureTaker
from crawler.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from scrapy import Request
    from scrapy.core.engine import ExecutionEngine
    from scrapy.crawler import Crawler

    from archive.drafts import CaptureDraft
    from crawler.capture import CaptureUnderWay

BUG = "a bug, made for a test"
UNCLOSED = "the archive can't be closed, for a test"
_ERRORS_OF_CLOSING = {"unclosed": ArchiveError(UNCLOSED), "unclosed-by-a-bug": LookupError(BUG)}


class BreakingDownloader(StoppableDownloader):
    """Breaks on hosts whose name begins with `broken`, once they have been asked (setting DOWNLOADER)."""

    def seconds_to_turn(self, host: str) -> float:
        if host.startswith("broken"):
            raise LookupError(BUG)
        return super().seconds_to_turn(host)


class _BreakingTurns(Turns):
    """Takes one turn of a host whose name begins with `broken`, of `broken-first` none, and breaks on the next."""

    taken = 0

    def next(self) -> CaptureUnderWay | None:
        capture = super().next()
        if capture and (host := str(capture.errand.host)).startswith("broken"):
            self.taken += 1
            if self.taken > (not host.startswith("broken-first")):
                raise LookupError(BUG)
        return capture


class _BreakingTaker(CaptureTaker):
    """Breaks on what came of `/broken`, and where `/behind` was not asked for in the moment that answered `/before`."""

    asked_last = ""

    def asked(self, request: Request) -> None:
        self.asked_last = request.url

    async def _fetch(self, engine: ExecutionEngine, capture: CaptureUnderWay) -> CaptureDraft | None:
        draft = await super()._fetch(engine, capture)
        if capture.errand.url.endswith("/broken"):
            raise LookupError(BUG)
        return draft

    async def _written(self, draft: CaptureDraft, written: Future[int | None]) -> None:
        if draft.source_url.endswith("/before") and not self.asked_last.endswith("/behind"):
            raise LookupError(BUG)
        await super()._written(draft, written)


def _close(close: Callable[[str], None], error: Exception, ended: str) -> None:
    close(ended)
    raise error


class BreakingSpider(CitationsSpider):
    """Breaks as `_BreakingTaker` does, and where it is to close with `/unclosed` captured (setting SPIDER_MODULES).

    And on the second turn of a host whose name begins with `broken`; with `broken-first`, on the first one.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> BreakingSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        if error := _ERRORS_OF_CLOSING.get(spider.errands[0].url.rpartition("/")[2]):
            spider.store.close = partial(_close, spider.store.close, error)  # type: ignore[method-assign]
        spider.turns = _BreakingTurns(spider.errands, {})
        spider.dispatcher = Dispatcher(spider.turns, crawler.settings.getint("CONCURRENT_REQUESTS"), spider.ending)
        taker = _BreakingTaker(crawler, spider.store, spider.turns, spider.dispatcher, spider.ending)
        crawler.signals.connect(taker.asked, signal=signals.request_reached_downloader)
        spider.taker = taker
        return spider
