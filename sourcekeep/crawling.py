"""Running a crawl from the command line: Scrapy in this process, with the archive's settings and the caller's."""

from __future__ import annotations

import gc
import json
import logging
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import click
from scrapy.crawler import CrawlerProcess
from scrapy.settings import Settings

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.records import utc_now
from archive.recovery import reconcile
from crawler.downloader import StoppableDownloader
from crawler.frontier import Selection
from crawler.spiders.citations import CitationsSpider
from sourcekeep import screen
from sourcekeep.crawl_display import CrawlDisplay
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twisted.python.failure import Failure

_SIGNALLED = 128
"""A process that a signal stopped exits with this plus the signal's number, as shells count."""


def run(archive_dir: Path, *, selection: Mapping[str, Any], settings: Mapping[str, Any], as_json: bool) -> None:
    """Crawl, show it, and exit: 0 done, 1 failed, 130 stopped by Ctrl-C. Raises ArchiveError."""
    folder = ArchiveFolder.open(archive_dir)
    folder.settings()  # a mistake in it is said before anything begins
    if not _is_anything_to_do(folder, selection):
        _nothing_to_do(folder, selection, as_json=as_json)
        return
    # Scrapy and Twisted make many long-lived objects at start; looking through them again and again for cycles cost
    # a sixth of a crawl's processor time (482 pages on 446 hosts).
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    # Scrapy writes a line for each request below the level of the log; it would be made, and thrown away.
    logging.disable(logging.DEBUG)
    logging.raiseExceptions = False  # a log that can't be written (full disk) must not hide what is said here
    process = _Process(_scrapy_settings(folder, settings, as_json=as_json))
    process.run(dict(selection))
    sys.exit(process.exit_code())


def _is_anything_to_do(folder: ArchiveFolder, selection: Mapping[str, Any]) -> bool:
    """Tell whether there are sources to capture; if not, put right what a crash left: no next crawl is in sight."""
    choice = Selection(selection["all"], selection["incident"], tuple(selection["url"]))
    with folder.catalogue() as catalogue:
        if choice.sources(catalogue):
            return True
    with folder.lock("crawl"):
        reconcile(folder)
    with folder.catalogue() as catalogue:  # under an older catalogue, the WARC files may have brought more to do
        return bool(choice.sources(catalogue))


def _nothing_to_do(folder: ArchiveFolder, selection: Mapping[str, Any], *, as_json: bool) -> None:
    with folder.catalogue() as catalogue:
        next_due, any_source = catalogue.sources.next_due_after(utc_now()), bool(catalogue.sources.all())
    if as_json:
        click.echo(json.dumps({"planned": 0, "captured": 0, "next_due_at": next_due}))
    elif selection["incident"] is not None:
        click.echo(f"incident {selection['incident']} cites no URL")
    elif not any_source:
        click.echo(f"no source is cited yet: {with_archive(folder.path)} import FILE")
    elif next_due:
        click.echo(
            f"nothing is due; the next source is due on {screen.when(next_due)} (--all captures every source now)"
        )
    else:
        click.echo("nothing is due, and nothing will be (--all captures every source now)")


def _scrapy_settings(folder: ArchiveFolder, given: Mapping[str, Any], *, as_json: bool) -> Settings:
    settings = Settings()
    settings.setmodule("sourcekeep.scrapy_settings", priority="project")
    started = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    settings.setdict(
        {
            "SOURCEKEEP_ARCHIVE": str(folder.path),
            "SOURCEKEEP_JSON": as_json,
            "LOG_FILE": str(_log_file(folder.reports_dir / f"crawl-{started}.log")),
            **given,
        },
        priority="cmdline",
    )
    return settings


def _log_file(path: Path) -> Path:
    """Return *path*, which can be written; raises ArchiveError when it can't."""
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    except OSError as error:
        raise ArchiveError(f"the log of the crawl cannot be written: {error}; a crawl has to write there") from error
    return path


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
            return _SIGNALLED + self._signal
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

        def hurry() -> None:
            engine, display = self._crawler.engine, self._crawler.get_extension(CrawlDisplay)
            if display:
                display.interrupt()
            if engine and isinstance(engine.downloader, StoppableDownloader):
                engine.downloader.hurry()

        # From a signal handler, so by way of the thread's queue; a moment later, when the engine has heard of it.
        loop = cast("Any", reactor)
        loop.callFromThread(loop.callLater, 0.1, hurry)
