"""The spider: Scrapy's way into a crawl, from what is to be fetched to the end of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import Spider, signals
from scrapy.exceptions import UsageError

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from crawler import settings as defaults
from crawler.dispatcher import Dispatcher
from crawler.ending import Ending
from crawler.frontier import Selection
from crawler.signals import crawl_planned
from crawler.taker import CaptureTaker
from crawler.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

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
    hosts: SharedHosts | None = None
    """What other processes of this crawl have a say in, if there are any."""
    dispatcher: Dispatcher
    taker: CaptureTaker

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
        share = spider.share or _begin(settings, spider.selection)
        spider.store, spider.errands, spider.hosts = share.store, share.errands, share.hosts
        spider.turns = Turns(share.errands, share.validators)
        spider.dispatcher = Dispatcher(spider.turns, settings.getint("CONCURRENT_REQUESTS"), spider.ending)
        spider.taker = CaptureTaker(crawler, share.store, spider.turns, spider.dispatcher, spider.ending)
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
        """Have each errand captured; it gives Scrapy nothing to do, and ends when all is done.

        Scrapy's way from a request to its callback takes four rounds of the reactor, and a fifth of the processor time
        of a crawl (`docs/decisions.md`).
        """
        self.crawler.signals.send_catch_log(crawl_planned, errands=self.errands, crawl_id=self.store.crawl_id)
        await self.dispatcher.run(self.taker.take)
        nothing: tuple[Any, ...] = ()
        for request in nothing:
            yield request

    async def close_store(self, reason: str) -> None:
        """Give up what still waits (it stays due; what was exchanged for it is evidence) and close the store."""
        self.ending.note_reason(reason, self.turns.left)
        self.dispatcher.stop_waiting()
        for capture in self.turns.under_way:
            if over := capture.give_up():
                self.store.submit_exchanges(over)
        await self.ending.close(self.store)


def _begin(settings: BaseSettings, selection: Selection) -> Share:
    from crawler.beginning import begin_crawl  # what it needs to write is of no use to a process with a share

    return begin_crawl(
        ArchiveFolder.open(Path(settings["SOURCEKEEP_ARCHIVE"])),
        selection,
        user_agent=settings["USER_AGENT"],
        conditional_for=settings.getfloat("SOURCEKEEP_CONDITIONAL_FOR"),
    )
