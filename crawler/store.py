"""What one crawl writes to: the archive's lock, the crawl's row, and the thread that writes captures."""

from __future__ import annotations

import importlib.metadata
import platform
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

from archive.capture import CaptureWriter
from archive.salvage import salvage

if TYPE_CHECKING:
    from concurrent.futures import Future

    from archive.drafts import CaptureDraft, RecordedExchange
    from archive.folder import ArchiveFolder
    from archive.salvage import Salvaged
    from archive.settings import Settings

VERSIONS = {name: importlib.metadata.version(name) for name in ("sourcekeep", "scrapy", "twisted", "warcio")}


class CrawlStore:
    """An open crawl. Raises ArchiveBusyError when another crawl of this archive is under way."""

    def __init__(self, folder: ArchiveFolder, settings: Settings, trigger: str, user_agent: str) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._open.enter_context(folder.lock("crawl"))
        self.salvaged: list[Salvaged] = salvage(folder.warc_dir)
        versions = {**VERSIONS, "python": platform.python_version()}
        with folder.catalogue() as catalogue:
            self.crawl_id = catalogue.crawls.start(trigger, asdict(settings), versions)
        info = {
            "software": f"Sourcekeep/{VERSIONS['sourcekeep']} (Scrapy/{VERSIONS['scrapy']})",
            "isPartOf": f"crawl {self.crawl_id}",
            "robots": "obey" if settings.obey_robots else "ignore",
            "http-header-user-agent": user_agent,
        }
        if settings.contact:
            info["operator"] = settings.contact
        self._writer = CaptureWriter(folder, self.crawl_id, settings, info)

    def submit(self, draft: CaptureDraft) -> Future[int | None]:
        """Hand a capture over; the future's result is its id, once record and row are on disk."""
        return self._writer.submit(draft)

    def submit_exchanges(self, exchanges: list[RecordedExchange]) -> Future[int | None]:
        """Hand over exchanges that belong to no one capture."""
        return self._writer.submit_exchanges(exchanges)

    def close(self, ended: str) -> None:
        """Write what is left, end the crawl's row, let go of the lock. Raises ArchiveError when writing failed."""
        with self._open:
            try:
                self._writer.close()
            finally:
                with self._folder.catalogue() as catalogue:
                    catalogue.crawls.finish(self.crawl_id, ended)
