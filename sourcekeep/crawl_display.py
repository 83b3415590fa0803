"""The Scrapy extension that stands beside each crawl: progress, extraction, and the closing report."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy import signals

from archive.folder import ArchiveFolder
from crawler.signals import capture_written, crawl_planned, fetch_postponed
from sourcekeep import progress
from sourcekeep.companion import ExtractionProcess
from sourcekeep.crawl_report import make_report, print_report
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from archive.capture import CaptureDraft
    from archive.records import Source

_LONG_WAIT = 10.0


class CrawlDisplay:
    """Shows a crawl, and has texts made while it runs. Settings: SOURCEKEEP_EXTRACT, SOURCEKEEP_JSON."""

    def __init__(self, folder: ArchiveFolder, *, extract: bool, as_json: bool) -> None:
        self._folder = folder
        self._extract = extract
        self._as_json = as_json
        self._progress = progress.for_stderr("capturing")
        self._extraction: ExtractionProcess | None = None
        self._crawl_id = 0
        self._planned = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings and listen to the crawl."""
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
        crawler.signals.connect(display.report, signal=signals.engine_stopped)
        return display

    def planned(self, total: int, crawl_id: int) -> None:
        """Begin to show, and to extract."""
        self._planned, self._crawl_id = total, crawl_id
        self._progress.plan(total)
        if self._extract:
            self._extraction = ExtractionProcess(self._folder)

    def written(self, draft: CaptureDraft) -> None:
        """Count a capture."""
        self._progress.done(draft.outcome)

    def postponed(self, source: Source, seconds: float, reason: str) -> None:
        """Say why nothing seems to happen, when a wait is long."""
        if seconds >= _LONG_WAIT:
            self._progress.note(f"waiting {seconds:.0f} s for {source.host}: {reason}")

    def closed(self) -> None:
        """End the display of the fetches."""
        self._progress.close()

    async def report(self) -> None:
        """Wait for the texts of what was fetched, then say what the crawl came to."""
        if self._extraction:
            self._extraction.close_input()
            await asyncio.to_thread(self._wait_for_texts, self._extraction)
        if self._crawl_id:
            report = make_report(self._folder, self._crawl_id, self._planned)
            if self._as_json:
                sys.stdout.write(json.dumps(report.as_dict()) + "\n")
            else:
                print_report(report)

    def _wait_for_texts(self, extraction: ExtractionProcess) -> None:
        code = extraction.wait()
        if code:
            print(  # noqa: T201  # the display
                f"warning: the extraction ended with exit code {code}; see {extraction.log}, then run "
                f"{with_archive(self._folder.path)} extract",
                file=sys.stderr,
            )
