"""What one crawl writes to: the archive's lock, the crawl's row, and the thread that writes captures."""

from __future__ import annotations

import platform
from concurrent.futures import wait
from contextlib import ExitStack, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from archive.capture import CaptureWriter
from archive.cdxj import complete_indexes
from archive.clock import utc_now
from archive.errors import ArchiveError
from archive.ledger.file import catalogue_errors
from archive.recovery import reconcile
from archive.words import StatementKind
from crawler.versions import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from typing import Any

    from archive.drafts import CaptureDraft, RecordedExchange
    from archive.folder import ArchiveFolder
    from archive.settings import Settings

_MADE_WITH = ("sourcekeep", "scrapy", "twisted", "warcio")


class CrawlStore:
    """An open crawl: `begin` comes first, `close` last.

    When it is opened, what a crash left is put right. Raises ArchiveBusyError when another crawl of this archive is
    under way.
    """

    crawl_id: int

    def __init__(self, folder: ArchiveFolder) -> None:
        self._folder = folder
        with ExitStack() as opening:
            opening.enter_context(folder.lock("crawl"))
            reconcile(folder)
            self._open = opening.pop_all()

    def begin(self, settings: Settings, trigger: str, user_agent: str) -> None:
        """Begin the crawl. Raises ArchiveError when the catalogue can't be read."""
        with self._folder.catalogue() as catalogue:
            self.crawl_id = catalogue.crawls.next_id()
        self._writer = CaptureWriter(self._folder, self.crawl_id, settings, self._info(settings, user_agent))
        self._started: dict[str, Any] = {
            "crawl": self.crawl_id,
            "started_at": utc_now(),
            "trigger": trigger,
            "settings": asdict(settings),
            "versions": {**{name: version_of(name) for name in _MADE_WITH}, "python": platform.python_version()},
        }
        # Its row comes with it, before the row of any capture: the writer keeps the order.
        self._last = self._state(StatementKind.CRAWL_STARTED, self._started, self._started["started_at"])

    def _info(self, settings: Settings, user_agent: str) -> dict[str, str]:
        info = {
            "software": f"Sourcekeep/{version_of('sourcekeep')} (Scrapy/{version_of('scrapy')})",
            "isPartOf": f"crawl {self.crawl_id}",
            "robots": "obey" if settings.obey_robots else "ignore",
            "http-header-user-agent": user_agent,
        }
        return info | ({"operator": settings.contact} if settings.contact else {})

    def _state(self, kind: StatementKind, about: Mapping[str, Any], at: str) -> Future[int | None]:
        return self._writer.submit_statement(kind, str(self.crawl_id), about, at)

    def submit(self, draft: CaptureDraft) -> Future[int | None]:
        """Hand a capture over; the future's result is its id, once record and row are on disk."""
        self._last = self._writer.submit(draft)
        return self._last

    def submit_exchanges(self, exchanges: list[RecordedExchange]) -> Future[int | None]:
        """Hand over exchanges that belong to no one capture."""
        self._last = self._writer.submit_exchanges(exchanges)
        return self._last

    def release(self) -> None:
        """Let go of the lock of a crawl that was not begun."""
        self._open.close()

    def close(self, ended: str) -> None:
        """Write what is left, end the crawl's row, index its files, let go of the lock.

        Raises ArchiveError when writing failed.
        """
        with self._open:
            wait([self._last])  # and so for all that was handed over before it
            try:
                try:
                    self._end(ended)
                finally:
                    self._writer.close()
                complete_indexes(self._folder.warc_dir)
            except ArchiveError:
                with suppress(ArchiveError):
                    self._end_without_record(ended)
                raise

    def _end(self, ended: str) -> None:
        at = utc_now()
        with self._folder.catalogue() as catalogue:
            counts = catalogue.crawls.outcomes(self.crawl_id)
        about = {"crawl": self.crawl_id, "finished_at": at, "ended": ended, "counts": counts}
        self._state(StatementKind.CRAWL_FINISHED, about, at)

    def _end_without_record(self, ended: str) -> None:
        """Write the rows alone: a crawl that can't write has an end nevertheless, and the next one states it."""
        with self._folder.catalogue() as catalogue, catalogue_errors(catalogue), catalogue.transaction():
            started = self._started
            catalogue.crawls.put(
                self.crawl_id, started["started_at"], started["trigger"], started["settings"], started["versions"]
            )
            catalogue.crawls.end(self.crawl_id, utc_now(), ended, catalogue.crawls.outcomes(self.crawl_id))
