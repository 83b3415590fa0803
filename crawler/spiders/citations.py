"""The spider: each errand becomes one request, and ends as one capture with one outcome."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, cast

from scrapy import Request, Spider, signals
from scrapy.exceptions import DontCloseSpider, UsageError
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.log import failure_to_exc_info
from twisted.internet import defer
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from archive.errors import ArchiveError, CaptureRefusedError
from archive.folder import ArchiveFolder
from archive.records import FAILED, FINISHED, Via
from crawler import settings as defaults
from crawler.capture import CAPTURE, CaptureUnderWay
from crawler.cookies import CaptureCookies
from crawler.frontier import Selection
from crawler.outcomes import HostPausedError, is_passing, own_failure
from crawler.retries import back_off, retry_after
from crawler.signals import capture_written, crawl_planned, fetch_postponed
from crawler.tasks import Tasks
from crawler.waiting import done

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from archive.drafts import CaptureDraft
    from archive.records import Validators
    from crawler.errands import Errand
    from crawler.processes.hosts import SharedHosts
    from crawler.share import Share, Store

WRITE_FAILED = "write-failed"
"""Why a crawl was closed whose captures could no longer be written."""
_AT_THE_END = frozenset({FINISHED, "start_error"})
"""Scrapy's words for an end behind which nothing is left that it knows of."""

_MOST_UNDER_WAY = 2_000
"""Errands whose requests are in memory at once: enough hosts for all turns, whatever the archive's size."""


