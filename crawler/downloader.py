"""Scrapy's downloader: one thing at a time for each host, and queues that are let go when the crawl is to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.core.downloader import Downloader
from twisted.python.failure import Failure

from archive.records import Purpose
from crawler.outcomes import CrawlStoppingError
from crawler.wire import PURPOSE

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred


class _Places(set[Request]):
    """The requests that take a place, of as many as there are; robots.txt shares the place of the page that waits."""

    def add(self, request: Request) -> None:
        if request.meta.get(PURPOSE) is not Purpose.ROBOTS:
            super().add(request)

    def remove(self, request: Request) -> None:
        self.discard(request)


class StoppableDownloader(Downloader):
    """Ends what still waits for its host's turn, where Scrapy would go on to fetch it, one delay after the other."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.active = _Places()

    def _wait_for_download(
        self, slot: Slot, request: Request, queue_dfd: Deferred[Response]
    ) -> Coroutine[Any, Any, None]:
        # Scrapy counts it when the task begins that it makes of this, and would start all the rest of the host's queue
        # in the meantime, where no delay holds it back.
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)

    def _process_queue(self, slot: Slot) -> None:
        if not self._stopping():
            super()._process_queue(slot)
            return
        while slot.queue:
            _, waiting = slot.queue.popleft()
            waiting.errback(Failure(CrawlStoppingError("the crawl is being stopped")))

    def _stopping(self) -> bool:
        engine = self.crawler.engine
        return engine is not None and engine._slot is not None and engine._slot.closing is not None

    def hurry(self) -> None:
        """Let the queues go now, and not when each host's delay is over."""
        for slot in self.slots.values():
            if slot.latercall:
                slot.latercall.cancel()
                slot.latercall = None
            self._process_queue(slot)
