"""The one write path of captures: WARC records, sync, and only then the rows.

A thread of its own takes what the crawl hands over and writes it in groups: the records of many captures, one sync,
one transaction. So a row never points at a record that a power cut can take away, and the crawl never waits for a
disk.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from archive.capture_records import CaptureRecords
from archive.captured import capture_row, describe, facts_of
from archive.clock import utc_now
from archive.errors import ArchiveError, CaptureRefusedError, CatalogueError
from archive.ledger import append_statement, take
from archive.revisits import reads_alike
from archive.series import CRAWL_SERIES
from archive.warc_reader import head_of, read_original
from archive.warc_writer import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archive.capture_records import WrittenExchange
    from archive.catalogue import Catalogue
    from archive.drafts import CaptureDraft, RecordedExchange
    from archive.folder import ArchiveFolder
    from archive.http_message import ResponseHead
    from archive.records import Original, Revisited
    from archive.settings import Settings
    from archive.words import StatementKind

GROUP_SECONDS = 0.1
"""The least from one sync to the next: what comes in between shares it."""
LONGEST_GROUP_SECONDS = 0.5
"""The most from the first of a group to its sync, but for the last append, where more keeps coming than is written."""
GROUP_SIZE = 256

_OF_ONE_JOB = (OverflowError, RecursionError, TypeError, ValueError)
"""What is raised for a value that no JSON or no column can hold: it is that job's fault, and no other's."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    """A capture, exchanges that belong to none (robots.txt), or a statement, and whom to tell."""

    draft: CaptureDraft | None = None
    exchanges: list[RecordedExchange] = field(default_factory=list)
    statement: tuple[StatementKind, str, Mapping[str, Any], str] | None = None
    done: Future[int | None] = field(default_factory=Future)

    def refuse(self, error: ArchiveError) -> None:
        """Give back what the exchanges hold, and say that nothing was written."""
        for exchange in self.exchanges:
            exchange.close()
        if not self.done.done():
            self.done.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Written:
    """A job whose records are in the file; `row` writes what depends on them, and returns the id of a capture."""

    job: _Job
    row: Callable[[], int | None]


class CaptureWriter:
    """Writes captures of one crawl from a thread of its own.

    `submit` returns a future: its result is the capture's id once record and row are on disk; its exception is an
    ArchiveError after which nothing more is written, and everything that was not acknowledged is still due.
    """

    def __init__(self, folder: ArchiveFolder, crawl_id: int, settings: Settings, info: Mapping[str, str]) -> None:
        self._folder = folder
        self._crawl_id = crawl_id
        self._settings = settings
        self._warc = WarcWriter(folder.warc_dir, CRAWL_SERIES, info)
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._failed: ArchiveError | None = None
        self._closed = False
        self._closing = threading.Lock()
        self._at_end = False
        self._heads: dict[str, ResponseHead] = {}
        """Of the original that was read last."""
        self._synced_at = 0.0
        self._group: list[_Job] = []
        """What was taken and is not settled yet."""
        self._thread = threading.Thread(target=self._run, name="capture-writer", daemon=True)
        self._thread.start()

    def submit(self, draft: CaptureDraft) -> Future[int | None]:
        """Hand over a capture with its exchanges."""
        return self._put(_Job(draft, draft.exchanges))

    def submit_exchanges(self, exchanges: list[RecordedExchange]) -> Future[int | None]:
        """Hand over exchanges that belong to no one capture."""
        return self._put(_Job(exchanges=exchanges))

    def submit_statement(
        self, kind: StatementKind, subject: str, about: Mapping[str, Any], stated_at: str
    ) -> Future[int | None]:
        """Hand over what the archive itself states, behind all that was handed over before."""
        return self._put(_Job(statement=(kind, subject, about, stated_at)))

    def _put(self, job: _Job) -> Future[int | None]:
        # Running from the start: a caller that is cancelled must not take the future from under the writer.
        job.done.set_running_or_notify_cancel()
        with self._closing:  # behind the word that ends it, nobody would look at the job
            if not self._closed:
                self._queue.put(job)
                return job.done
        job.refuse(ArchiveError("this crawl is closed; nothing more can be written to it"))
        return job.done

    def close(self) -> None:
        """Write what is still to be written, finish the WARC file, and end the thread.

        Raises the ArchiveError that stopped the writing, if one did.
        """
        with self._closing:
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        if self._failed:
            raise self._failed

    def _run(self) -> None:
        try:
            with self._folder.catalogue() as catalogue:
                find_original = partial(self._find_original, catalogue)
                records = CaptureRecords(self._warc, self._crawl_id, find_original)
                while not self._at_end:
                    self._write_group(catalogue, records)
                self._warc.finish()
        except ArchiveError as error:
            self._refuse(error)
        except Exception as error:  # noqa: BLE001  # a dead thread would leave the crawl waiting for ever
            self._refuse(ArchiveError(f"captures can no longer be written: {error!r}"))
        finally:
            self._warc.abandon()

    def _refuse(self, error: ArchiveError) -> None:
        """Fail the group under way and everything that still comes, until the end is asked for."""
        self._failed = error
        for job in self._group:
            job.refuse(error)
        while not self._at_end:
            for job in self._next_group():
                job.refuse(error)

    def _next_group(self) -> Iterator[_Job]:
        """Iterate over the jobs of the next group as they come; over none when the end is asked for."""
        until, began = self._synced_at + GROUP_SECONDS, 0.0
        wait = None  # for the first as long as it takes
        for _ in range(GROUP_SIZE):
            try:
                job = self._queue.get(timeout=wait)
            except queue.Empty:
                return
            if job is None:
                self._at_end = True
                return
            began = began or time.monotonic()
            yield job
            now = time.monotonic()
            if now - began >= LONGEST_GROUP_SECONDS:
                return
            wait = max(0.0, until - now)

    def _find_original(self, catalogue: Catalogue, payload_digest: str, url: str) -> Original | None:
        for original in catalogue.captures.originals(payload_digest, url):
            if head := read_original(self._folder.warc_dir, original.place, payload_digest):
                self._heads = {original.place.record_id: head}
                return original
        return None

    def _find_same(self, catalogue: Catalogue, draft: CaptureDraft, last: WrittenExchange) -> Revisited | None:
        for revisited, place in catalogue.captures.seen_before(draft, last.row.refers_to or ""):
            head = self._heads.get(place.record_id) or head_of(self._folder.warc_dir, place)
            if head and last.head and reads_alike(head, last.head):
                return revisited
        return None

    def _write_group(self, catalogue: Catalogue, records: CaptureRecords) -> None:
        """Append what comes as it comes, so that little is left to do when its time is up; then sync, and tell."""
        written = []
        for job in self._next_group():
            self._group.append(job)
            if each := self._record(catalogue, records, job):
                written.append(each)
        if not self._group:
            return
        self._warc.sync()
        self._synced_at = time.monotonic()
        for job, capture_id in self._insert(catalogue, written):
            for exchange in job.exchanges:
                exchange.close()
            job.done.set_result(capture_id)
        self._group = []
        self._warc.rotate_if_full()

    def _record(self, catalogue: Catalogue, records: CaptureRecords, job: _Job) -> _Written | None:
        try:
            return _Written(job, self._append(catalogue, records, job))
        except _OF_ONE_JOB as error:
            _refuse_alone(job, error)
            return None

    def _append(self, catalogue: Catalogue, records: CaptureRecords, job: _Job) -> Callable[[], int | None]:
        """Append the records of *job*; return what writes its rows, once they are synced."""
        if job.statement:
            kind, subject, about, stated_at = job.statement
            return partial(take, catalogue, append_statement(self._warc, kind, subject, about, stated_at), about)
        exchanges = records.append_exchanges(job.exchanges)
        rows = [exchange.row for exchange in exchanges]
        if job.draft is None:
            records.append_metadata({"kind": "exchanges"}, job.exchanges[0].url, utc_now(), exchanges)
            return partial(catalogue.captures.put_exchanges, self._crawl_id, None, rows)
        facts = facts_of(job.draft, exchanges, partial(self._find_same, catalogue))
        about = describe(job.draft, facts)
        place = records.append_metadata(about, job.draft.source_url, job.draft.finished_at, exchanges)
        capture = capture_row(job.draft, facts, self._crawl_id, rows, place)
        return partial(catalogue.captures.put, capture, self._settings)

    def _insert(self, catalogue: Catalogue, written: list[_Written]) -> list[tuple[_Job, int | None]]:
        try:
            try:
                with catalogue.transaction():
                    return [(each.job, each.row()) for each in written]
            except _OF_ONE_JOB:
                return self._insert_one_by_one(catalogue, written)
        except sqlite3.Error as error:
            raise CatalogueError(f"{catalogue.path} cannot be written: {error}") from error

    @staticmethod
    def _insert_one_by_one(catalogue: Catalogue, written: list[_Written]) -> list[tuple[_Job, int | None]]:
        inserted = []
        with catalogue.transaction():
            for each in written:
                try:
                    with catalogue.savepoint():
                        inserted.append((each.job, each.row()))
                except _OF_ONE_JOB as error:
                    _refuse_alone(each.job, error)
        return inserted


def _refuse_alone(job: _Job, error: Exception) -> None:
    """Refuse one job for what is wrong with it alone: no server may end a crawl by what it sends."""
    url = job.draft.source_url if job.draft else job.exchanges[0].url if job.exchanges else "a statement"
    logger.error("%s can't be written", url, exc_info=error)
    job.refuse(CaptureRefusedError(f"what came of {url} can't be written: {error!r}"))
