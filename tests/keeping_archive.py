"""An archive that imports and crawls write, by the same path as the commands, without a network."""

from __future__ import annotations

import io
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from comparing_catalogues import tables_of

from archive.clock import utc_now
from archive.drafts import CaptureDraft, RecordedExchange
from archive.folder import ArchiveFolder
from archive.ledger.imports import importing
from archive.records import CitedLink, Incident
from archive.settings import Settings
from archive.words import Outcome, Purpose
from crawler.store import CrawlStore

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from archive.records import Quarantined
    from archive.words import Change

SECONDS = 20
SETTINGS = Settings(recrawl_after=11.0, confirm_after=(2.0, 5.0), contact="https://tests.example/")


@dataclass
class Page:
    """What one capture comes to."""

    url: str
    outcome: Outcome = Outcome.FETCHED
    status: int | None = 200
    body: bytes = b"<p>page</p>"
    hops: int = 0
    """Redirects on the way."""
    headers: str = ""

    def draft(self, source_id: int) -> CaptureDraft:
        """Return the capture as the crawl hands it over."""
        exchanges = [exchange(f"{self.url}?hop={n}", 302) for n in range(self.hops)]
        if self.status is not None:
            exchanges.append(exchange(self.url, self.status, self.body, self.headers))
        return CaptureDraft(
            source_id=source_id,
            source_url=self.url,
            requested_at=utc_now(),
            outcome=self.outcome,
            finished_at=utc_now(),
            final_url=self.url if exchanges else None,
            http_status=self.status,
            error=None if self.status else "nobody answers",
            media_type="text/html" if exchanges else None,
            evidence={"rule": "test", "seconds": 0.1, "words": ["é", "\u2028"]},
            exchanges=exchanges,
        )


def exchange(
    url: str, status: int | None, body: bytes = b"", headers: str = "", purpose: Purpose = Purpose.PAGE
) -> RecordedExchange:
    """Return an exchange; one without a status is of a server that nobody reached."""
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
    return RecordedExchange(
        url=url,
        purpose=purpose,
        requested_at=utc_now(),
        sent=io.BytesIO(b"" if status is None else b"GET / HTTP/1.1\r\n\r\n"),
        received=io.BytesIO(b"" if status is None else head + body),
        http_status=status,
        error=None if status else "nobody answers",
        ip="192.0.2.7" if status else None,
        elapsed_ms=12,
    )


def incident(number: int | str, *urls: str, **more: Any) -> Incident:
    """Return an incident that cites *urls*."""
    return Incident(str(number), "tests", links=tuple(CitedLink(url) for url in urls), **more)


class Keeper:
    """An archive and what is done to it."""

    def __init__(self, path: Path) -> None:
        self.folder = ArchiveFolder.create(path)

    def imports(self, *incidents: Incident, quarantined: Iterable[Quarantined] = ()) -> list[Change]:
        """Import, and return what that did with each incident."""
        with importing(self.folder) as writer:
            changes = [writer.put(one) for one in incidents]
            for piece in quarantined:
                writer.quarantine(piece)
            writer.close({"files": [{"file": "tests"}]})
        return changes

    def begin(self, settings: Settings = SETTINGS) -> CrawlStore:
        """Begin a crawl."""
        store = CrawlStore(self.folder)
        store.begin(settings, "due", "tests")
        return store

    def capture(self, store: CrawlStore, *pages: Page) -> list[int | None]:
        """Capture *pages*, whose URLs are cited, and return the captures' ids once they are on disk."""
        with self.folder.catalogue() as catalogue:
            ids = [source.id for page in pages if (source := catalogue.sources.find(page.url))]
        assert len(ids) == len(pages)
        drafts = [page.draft(source_id) for page, source_id in zip(pages, ids, strict=True)]
        return [done.result(SECONDS) for done in [store.submit(draft) for draft in drafts]]

    def robots(self, store: CrawlStore, url: str, status: int | None = 200) -> None:
        """Ask for a robots.txt."""
        one = exchange(url, status, b"User-agent: *\n", purpose=Purpose.ROBOTS)
        store.submit_exchanges([one]).result(SECONDS)

    def crawls(self, *pages: Page, settings: Settings = SETTINGS) -> None:
        """Crawl *pages* from start to end."""
        store = self.begin(settings)
        self.capture(store, *pages)
        store.close("finished")

    def crash(self, store: CrawlStore) -> None:
        """End a crawl as a kill does: its file stays open, its row unfinished, its lock is gone."""
        writer: Any = store._writer
        writer._warc.finish = lambda: None
        writer.close()
        store.release()

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the catalogue holds."""
        return tables_of(self.folder.catalogue_path)

    def back_up(self, to: Path) -> Path:
        """Copy the catalogue as it is now."""
        with closing(sqlite3.connect(self.folder.catalogue_path)) as here, closing(sqlite3.connect(to)) as there:
            here.backup(there)
        return to

    def restore(self, backup: Path) -> None:
        """Put a copy of the catalogue in its place."""
        self.remove_catalogue()
        shutil.copy(backup, self.folder.catalogue_path)

    def remove_catalogue(self) -> None:
        """Delete the catalogue."""
        for suffix in ("", "-wal", "-shm"):
            path = self.folder.catalogue_path
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def files(self, series: str = "") -> list[Path]:
        """Return the files of a series, finished or not, in the order of their names; indexes are left out."""
        return sorted(path for path in self.folder.warc_dir.glob(f"{series}*") if ".cdxj" not in path.name)


def titled(one: Incident, title: str) -> Incident:
    """Return an incident with another title."""
    return replace(one, title=title)
