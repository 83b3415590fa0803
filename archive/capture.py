"""The one write path of captures: WARC records, sync, and only then the rows.

A thread of its own takes what the crawl hands over and writes it in groups: the records of many captures, one sync,
one transaction. So a row never points at a record that a power cut can take away, and the crawl never waits for a
disk.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.capture_records import CaptureRecords
from archive.drafts import length_of
from archive.errors import ArchiveError, CatalogueError
from archive.records import Capture, Exchange, RecordPlace
from archive.warc_writer import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.catalogue import Catalogue
    from archive.drafts import CaptureDraft, RecordedExchange
    from archive.folder import ArchiveFolder
    from archive.settings import Settings

GROUP_SECONDS = 0.1
"""How long captures are gathered before they share one sync."""
GROUP_SIZE = 256


@dataclass(slots=True)
class _Job:
    """A capture, or exchanges that belong to none (robots.txt), and whom to tell."""

    draft: CaptureDraft | None
    exchanges: list[RecordedExchange]
    done: Future[int | None]


class CaptureWriter:
    """Writes captures of one crawl from a thread of its own.

    `submit` returns a future: its result is the capture's id once record and row are on disk; its exception is an
    ArchiveError after which nothing more is written, and everything that was not acknowledged is still due.
    """

    def __init__(self, folder: ArchiveFolder, crawl_id: int, settings: Settings, info: Mapping[str, str]) -> None:
        self._folder = folder
        self._crawl_id = crawl_id
        self._settings = settings
        self._warc = WarcWriter(folder.warc_dir, "sourcekeep", info)
        self._records = CaptureRecords(self._warc, crawl_id)
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._failed: ArchiveError | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="capture-writer", daemon=True)
        self._thread.start()

    def submit(self, draft: CaptureDraft) -> Future[int | None]:
        """Hand over a capture with its exchanges."""
        return self._put(_Job(draft, draft.exchanges, Future()))

    def submit_exchanges(self, exchanges: list[RecordedExchange]) -> Future[int | None]:
        """Hand over exchanges that belong to no one capture."""
        return self._put(_Job(None, exchanges, Future()))

    def _put(self, job: _Job) -> Future[int | None]:
        # Running from the start: a caller that is cancelled must not take the future from under the writer.
        job.done.set_running_or_notify_cancel()
        if self._closed:
            for exchange in job.exchanges:
                exchange.close()
            job.done.set_exception(ArchiveError("this crawl is closed; nothing more can be written to it"))
        else:
            self._queue.put(job)
        return job.done

    def close(self) -> None:
        """Write what is still to be written, finish the WARC file, and end the thread.

        Raises the ArchiveError that stopped the writing, if one did.
        """
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        if self._failed:
            raise self._failed

    def _run(self) -> None:
        group: list[_Job] = []
        try:
            with self._folder.catalogue() as catalogue:
                while group := self._next_group():
                    self._write(catalogue, group)
                self._warc.finish()
        except ArchiveError as error:
            self._refuse(error, group)
        except Exception as error:  # noqa: BLE001  # a dead thread would leave the crawl waiting for ever
            self._refuse(ArchiveError(f"captures can no longer be written: {error!r}"), group)
        finally:
            self._warc.abandon()

    def _refuse(self, error: ArchiveError, group: list[_Job]) -> None:
        """Fail *group* and everything that still comes, until the end is asked for."""
        self._failed = error
        while True:
            for job in group:
                for exchange in job.exchanges:
                    exchange.close()
                if not job.done.done():
                    job.done.set_exception(error)
            group = self._next_group()
            if not group:
                break

    def _next_group(self) -> list[_Job]:
        """Return the jobs of the next group; an empty list at the end."""
        first = self._queue.get()
        if first is None:
            return []
        group = [first]
        until = time.monotonic() + GROUP_SECONDS
        while len(group) < GROUP_SIZE:
            try:
                job = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                self._queue.put(None)
                break
            group.append(job)
        return group

    def _write(self, catalogue: Catalogue, group: list[_Job]) -> None:
        written = [(job, *self._records.append(job.draft, job.exchanges)) for job in group]
        self._warc.sync()
        ids = self._insert(catalogue, written)
        for job, capture_id in ids:
            for exchange in job.exchanges:
                exchange.close()
            job.done.set_result(capture_id)
        self._warc.rotate_if_full()

    def _insert(
        self, catalogue: Catalogue, written: list[tuple[_Job, list[Exchange], RecordPlace]]
    ) -> list[tuple[_Job, int | None]]:
        ids: list[tuple[_Job, int | None]] = []
        try:
            with catalogue.transaction():
                for job, exchanges, place in written:
                    if job.draft is None:
                        catalogue.captures.put_exchanges(self._crawl_id, None, exchanges)
                        ids.append((job, None))
                    else:
                        capture = _capture(job.draft, self._crawl_id, tuple(exchanges), place)
                        ids.append((job, catalogue.captures.put(capture, self._settings)))
        except sqlite3.Error as error:
            raise CatalogueError(f"{catalogue.path} cannot be written: {error}") from error
        return ids


def _capture(draft: CaptureDraft, crawl_id: int, exchanges: tuple[Exchange, ...], place: RecordPlace) -> Capture:
    last = exchanges[-1] if exchanges else None
    return Capture(
        source_id=draft.source_id,
        crawl_id=crawl_id,
        requested_at=draft.requested_at,
        finished_at=draft.finished_at,
        final_url=draft.final_url,
        outcome=draft.outcome,
        http_status=draft.http_status,
        error=draft.error,
        media_type=draft.media_type,
        bytes=length_of(draft.exchanges[-1].received) if draft.exchanges else 0,
        payload_digest=last.payload_digest if last else None,
        via=draft.via,
        evidence=draft.evidence,
        place=place,
        exchanges=exchanges,
    )
