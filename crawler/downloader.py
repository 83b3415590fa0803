"""Scrapy's downloader, whose queues are let go when the crawl is to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.core.downloader import Downloader
from twisted.python.failure import Failure

from crawler.outcomes import CrawlStoppingError

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot


class StoppableDownloader(Downloader):
    """Ends what still waits for its host's turn, where Scrapy would go on to fetch it, one delay after the other."""

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
