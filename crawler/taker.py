"""Takes captures: from the first request of an errand to the row, or to another try."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, cast

from archive.drafts import CaptureDraft
from archive.errors import ArchiveError, CaptureRefusedError
from crawler.cookies import CaptureCookies
from crawler.downloader import held_open
from crawler.ending import WRITE_FAILED
from crawler.outcomes import HostPausedError, is_passing, own_failure
from crawler.retries import Retries, retry_after
from crawler.signals import capture_written, fetch_postponed
from crawler.waiting import done

if TYPE_CHECKING:
    from concurrent.futures import Future

    from scrapy.core.engine import ExecutionEngine
    from scrapy.crawler import Crawler

    from crawler.capture import CaptureUnderWay
    from crawler.dispatcher import Dispatcher
    from crawler.downloader import StoppableDownloader
    from crawler.ending import Ending
    from crawler.share import Store
    from crawler.turns import Turns

logger = logging.getLogger(__name__)


class CaptureTaker:
    """Takes the captures that a dispatcher begins."""

    def __init__(self, crawler: Crawler, store: Store, turns: Turns, dispatcher: Dispatcher, ending: Ending) -> None:
        self._crawler = crawler
        self._store = store
        self._turns = turns
        self._dispatcher = dispatcher
        self._ending = ending
        settings = crawler.settings
        self._retries = Retries(
            most=settings.getint("SOURCEKEEP_RETRIES"),
            first_wait=settings.getfloat("SOURCEKEEP_RETRY_WAIT"),
            retry_after_limit=settings.getfloat("SOURCEKEEP_RETRY_AFTER_LIMIT"),
        )

    async def take(self, capture: CaptureUnderWay) -> None:
        """Take *capture* to its end, or put it off; the host's next errand begins as soon as this one is answered."""
        engine = self._crawler.engine
        if engine is None or self._ending.is_closing:  # asyncio lets a moment pass before it begins a task
            self._dispatcher.free_place()
            return
        with held_open(engine):
            written = None
            try:
                if draft := await self._fetch(engine, capture):
                    written = self._submit(capture, draft)
            finally:
                self._dispatcher.free_place()
                with self._ending.for_bugs():
                    self._free_host(engine, capture)
            self._dispatcher.go_on()
            if draft and written:
                await self._written(draft, written)

    async def _fetch(self, engine: ExecutionEngine, capture: CaptureUnderWay) -> CaptureDraft | None:
        """Return what *capture* comes to; None where it is to be tried again, or not in this crawl."""
        request = capture.request()
        if isinstance(request, CaptureDraft):
            return request
        try:
            response = await engine.download_async(request)
        except HostPausedError as error:
            capture.paused = error.request
            self._postpone(capture, error.seconds, str(error))
            return None
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what became of the source
            return self._failed(capture, error)
        header = response.headers.get(b"Retry-After")
        asked = retry_after(header.decode("latin-1")) if header else None
        return self._draft_or_retry(capture, capture.arrived(response), None, asked)

    def _failed(self, capture: CaptureUnderWay, error: Exception) -> CaptureDraft | None:
        own = own_failure(error)
        if own is None:
            return self._draft_or_retry(capture, capture.failed(error), error, None)
        if isinstance(own, ArchiveError):
            self._ending.give_up(WRITE_FAILED, own)
        return None

    def _draft_or_retry(
        self, capture: CaptureUnderWay, draft: CaptureDraft, error: Exception | None, asked: float | None
    ) -> CaptureDraft | None:
        in_doubt = capture.is_in_doubt(draft)
        passing = is_passing(error, draft.outcome, draft.http_status)
        wait = self._retries.wait(capture.attempts, asked) if passing else None
        if wait is None and in_doubt and not asked:
            wait = 0.0
        if wait is None:
            return draft
        capture.attempts += 1
        self._postpone(capture, wait, draft.error or draft.outcome)
        return None

    def _postpone(self, capture: CaptureUnderWay, seconds: float, reason: str) -> None:
        self._crawler.signals.send_catch_log(fetch_postponed, host=capture.errand.host, seconds=seconds, reason=reason)
        self._dispatcher.later(seconds, partial(self._turns.is_ready, capture))

    def _free_host(self, engine: ExecutionEngine, capture: CaptureUnderWay) -> None:
        """Let the host's next errand begin, also where this one is tried again later, and whatever it leads to."""
        if capture.paused or not capture.holds_host:
            return
        capture.holds_host = False
        host = capture.errand.host
        wait = cast("StoppableDownloader", engine.downloader).seconds_to_turn(host) if host else 0
        if not wait:
            self._turns.host_is_ready(host)
        elif self._turns.left_for(host):  # else the wait would hold up the end of the crawl
            self._dispatcher.later(wait, partial(self._turns.host_is_ready, host))

    def _submit(self, capture: CaptureUnderWay, draft: CaptureDraft) -> Future[int | None]:
        """Hand *draft* over, with which *capture* is over."""
        if cookies := self._crawler.get_downloader_middleware(CaptureCookies):
            cookies.forget(capture.errand.key)
        written = self._store.submit(draft)
        self._turns.end(capture)
        return written

    async def _written(self, draft: CaptureDraft, written: Future[int | None]) -> None:
        """Wait until *draft* is on disk; a crawl that can't write is closed."""
        try:
            capture_id = await done(written)
        except CaptureRefusedError as error:
            logger.error(str(error))  # noqa: TRY400  # the writer has logged the trace
        except ArchiveError as error:
            self._ending.give_up(WRITE_FAILED, error)
        else:
            self._crawler.signals.send_catch_log(capture_written, draft=draft, capture_id=capture_id)
