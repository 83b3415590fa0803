"""A crawl: its processes fetch, and this one writes, shows, and decides on the end."""

from __future__ import annotations

import queue
import signal
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from archive.errors import ArchiveError
from archive.words import FAILED, FINISHED, Via
from crawler.beginning import begin_crawl
from crawler.processes.messages import Captured, Ended, Exchanged, Plan, Postponed, Refused, Stop, Written
from crawler.processes.shares import divide
from crawler.tuning import collect_seldom
from sourcekeep.invocation import SIGNALLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future

    from archive.drafts import CaptureDraft
    from archive.folder import ArchiveFolder
    from crawler.frontier import Work
    from crawler.processes.messages import FromProcess
    from crawler.share import Share
    from sourcekeep.crawl_display import CrawlDisplay
    from sourcekeep.fetcher import Fetcher, Fetchers

SHUTDOWN = "shutdown"
"""Why a crawl, or a process of it, ended that was told to, by Scrapy's word."""
PROCESS_DIED = "process-died"
"""Why a crawl ended of which a fetching process did not come to its end."""


def run(
    folder: ArchiveFolder,
    work: Work,
    settings: Mapping[str, Any],
    fetchers: Fetchers,
    display: CrawlDisplay,
) -> int:
    """Crawl with *fetchers*, show it, and return the exit code: 0 done, 1 failed, 130 stopped by Ctrl-C.

    Raises ArchiveError.
    """
    collect_seldom()
    share = begin_crawl(folder, work, conditional_for=settings.get("SOURCEKEEP_CONDITIONAL_FOR"))
    crawl = _Crawl(share, display, fetchers)
    concurrency = settings.get("CONCURRENT_REQUESTS", folder.settings().concurrency)
    with crawl.heeding_signals():
        crawl.begin({**settings, "SOURCEKEEP_ARCHIVE": str(folder.path), "LOG_FILE": str(fetchers.log)}, concurrency)
        return crawl.run()


class _Crawl:
    """The crawl under way. Whatever happens is an event, and happens in this thread, one after the other."""

    def __init__(self, share: Share, display: CrawlDisplay, fetchers: Fetchers) -> None:
        self._share = share
        self._display = display
        self._fetchers = fetchers
        self._running = set(fetchers.all)
        self._signal = 0
        self._error: ArchiveError | None = None
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    @contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM end the crawl in order for as long as the context lasts."""
        before = {which: signal.signal(which, self._signalled) for which in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for which, handler in before.items():
                signal.signal(which, handler)

    def begin(self, settings: Mapping[str, Any], concurrency: int) -> None:
        """Give each process its share of the errands and of the *concurrency*, and listen to them."""
        self._display.planned(self._share.errands, self._share.store.crawl_id)
        shares = divide(self._share.errands, len(self._fetchers.all))
        for number, (fetcher, errands) in enumerate(zip(self._fetchers.all, shares, strict=True)):
            places = max(1, (concurrency + number) // len(shares))
            known = self._share.validators
            ids = [errand.source.id for errand in errands]
            validators = {source_id: known[source_id] for source_id in ids if source_id in known}
            own = {**settings, "CONCURRENT_REQUESTS": places}
            plan = Plan(self._share.store.crawl_id, errands, validators, own, shared=len(shares) > 1)
            fetcher.begin(plan, self._heard)
        if self._signal:  # which those did not hear that had not begun
            self._stop_all()

    def run(self) -> int:
        """Crawl to the end, and return the exit code; raises the ArchiveError that kept it from its end."""
        while self._running:
            self._events.get()()
        ended = self._ended()
        try:
            self._share.store.close(ended)
        except ArchiveError as error:
            self._error = error
        while not self._events.empty():  # what was written last
            self._events.get()()
        self._display.closed()
        self._display.report()
        if self._signal:
            return SIGNALLED + self._signal
        if self._error:
            raise self._error
        return 0 if ended == FINISHED else 1

    def _ended(self) -> str:
        """Return why the crawl ended: as that of its processes did that has most to say.

        One that was stopped has less to say than the one that it was stopped for.
        """
        reasons = [fetcher.ended.reason if fetcher.ended else PROCESS_DIED for fetcher in self._fetchers.all]
        if self._signal and set(reasons) <= {FINISHED, PROCESS_DIED, SHUTDOWN}:
            return SHUTDOWN
        said = (FINISHED, SHUTDOWN)
        return max(reasons, key=lambda reason: said.index(reason) if reason in said else len(said))

    def _heard(self, fetcher: Fetcher, message: FromProcess | None) -> None:
        self._events.put(partial(self._take, fetcher, message))

    def _take(self, fetcher: Fetcher, message: FromProcess | None) -> None:
        match message:
            case Captured(number, draft):
                done = self._share.store.submit(draft)
                done.add_done_callback(partial(self._settled, fetcher, number, draft))
            case Exchanged(exchanges):
                self._share.store.submit_exchanges(exchanges)
            case Postponed(host, seconds, reason):
                self._display.postponed(host, seconds, reason)
            case Ended(reason, error):
                fetcher.ended = message
                self._error = self._error or error
                if error and reason != FAILED:  # then what keeps it keeps them all
                    self._stop_all()
            case None:
                self._gone(fetcher)

    def _settled(self, fetcher: Fetcher, number: int, draft: CaptureDraft, done: Future[int | None]) -> None:
        """Tell the process what became of its capture; called in the thread that writes."""
        error = done.exception()
        if error is None:
            self._events.put(partial(self._count, fetcher, draft))
            fetcher.say(Written(number, done.result()))
        else:
            fetcher.say(Refused(number, error if isinstance(error, ArchiveError) else ArchiveError(str(error))))

    def _count(self, fetcher: Fetcher, draft: CaptureDraft) -> None:
        fetcher.written += draft.via == Via.HTTP
        self._display.written(draft)

    def _gone(self, fetcher: Fetcher) -> None:
        """Take note that a process has gone; one that died takes what it had under way along, and nothing else."""
        self._running.discard(fetcher)
        if fetcher.ended is None and not self._signal:
            left = fetcher.planned - fetcher.written
            if fetcher.trouble:
                fetcher.hang_up()
                how = f"can't hand over what it has ({fetcher.trouble}; is the limit of open files low? `ulimit -n`)"
            else:
                how = f"died ({fetcher.wait()})"
            self._error = ArchiveError(
                f"a fetching process {how}; {left} of its {fetcher.planned} sources have no capture "
                "and stay due: `sourcekeep crawl` goes on with them"
            )
            self._display.note(f"a fetching process {how}; the others go on, and {left} sources stay due")

    def _stop_all(self) -> None:
        """Have the processes end that still run."""
        for fetcher in self._running:
            fetcher.say(Stop())

    def _signalled(self, signum: int, _: Any) -> None:
        if self._signal:
            self._fetchers.kill()
            return
        self._signal = signum
        click.echo(f"{signal.Signals(signum).name}: finishing what is under way; once more to stop at once", err=True)
        self._display.interrupt()
        for fetcher in self._fetchers.all:
            fetcher.say(Stop())