class CitationsSpider(Spider):
    """Captures the sources that are due, or those that were asked for.

    `python -m scrapy crawl citations [-a all=1 | -a incident=ID | -a url=URL] -s SOURCEKEEP_ARCHIVE=DIR`
    """

    name = "citations"

    store: Store
    error: ArchiveError | None = None
    """Why the crawl failed, if it did: captures could not be written, or it came upon a bug."""
    ended: str = "interrupted"
    """Why the crawl was closed, by Scrapy's word for it; `finished` when it came to its end."""
    _giving_up = False
    errands: Sequence[Errand]
    validators: Mapping[int, Validators] = MappingProxyType({})
    """By source: what its page can be asked for with."""
    retries: int
    retry_wait: float
    retry_after_limit: float

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
        self._waiting = Tasks(self._came_upon_bug)
        self._writing = Tasks(self._came_upon_bug)
        self._room = defer.DeferredSemaphore(_MOST_UNDER_WAY)
        self._to_come: dict[str | None, deque[Errand]] = {}
        """By the host that they ask: errands that were not begun."""
        self._under_way: dict[tuple[int, Via], CaptureUnderWay] = {}
        """By errand: captures that are neither written nor dropped."""

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
        spider.retries = settings.getint("SOURCEKEEP_RETRIES")
        spider.retry_wait = settings.getfloat("SOURCEKEEP_RETRY_WAIT")
        spider.retry_after_limit = settings.getfloat("SOURCEKEEP_RETRY_AFTER_LIMIT")
        share = spider.share or _begin(settings, spider.selection)
        spider.store, spider.errands, spider.validators = share.store, share.errands, share.validators
        spider.hosts = share.hosts
        crawler.signals.connect(spider.stay_open, signal=signals.spider_idle)
        crawler.signals.connect(spider.note_bug, signal=signals.spider_error)
        crawler.signals.connect(spider.close_store, signal=signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Iterate over the first request of each host; the next one comes when it has been answered.

        So all hosts are worked through side by side, and few requests are in memory at once.
        """
        self.crawler.signals.send_catch_log(crawl_planned, errands=self.errands, crawl_id=self.store.crawl_id)
        for errand in self.errands:
            self._to_come.setdefault(errand.host, deque()).append(errand)
        for errands in list(self._to_come.values()):
            if request := await self._next(errands):
                yield request

    async def _next(self, errands: deque[Errand]) -> Request | None:
        """Return the request for the next of *errands*, recording what can be none; None when there is no more."""
        while errands:
            await maybe_deferred_to_future(self._room.acquire())  # Scrapy would take them all at once, however many
            errand = errands.popleft()
            capture = self._under_way[errand.key] = CaptureUnderWay(errand, self._validators(errand))
            request = capture.request(callback=self.arrived, errback=self.failed)
            if isinstance(request, Request):
                return request
            # Not awaited: a disk's sync for each would hold up the good URLs behind it.
            self._writing.keep(self._write(capture, request))
        return None

    def _validators(self, errand: Errand) -> Validators | None:
        """Return what the page can be asked for with: it is about the source's own URL, and no other."""
        return self.validators.get(errand.source.id) if errand.via is Via.HTTP else None

    def _free_host(self, capture: CaptureUnderWay) -> None:
        """Begin the host's next errand, also where this one is tried again later, and whatever its answer leads to."""
        if capture.attempts == 1:
            self._waiting.keep(self._go_on(self._to_come[capture.errand.host]))

    async def _go_on(self, errands: deque[Errand]) -> None:
        request = await self._next(errands)
        if request and self.crawler.engine:
            self.crawler.engine.crawl(request)

    async def arrived(self, response: Response) -> None:
        """Take a response that ended a chain."""
        capture: CaptureUnderWay = response.meta[CAPTURE]
        self._free_host(capture)
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
                self._give_up(WRITE_FAILED, own)
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
        passing = passing and capture.attempts <= self.retries and (asked or 0) <= self.retry_after_limit
        if passing or (in_doubt and not asked):
            wait = max(back_off(capture.attempts, self.retry_wait), asked or 0) if passing else 0.0
            capture.attempts += 1
            first = capture.request(callback=self.arrived, errback=self.failed)
            if isinstance(first, Request):
                self._postpone(capture, wait, draft.error or draft.outcome, first)
                return
        await self._write(capture, draft)

    def _postpone(self, capture: CaptureUnderWay, seconds: float, reason: str, request: Request) -> None:
        self.crawler.signals.send_catch_log(fetch_postponed, host=capture.errand.host, seconds=seconds, reason=reason)
        self._waiting.keep(self._crawl_later(seconds, request.replace(dont_filter=True)))

    async def _crawl_later(self, seconds: float, request: Request) -> None:
        from twisted.internet import reactor  # Scrapy installs it, so not before there is a crawl

        await maybe_deferred_to_future(deferLater(cast("Any", reactor), seconds))
        if self.crawler.engine:
            self.crawler.engine.crawl(request)

    async def _write(self, capture: CaptureUnderWay, draft: CaptureDraft) -> None:
        """Hand *draft* over and wait until it is on disk; a crawl that can't write is closed."""
        if cookies := self.crawler.get_downloader_middleware(CaptureCookies):
            cookies.forget(capture.errand.key)
        written = self.store.submit(draft)
        del self._under_way[capture.errand.key]
        self._room.release()
        try:
            capture_id = await done(written)
        except CaptureRefusedError as error:
            self.logger.error(str(error))  # noqa: TRY400  # the writer has logged the trace
            return
        except ArchiveError as error:
            self._give_up(WRITE_FAILED, error)
            return
        self.crawler.signals.send_catch_log(capture_written, draft=draft, capture_id=capture_id)

    def _give_up(self, reason: str, error: ArchiveError) -> None:
        if not self._giving_up and self.crawler.engine:
            self._giving_up = True
            self.error = error
            self.logger.critical("%s", error)
            # Not awaited: closing waits for the callbacks under way, and this is one of them.
            self._writing.keep(self.crawler.engine.close_spider_async(reason=reason))

    def _came_upon_bug(self, failure: Failure) -> None:
        """End the crawl for a bug in what goes on beside the callbacks: an errand and all behind it may be lost."""
        self.logger.critical("a bug ends the crawl", exc_info=failure_to_exc_info(failure))
        self._give_up(FAILED, _bug(failure.value))

    def note_bug(self, failure: Failure) -> None:
        """Note a bug in a callback, which Scrapy has logged: it costs one page, and the crawl can do the others."""
        self.error = self.error or _bug(failure.value)

    def stay_open(self) -> None:
        """Keep the crawl open while a fetch waits for its retry, or a capture for the disk."""
        if self._waiting or self._writing:
            raise DontCloseSpider

    async def close_store(self, reason: str) -> None:
        """Give up what still waits (it stays due; what was exchanged for it is evidence) and close the store."""
        self._note_end(reason)
        self._waiting.cancel()
        for capture in self._under_way.values():
            if over := capture.give_up():
                self.store.submit_exchanges(over)
        try:
            await maybe_deferred_to_future(deferToThread(self.store.close, self.ended))
        except ArchiveError as error:
            if error is not self.error:
                self.logger.critical("%s", error)
            self.error = error
        except Exception as error:
            self.error = _bug(error)
            raise  # Scrapy logs it

    def _note_end(self, reason: str) -> None:
        """Note why the crawl ended; one that lost an errand on its way failed, whatever Scrapy says."""
        self.ended = reason
        left = len(self._under_way) + sum(map(len, self._to_come.values()))
        # Scrapy shuts down by itself, too, where it can't take the first request of a host.
        by_itself = reason in _AT_THE_END or (reason == "shutdown" and self.crawler.crawling)
        if by_itself and (left or self.error):
            self.ended = FAILED
            self.error = self.error or ArchiveError(f"a bug has lost {left} fetches of the crawl; they stay due")
            self.logger.critical("%s", self.error)


def _bug(error: BaseException | None) -> ArchiveError:
    return ArchiveError(
        f"the crawl came upon a bug ({error!r}), and its trace is in the log; what has no capture stays due"
    )


def _begin(settings: BaseSettings, selection: Selection) -> Share:
    from crawler.beginning import begin_crawl  # what it needs to write is of no use to a process with a share

    return begin_crawl(
        ArchiveFolder.open(Path(settings["SOURCEKEEP_ARCHIVE"])),
        selection,
        user_agent=settings["USER_AGENT"],
        conditional_for=settings.getfloat("SOURCEKEEP_CONDITIONAL_FOR"),
    )
