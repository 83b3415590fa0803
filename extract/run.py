"""Making texts of captures in worker processes; the catalogue is the queue.

A worker gets a record's place, reads it, and returns a text; only this process writes. Whatever happens to a page,
its capture gets a row: a worker that dies takes at most its own page along, and that row says so.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import time
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Self

from archive.content_codings import ContentDecodeError
from archive.errors import RecordError
from archive.records import PendingText, Text, Verdict
from extract.version import EXTRACTOR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.records import Evidence, Paste, Pending
    from extract.page import ExtractedPage

_LOOK_AGAIN_SECONDS = 0.3
_WRITE_SECONDS = 0.5
_WRITE_COUNT = 50
_QUEUED_PER_WORKER = 4
_MEMORY_BYTES = 4 * 1024**3
PAGE_SECONDS = 60.0
"""The longest that one page may take; beyond it its worker ends."""

UNREADABLE = "record-unreadable"
WORKER_DIED = "worker-died"


@dataclass(slots=True)
class Totals:
    """What a run made."""

    texts: int = 0
    unreadable: int = 0
    """Captures whose record could not be read, or whose page ended its worker."""
    verdicts: Counter[str] = field(default_factory=Counter)


def run(
    folder: ArchiveFolder,
    *,
    workers: int | None = None,
    all_again: bool = False,
    follow: IO[bytes] | None = None,
    on_done: Callable[[Pending, Text], None] | None = None,
) -> Totals:
    """Make a text of each capture with a response, and of each paste, that has none by this extractor.

    With *all_again*, also of those that have one. With *follow*, go on looking for new captures until that stream ends,
    and then finish what is left. The caller holds the archive's `extract` lock.
    """
    with folder.catalogue() as catalogue, _Pool(workers or os.cpu_count() or 1) as pool:
        extraction = _Extraction(catalogue, pool, folder.warc_dir, all_again=all_again, on_done=on_done)
        while True:
            ended = follow is None or _has_ended(follow)
            extraction.drain()
            if ended:
                return extraction.totals


def run_pastes(folder: ArchiveFolder, *, on_done: Callable[[Pending, Text], None] | None = None) -> Totals:
    """Make a text of each paste that has none by this extractor, and of no capture; as `run`."""
    with folder.catalogue() as catalogue, _Pool(os.cpu_count() or 1) as pool:
        extraction = _Extraction(catalogue, pool, folder.warc_dir, all_again=False, on_done=on_done)
        extraction.only_pastes = True
        extraction.drain()
        return extraction.totals


def _has_ended(stream: IO[bytes]) -> bool:
    """Wait a moment for the end of *stream*."""
    readable, _, _ = select.select([stream], [], [], _LOOK_AGAIN_SECONDS)
    return bool(readable) and not os.read(stream.fileno(), 4096)


class _Extraction:
    """Feeds the pool from the catalogue and writes what comes back."""

    def __init__(
        self,
        catalogue: Catalogue,
        pool: _Pool,
        warc_dir: Path,
        *,
        all_again: bool,
        on_done: Callable[[Pending, Text], None] | None,
    ) -> None:
        self.totals = Totals()
        self._catalogue = catalogue
        self._pool = pool
        self._warc_dir = warc_dir
        self.only_pastes = False
        """Whether captures are left alone."""
        self._all_again = all_again
        self._on_done = on_done
        self._after = 0
        self._after_paste = 0
        self._running: dict[Future[Text], Pending] = {}
        self._made: list[tuple[Pending, Text]] = []
        self._wrote_at = time.monotonic()

    def drain(self) -> None:
        """Make texts until the catalogue has no more to make."""
        while True:
            self._feed()
            if not self._running:
                break
            done, _ = wait(self._running, timeout=_WRITE_SECONDS, return_when="FIRST_COMPLETED")
            for future in done:
                self._take(future)
            self._write_when_due()
        self._write()

    def _feed(self) -> None:
        room = self._pool.workers * _QUEUED_PER_WORKER - len(self._running)
        if room <= 0:
            return
        items: list[Pending] = [] if self.only_pastes else [*self._captures(room)]
        if len(items) < room:
            items += self._pastes(room - len(items))
        for item in items:
            self._running[self._pool.submit(self._warc_dir, item)] = item

    def _captures(self, room: int) -> list[PendingText]:
        newest, again = self._catalogue.captures.last_id(), self._all_again
        pending = self._catalogue.texts.pending(EXTRACTOR, limit=room, after=self._after, all_again=again)
        if len(pending) < room:  # else the whole catalogue would be looked through for each new capture
            self._after = max(self._after, newest)
        self._after = max([self._after, *(item.capture_id for item in pending)])
        return pending

    def _pastes(self, room: int) -> list[Paste]:
        texts, again = self._catalogue.texts, self._all_again
        pastes = texts.pending_pastes(EXTRACTOR, limit=room, after=self._after_paste, all_again=again)
        self._after_paste = max([self._after_paste, *(item.citation_id for item in pastes)])
        return pastes

    def _take(self, future: Future[Text]) -> None:
        item = self._running.pop(future, None)
        if item is None:  # it was under way when a worker died, and has been made again
            return
        try:
            text = future.result()
        except BrokenProcessPool:
            self._one_by_one([item, *self._running.values()])
            return
        except Exception as error:  # noqa: BLE001  # a bug, or no memory left: this page's row says so, the rest go on
            text = _failed(item, {"rule": "worker-failed", "error": f"{type(error).__name__}: {error}"})
        self._made.append((item, text))

    def _one_by_one(self, items: list[Pending]) -> None:
        """Make what was under way when a worker died, each alone, so that only the culprit goes without a text."""
        self._running.clear()
        self._pool.renew()
        for item in items:
            try:
                text = self._pool.submit(self._warc_dir, item).result()
            except BrokenProcessPool:
                limits = f"{PAGE_SECONDS:.0f} s, {_MEMORY_BYTES // 1024**3} GiB"
                text = _failed(item, {"rule": WORKER_DIED, "limits": limits})
                self._pool.renew()
            except Exception as error:  # noqa: BLE001  # as in _take
                text = _failed(item, {"rule": "worker-failed", "error": f"{type(error).__name__}: {error}"})
            self._made.append((item, text))

    def _write_when_due(self) -> None:
        if len(self._made) >= _WRITE_COUNT or time.monotonic() - self._wrote_at >= _WRITE_SECONDS:
            self._write()

    def _write(self) -> None:
        worth_a_row = [text for _, text in self._made if self._is_worth_a_row(text)]
        self._catalogue.texts.put(worth_a_row)
        self.totals.texts += len(worth_a_row)
        self.totals.verdicts.update(str(text.verdict) for text in worth_a_row)
        self.totals.unreadable += sum(_is_failure(text) for _, text in self._made)
        for item, text in self._made:
            if self._on_done:
                self._on_done(item, text)
        self._made.clear()
        self._wrote_at = time.monotonic()

    def _is_worth_a_row(self, text: Text) -> bool:
        """Tell whether *text* may be written: what could not be read takes no earlier text's place."""
        return not _is_failure(text) or not self._catalogue.texts.has_any(text.capture_id, text.citation_id)


