"""Scrapy's downloader: one thing at a time for each host, whichever process asks, and an end when it is asked for."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from scrapy.core.downloader import Downloader
from scrapy.utils.asyncio import call_later
from scrapy.utils.httpobj import urlparse_cached
from twisted.python.failure import Failure

from archive.errors import ArchiveError
from crawler.outcomes import CrawlStoppingError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from scrapy import Request
    from scrapy.core.downloader import Slot
    from scrapy.core.engine import ExecutionEngine
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred

    from crawler.processes.hosts import SharedHosts

_LOOK_AGAIN_SECONDS = 0.05


class StoppableDownloader(Downloader):
    """Ends what still waits for its host's turn, where Scrapy would go on to fetch it, one delay after the other.

    Where other processes may come to the same hosts (`crawler/processes/hosts.py`), this one asks a host only while it
    has the host's turn: from before a request until the delay behind it is over.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._hosts: SharedHosts | None = getattr(crawler.spider, "hosts", None)

    def get_slot_key(self, request: Request) -> str:
        """Return the host that *request* asks: behind a redirect Scrapy's own still names the host that sent it on."""
        return urlparse_cached(request).hostname or ""

    def _wait_for_download(
        self, slot: Slot, request: Request, queue_dfd: Deferred[Response]
    ) -> Coroutine[Any, Any, None]:
        # Scrapy counts it when the task begins that it makes of this, and would start all the rest of the host's queue
        # in the meantime, where no delay holds it back.
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)

    def _process_queue(self, slot: Slot) -> None:
        if is_closing(self.crawler.engine):
            _refuse_all(slot, CrawlStoppingError("the crawl is being stopped"))
            return
        try:
            may_begin = self._hosts is None or self._has_turn(slot, self._hosts)
        except ArchiveError as error:  # raised from here, it would leave a queue that nobody looks at again
            _refuse_all(slot, error)
            return
        if may_begin:
            super()._process_queue(slot)

    def _has_turn(self, slot: Slot, hosts: SharedHosts) -> bool:
        """Tell whether the host of *slot* may be asked now; where another process has the turn, look again soon."""
        if slot.latercall or slot.transferring or not slot.queue:
            return True  # there is nothing to begin
        host = slot.queue[0][0].meta[self.DOWNLOAD_SLOT]
        if monotonic() >= _earliest(slot):
            hosts.let_go(host)  # this turn is over, and whoever is in the line for it comes first
        if hosts.take(host):
            return True
        slot.latercall = call_later(_LOOK_AGAIN_SECONDS, self._latercall, slot)
        return False

    async def _download(self, slot: Slot, request: Request) -> Response:
        began = slot.lastseen
        try:
            return await super()._download(slot, request)
        finally:
            if self._hosts is not None:
                wait = max(0.0, began + slot.download_delay() - monotonic())
                call_later(wait, self._let_go, self._hosts, slot, request.meta[self.DOWNLOAD_SLOT], began)

    @staticmethod
    def _let_go(hosts: SharedHosts, slot: Slot, host: str, began: float) -> None:
        """Let the turn go that nobody here needs any more; else it ends when the next request is to begin.

        Where another request began since, the delay behind that one is not over yet.
        """
        if not slot.queue and not slot.transferring and slot.lastseen == began:
            hosts.let_go(host)

    def seconds_to_turn(self, host: str) -> float:
        """Return how long its delay holds *host* back at least: a request that waits here for that takes a place."""
        slot = self.slots.get(host)
        return max(0.0, _earliest(slot) - monotonic()) if slot else 0.0

    def hurry(self) -> None:
        """Let the queues go now, and not when each host's delay is over."""
        for slot in self.slots.values():
            if slot.latercall:
                slot.latercall.cancel()
                slot.latercall = None
            self._process_queue(slot)


def _earliest(slot: Slot) -> float:
    """Return the moment, on the monotonic clock, before which the delay of *slot* lets nothing begin."""
    return slot.lastseen + slot.delay * (1 - slot.jitter)


def _refuse_all(slot: Slot, error: Exception) -> None:
    """End what waits in *slot* with *error*."""
    while slot.queue:
        _, waiting = slot.queue.popleft()
        waiting.errback(Failure(error))


@contextmanager
def held_open(engine: ExecutionEngine) -> Iterator[None]:
    """Keep the spider of *engine* from being closed meanwhile.

    By Scrapy's own count, closing goes on between two requests of a chain, and before an answer is written.
    """
    slot, hold = engine._slot, cast("Request", object())
    if slot is None:
        raise RuntimeError("the spider has been closed")
    slot.add_request(hold)
    try:
        yield
    finally:
        slot.remove_request(hold)


def is_closing(engine: ExecutionEngine | None) -> bool:
    """Tell whether the spider of *engine* is being closed, or has been: nothing more is to begin."""
    return engine is None or engine._slot is None or engine._slot.closing is not None


def hurry(crawler: Crawler) -> None:
    """Once the engine of *crawler* is closing, let go of what waits for its host's turn."""
    engine = crawler.engine
    if engine and isinstance(engine.downloader, StoppableDownloader):
        engine.downloader.hurry()
