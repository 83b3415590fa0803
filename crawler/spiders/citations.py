"""The spider: each errand becomes one request, and ends as one capture with one outcome."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from scrapy import Request, Spider, signals
from scrapy.exceptions import DontCloseSpider, UsageError
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.task import deferLater

from archive.errors import ArchiveError, CaptureRefusedError
from archive.folder import ArchiveFolder
from crawler import settings as defaults
from crawler.capture import CAPTURE
from crawler.cookies import CaptureCookies
from crawler.downloader import StoppableDownloader, crawl_now
from crawler.ending import WRITE_FAILED, Ending
from crawler.frontier import Selection
from crawler.outcomes import HostPausedError, is_passing, own_failure
from crawler.retries import Retries, retry_after
from crawler.signals import capture_written, crawl_planned, fetch_postponed
from crawler.tasks import Tasks
from crawler.turns import Turns
from crawler.waiting import done

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from archive.drafts import CaptureDraft
    from crawler.capture import CaptureUnderWay
    from crawler.errands import Errand
    from crawler.processes.hosts import SharedHosts
    from crawler.share import Share, Store


class CitationsSpider(Spider):
    """Captures the sources that are due, or those that were asked for.

    `python -m scrapy crawl citations [-a all=1 | -a incident=ID | -a url=URL] -s SOURCEKEEP_ARCHIVE=DIR`
    """

    name = "citations"

    store: Store
    errands: Sequence[Errand]
    turns: Turns
    retries: Retries
    hosts: SharedHosts | None = None
    """What other processes of this crawl have a say in, if there are any."""

    def __init__(
        self,
        all: str | bool = "",  # noqa: A002
        incident: str | None = None,
        url: Any = (),
        share: Share | None = None,
    ) -> None:
        super().__init__()
        self.share = share
        urls = (url,) if isinstance(url, str) else tuple(url)
        self.selection = Selection(all=all in (True, "1", "true", "yes"), incident=incident, urls=urls)
        self.ending = Ending(self)
        self._waiting = Tasks(self.ending.came_upon_bug)
        self._writing = Tasks(self.ending.came_upon_bug)

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Put what the archive's `sourcekeep.toml` says over the defaults, and under the command line."""
        super().update_settings(settings)
        try:
            folder = ArchiveFolder.open(Path(settings["SOURCEKEEP_ARCHIVE"]))
            settings.setdict(defaults.from_archive(folder.settings()), priority="spider")
        except ArchiveError as error:
            raise UsageError(str(error), print_help=False) from error

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Begin the crawl, unless it was given its share; raises ArchiveError when the archive is busy, say."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.retries = Retries(
            most=settings.getint("SOURCEKEEP_RETRIES"),
            first_wait=settings.getfloat("SOURCEKEEP_RETRY_WAIT"),
            retry_after_limit=settings.getfloat("SOURCEKEEP_RETRY_AFTER_LIMIT"),
        )
        share = spider.share or _begin(settings, spider.selection)
        spider.store, spider.errands, spider.hosts = share.store, share.errands, share.hosts
        spider.turns = Turns(share.errands, share.validators)
        crawler.signals.connect(spider.answered, signal=signals.response_received)
        crawler.signals.connect(spider.stay_open, signal=signals.spider_idle)
        crawler.signals.connect(spider.ending.note_bug, signal=signals.spider_error)
        crawler.signals.connect(spider.close_store, signal=signals.spider_closed)
        return spider

    @property
    def error(self) -> ArchiveError | None:
        """Why the crawl failed, if it did: captures could not be written, or it came upon a bug."""
        return self.ending.error

    @property
    def ended(self) -> str:
        """Why the crawl was closed, by Scrapy's word for it; `finished` when it came to its end."""
        return self.ending.reason

    async def start(self) -> AsyncIterator[Any]:
        """Iterate over the first request of each host; the next one comes when it has been answered.

        So all hosts are worked through side by side, and few requests are in memory at once.
        """
        self.crawler.signals.send_catch_log(crawl_planned, errands=self.errands, crawl_id=self.store.crawl_id)
        for host in self.turns.hosts:
            if request := await self._next(host):
                yield request

    async def _next(self, host: str | None) -> Request | None:
        """Return the request for the next errand of *host*, recording what can be none; None when there is no more."""
        while capture := await self.turns.begin_next(host):
            request = self._request(capture)
            if isinstance(request, Request):
                return request
            # Not awaited: a disk's sync for each would hold up the good URLs behind it.
            self._writing.keep(self._write(capture, request))
        return None

    def _request(self, capture: CaptureUnderWay) -> Request | CaptureDraft:
        """Return what asks for the page of *capture*: sooner than others where its host has more behind it."""
        more = self.turns.left_for(capture.errand.host)
        return capture.request(callback=self.arrived, errback=self.failed, priority=more)

    def _free_host(self, capture: CaptureUnderWay) -> None:
        """Begin the host's next errand, also where this one is tried again later, and whatever its answer leads to."""
        if capture.attempts == 1:
            self._waiting.keep(self._go_on(capture.errand.host))

    async def _go_on(self, host: str | None) -> None:
        if not self.turns.left_for(host):
            return  # and no waiting for it, which would hold up the end of the crawl
        engine = self.crawler.engine
        if host and engine and isinstance(engine.downloader, StoppableDownloader):
            await _sleep(engine.downloader.seconds_to_turn(host))
        request = await self._next(host)
        if request and engine:
            crawl_now(engine, request)

    def answered(self, request: Request) -> None:
        """Free the host of a request whose chain has ended.

        Scrapy lets four rounds of a busy reactor pass from here to `arrived`, and one more before what is to be crawled
        begins; of a host with many errands that is the crawl's time.
        """
        if capture := request.meta.get(CAPTURE):
            self._free_host(capture)

    async def arrived(self, response: Response) -> None:
        """Take a response that ended a chain."""
        capture: CaptureUnderWay = response.meta[CAPTURE]
        draft = capture.arrived(response)
        header = response.headers.get(b"Retry-After")
        asked = retry_after(header.decode("latin-1")) if header else None
        await self._retry_or_write(capture, draft, None, asked)

    async def failed(self, failure: Failure) -> None:
        """Take a request that raised."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        capture: CaptureUnderWay = request.meta[CAPTURE]
        error = failure.value or RuntimeError("a failure without an exception")
        if own := own_failure(error):
            if isinstance(own, ArchiveError):
                self.ending.give_up(WRITE_FAILED, own)
            return
        if isinstance(error, HostPausedError):
            self._postpone(capture, error.seconds, str(error), request)
            return
        self._free_host(capture)
        await self._retry_or_write(capture, capture.failed(error), error, None)

    async def _retry_or_write(
        self, capture: CaptureUnderWay, draft: CaptureDraft, error: BaseException | None, asked: float | None
    ) -> None:
        in_doubt = capture.is_in_doubt(draft)
        passing = is_passing(error, draft.outcome, draft.http_status)
        wait = self.retries.wait(capture.attempts, asked) if passing else None
        if wait is None and in_doubt and not asked:
            wait = 0.0
        if wait is not None:
            capture.attempts += 1
            first = self._request(capture)
            if isinstance(first, Request):
                self._postpone(capture, wait, draft.error or draft.outcome, first)
                return
        await self._write(capture, draft)

    def _postpone(self, capture: CaptureUnderWay, seconds: float, reason: str, request: Request) -> None:
        self.crawler.signals.send_catch_log(fetch_postponed, host=capture.errand.host, seconds=seconds, reason=reason)
        self._waiting.keep(self._crawl_later(seconds, request.replace(dont_filter=True)))

    async def _crawl_later(self, seconds: float, request: Request) -> None:
        await _sleep(seconds)
        if self.crawler.engine:
            self.crawler.engine.crawl(request)

    async def _write(self, capture: CaptureUnderWay, draft: CaptureDraft) -> None:
        """Hand *draft* over and wait until it is on disk; a crawl that can't write is closed."""
        if cookies := self.crawler.get_downloader_middleware(CaptureCookies):
            cookies.forget(capture.errand.key)
        written = self.store.submit(draft)
        self.turns.end(capture)
        try:
            capture_id = await done(written)
        except CaptureRefusedError as error:
            self.logger.error(str(error))  # noqa: TRY400  # the writer has logged the trace
            return
        except ArchiveError as error:
            self.ending.give_up(WRITE_FAILED, error)
            return
        self.crawler.signals.send_catch_log(capture_written, draft=draft, capture_id=capture_id)

    def stay_open(self) -> None:
        """Keep the crawl open while a fetch waits for its retry, or a capture for the disk."""
        if self._waiting or self._writing or self.ending.is_under_way:
            raise DontCloseSpider

    async def close_store(self, reason: str) -> None:
        """Give up what still waits (it stays due; what was exchanged for it is evidence) and close the store."""
        self.ending.note_reason(reason, self.turns.left)
        self._waiting.cancel()
        for capture in self.turns.under_way:
            if over := capture.give_up():
                self.store.submit_exchanges(over)
        await self.ending.close(self.store)


async def _sleep(seconds: float) -> None:
    from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

    if seconds:
        await maybe_deferred_to_future(deferLater(cast("Any", reactor), seconds))


def _begin(settings: BaseSettings, selection: Selection) -> Share:
    from crawler.beginning import begin_crawl  # what it needs to write is of no use to a process with a share

    return begin_crawl(
        ArchiveFolder.open(Path(settings["SOURCEKEEP_ARCHIVE"])),
        selection,
        user_agent=settings["USER_AGENT"],
        conditional_for=settings.getfloat("SOURCEKEEP_CONDITIONAL_FOR"),
    )