def _is_failure(text: Text) -> bool:
    return text.evidence.get("rule") in (UNREADABLE, WORKER_DIED)


class _Pool:
    """Worker processes that are replaced when one of them dies."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def submit(self, warc_dir: Path, item: Pending) -> Future[Text]:
        """Have *item* made; a pool that has broken in the meantime is replaced first."""
        for _ in range(2):
            try:
                return self._started().submit(_make_in_time, warc_dir, item)
            except BrokenProcessPool:
                self.renew()
        raise BrokenProcessPool("worker processes die as soon as they start")

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # Not fork: this process has threads and an open catalogue.
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_prepare_worker)
        return self._executor

    def renew(self) -> None:
        """Drop the processes; new ones start with the next page."""
        if self._executor:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)


def _prepare_worker() -> None:
    """Bound a worker's memory, leave Ctrl-C to the parent, and import before the first page."""
    import resource

    import extract.page  # noqa: F401  # trafilatura takes a third of a second

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, hard))


def _make_in_time(warc_dir: Path, item: Pending) -> Text:
    """Make a text; a page that takes too long ends this process, also from within C code, and the parent goes on."""
    signal.setitimer(signal.ITIMER_REAL, PAGE_SECONDS)
    try:
        return make_text(warc_dir, item) if isinstance(item, PendingText) else make_pasted(warc_dir, item)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def make_text(warc_dir: Path, item: PendingText) -> Text:
    """Read the response of a capture and make its text; a record that can't be read is a text that says so."""
    from archive.warc_reader import read_http_response
    from extract.page import extract_page

    try:
        message = read_http_response(warc_dir, item.response, item.original)
        body = message.content()
    except (RecordError, OSError) as error:
        return _failed(item, {"rule": UNREADABLE, "error": str(error)})
    except ContentDecodeError as error:
        return _failed(item, {"rule": "undecodable", "error": str(error)})
    headers = {name.lower(): value for name, value in reversed(message.headers)}
    page = extract_page(body, url=item.url, headers=headers, http_status=message.status)
    return _as_text(item, page)


def make_pasted(warc_dir: Path, item: Paste) -> Text:
    """Read what was pasted at a citation and make its text; a record that can't be read is a text that says so."""
    from archive.ledger.pastes import read_paste
    from extract.pasted import extract_pasted

    try:
        pasted = read_paste(warc_dir, item)
    except (RecordError, OSError) as error:
        return _failed(item, {"rule": UNREADABLE, "error": str(error)})
    return _as_text(item, extract_pasted(pasted, url=item.url))


def _as_text(item: Pending, page: ExtractedPage) -> Text:
    capture_id, citation_id = _ids(item)
    return Text(
        capture_id=capture_id,
        citation_id=citation_id,
        extractor=EXTRACTOR,
        verdict=page.verdict,
        evidence=page.evidence,
        title=page.title,
        byline=page.byline,
        published_on=page.published_on,
        site_name=page.site_name,
        language=page.language,
        language_confidence=page.language_confidence,
        text=page.text,
        comments=page.comments,
        charset=page.charset,
        repair=page.repair,
        notices=page.notices,
    )


def _failed(item: Pending, evidence: Evidence) -> Text:
    capture_id, citation_id = _ids(item)
    return Text(capture_id, EXTRACTOR, Verdict.UNKNOWN, evidence, citation_id=citation_id)


def _ids(item: Pending) -> tuple[int | None, int | None]:
    """Return the capture or the citation that a text is of."""
    return (item.capture_id, None) if isinstance(item, PendingText) else (None, item.citation_id)
