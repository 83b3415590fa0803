"""A crawl in one process: Scrapy in this one, with the archive's settings and the caller's."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any, cast

import click
from scrapy.crawler import CrawlerProcess
from scrapy.settings import Settings

from archive.errors import ArchiveError
from crawler.downloader import hurry
from crawler.spiders.citations import CitationsSpider
from crawler.tuning import tune
from sourcekeep.crawl_display import CrawlDisplay
from sourcekeep.crawl_log import log_file
from sourcekeep.invocation import SIGNALLED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twisted.python.failure import Failure

    from archive.folder import ArchiveFolder


def run(folder: ArchiveFolder, selection: Mapping[str, Any], settings: Mapping[str, Any], *, as_json: bool) -> None:
    """Crawl, show it, and exit: 0 done, 1 failed, 130 stopped by Ctrl-C. Raises ArchiveError."""
    tune()
    process = _Process(_scrapy_settings(folder, settings, as_json=as_json))
    process.run(dict(selection))
    sys.exit(process.exit_code())


def _scrapy_settings(folder: ArchiveFolder, given: Mapping[str, Any], *, as_json: bool) -> Settings:
    settings = Settings()
    settings.setmodule("sourcekeep.scrapy_settings", priority="project")
    settings.setdict(
        {
            "SOURCEKEEP_ARCHIVE": str(folder.path),
            "SOURCEKEEP_JSON": as_json,
            "LOG_FILE": str(log_file(folder)),
            **given,
        },
        priority="cmdline",
    )
    return settings


class _Process(CrawlerProcess):
    """Scrapy's process, telling the terminal what a signal did, and how the crawl ended."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._error: BaseException | None = None
        self._signal = 0
        self._crawler = self.create_crawler(CitationsSpider)

    def run(self, arguments: dict[str, Any]) -> None:
        """Crawl to the end; raises the ArchiveError that kept it from starting."""
        self.crawl(self._crawler, **arguments).addErrback(self._failed)
        self.start()
        if isinstance(self._error, ArchiveError):
            raise self._error
        if self._error is not None:
            raise ArchiveError(f"the crawl could not be run: {self._error}") from self._error

    def exit_code(self) -> int:
        """Return what a script is told."""
        if self._signal:
            return SIGNALLED + self._signal
        spider = self._crawler.spider
        if not isinstance(spider, CitationsSpider):
            return 1
        if spider.write_error:
            raise spider.write_error
        return 0 if spider.ended == "finished" else 1

    def _failed(self, failure: Failure) -> None:
        self._error = failure.value

    def _signal_shutdown(self, signum: int, _: Any) -> None:
        self._signal = signum
        name = signal.Signals(signum).name
        click.echo(f"{name}: finishing what is under way; once more to stop at once", err=True)
        super()._signal_shutdown(signum, _)
        self._hurry()

    def _hurry(self) -> None:
        """Once the engine is closing, let go of what waits for its host's turn."""
        from twisted.internet import reactor

        def hurry_up() -> None:
            display = self._crawler.get_extension(CrawlDisplay)
            if display:
                display.interrupt()
            hurry(self._crawler)

        # From a signal handler, so by way of the thread's queue; a moment later, when the engine has heard of it.
        loop = cast("Any", reactor)
        loop.callFromThread(loop.callLater, 0.1, hurry_up)
