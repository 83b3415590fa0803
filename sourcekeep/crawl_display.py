"""The Scrapy extension that stands beside each crawl: progress, extraction, and the closing report."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.words import Via
from crawler.errands import count
from crawler.signals import capture_written, crawl_planned, fetch_postponed
from extract.version import EXTRACTOR
from sourcekeep import progress
from sourcekeep.companion import ExtractionProcess
from sourcekeep.crawl_report import make_report, print_report
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

    from archive.drafts import CaptureDraft
    from crawler.errands import Errand

_LONG_WAIT = 10.0
_LOOK_SECONDS = 0.1
_TELL_SECONDS = 5.0
_PATIENCE_SECONDS = 3.0


class CrawlDisplay:
    """Shows a crawl, and has texts made while it runs. Settings: SOURCEKEEP_EXTRACT, SOURCEKEEP_JSON.

    What is counted are the captures *via* which the crawl's purpose is; of sources, a probe is none.
    """

    crawl_id = 0
    """Of the crawl that is shown; 0 before it has begun."""

    def __init__(
        self, folder: ArchiveFolder, *, extract: bool, as_json: bool, verb: str = "capturing", via: Via = Via.HTTP
    ) -> None:
        self._folder = folder
        self._extract = extract
        self._as_json = as_json
        self._progress = progress.for_stderr(verb)
        self._via = via
        self._extraction: ExtractionProcess | None = None
        self._planned = 0
        self.interrupted = 0.0
        """When the user asked for an end, by the monotonic clock; 0 when nobody did."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings and listen to the crawl."""
        from scrapy import signals  # late: a crawl in several processes is shown without it

        settings = crawler.settings
        display = cls(
            ArchiveFolder.open(Path(settings["SOURCEKEEP_ARCHIVE"])),
            extract=settings.getbool("SOURCEKEEP_EXTRACT"),
            as_json=settings.getbool("SOURCEKEEP_JSON"),
        )
        crawler.signals.connect(display.planned, signal=crawl_planned)
        crawler.signals.connect(display.written, signal=capture_written)
        crawler.signals.connect(display.postponed, signal=fetch_postponed)
        crawler.signals.connect(display.closed, signal=signals.spider_closed)
        crawler.signals.connect(display.report_from_reactor, signal=signals.engine_stopped)
        return display

    def planned(self, errands: Sequence[Errand], crawl_id: int) -> None:
        """Begin to show, and to extract."""
        self._planned, self.crawl_id = count(errands, self._via), crawl_id
        self._progress.plan(self._planned)
        if self._extract:
            self._extraction = ExtractionProcess(self._folder)

    def written(self, draft: CaptureDraft) -> None:
        """Count a capture."""
        if draft.via == self._via:
            self._progress.done(draft.outcome)

    def postponed(self, host: str | None, seconds: float, reason: str) -> None:
        """Say why nothing seems to happen, when a wait is long."""
        if seconds >= _LONG_WAIT:
            self._progress.note(f"waiting {seconds:.0f} s for {host}: {reason}")

    def note(self, message: str) -> None:
        """Say something in a line of its own."""
        self._progress.note(message)

    def closed(self) -> None:
        """End the display of the fetches."""
        self._progress.close()

    def report(self) -> None:
        """Wait for the texts of what was fetched, then say what the crawl came to."""
        if self._extraction:
            self._extraction.close_input()
            self._wait_for_texts(self._extraction)
        if self.crawl_id:
            self._print_report()

    def report_from_reactor(self) -> Deferred[None]:
        """Report from a thread of its own, so that the reactor still hears Ctrl-C."""
        from twisted.internet.threads import deferToThread  # late, as Scrapy

        return deferToThread(self.report)

    def _print_report(self) -> None:
        try:
            report = make_report(self._folder, self.crawl_id, self._planned)
        except KeyError:  # it could not even write that it began, and the error that kept it says so
            return
        except (ArchiveError, sqlite3.Error) as error:
            self._say(f"warning: what the crawl came to can't be read from the catalogue: {error}")
            return
        if self._as_json:
            sys.stdout.write(json.dumps(report.as_dict()) + "\n")
        else:
            print_report(report)

    def _wait_for_texts(self, extraction: ExtractionProcess) -> None:
        """Wait for the extraction, saying so now and then; one that is interrupted waits a moment only."""
        told = time.monotonic()
        while (code := extraction.poll()) is None:
            time.sleep(_LOOK_SECONDS)
            if self.interrupted and time.monotonic() - self.interrupted > _PATIENCE_SECONDS:
                extraction.stop()
                self._say(f"the extraction was stopped; make the texts that are left: {self._command} extract")
                return
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                self._say(f"making texts of what was fetched: {self._texts_left()}")
        if code:
            self._say(
                f"warning: the extraction ended with exit code {code}; see {extraction.log}, then run "
                f"{self._command} extract"
            )

    def _texts_left(self) -> str:
        try:
            with self._folder.catalogue() as catalogue:
                return f"{catalogue.pending.count(EXTRACTOR)} left"
        except (ArchiveError, sqlite3.Error) as error:
            return f"how many are left can't be read ({error})"

    def interrupt(self) -> None:
        """Take note that the user wants an end (Ctrl-C)."""
        self.interrupted = time.monotonic()

    @property
    def _command(self) -> str:
        return with_archive(self._folder.path)

    @staticmethod
    def _say(message: str) -> None:
        print(message, file=sys.stderr, flush=True)  # noqa: T201  # the display
