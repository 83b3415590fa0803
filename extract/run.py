"""Making texts of captures in worker processes; the catalogue is the queue.

A worker gets a record's place, reads it, and returns a text; only this process writes. Whatever happens to a page,
its capture gets a row: one that breaks a limit or ends its worker gets one that says so.
"""

from __future__ import annotations

import os
import select
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING

from archive.content_codings import ContentDecodeError
from archive.errors import RecordError
from archive.records import Text
from extract.version import EXTRACTOR
from extract.workers import OVER_LIMIT, WORKER_DIED, Limits, Workers, failed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.records import PendingText

_LOOK_AGAIN_SECONDS = 0.3
_WRITE_SECONDS = 0.5
_WRITE_COUNT = 50

UNREADABLE = "record-unreadable"
_BROKE_ITS_WORKER = (OVER_LIMIT, WORKER_DIED)


@dataclass(slots=True)
class Totals:
    """What a run made."""

    texts: int = 0
    unreadable: int = 0
    """Captures whose record could not be read, or whose page ended its worker."""
    verdicts: Counter[str] = field(default_factory=Counter)


def run(  # noqa: PLR0913  # each is a choice of the caller
    folder: ArchiveFolder,
    *,
    workers: int | None = None,
    all_again: bool = False,
    follow: IO[bytes] | None = None,
    on_done: Callable[[PendingText, Text], None] | None = None,
    limits: Limits | None = None,
) -> Totals:
    """Make a text of each capture that has a response and none by this extractor; *all_again*, of all that have one.

    With *follow*, go on looking for new captures until that stream ends, and then finish what is left. The caller
    holds the archive's `extract` lock.
    """
    count = workers or os.cpu_count() or 1
    with folder.catalogue() as catalogue, Workers(count, make_text, folder.warc_dir, limits or Limits()) as pool:
        extraction = _Extraction(catalogue, pool, all_again=all_again, on_done=on_done)
        while True:
            ended = follow is None or _has_ended(follow)
            extraction.drain()
            if ended:
                return extraction.totals


def _has_ended(stream: IO[bytes]) -> bool:
    """Wait a moment for the end of *stream*."""
    readable, _, _ = select.select([stream], [], [], _LOOK_AGAIN_SECONDS)
    return bool(readable) and not os.read(stream.fileno(), 4096)


class _Extraction:
    """Feeds the workers from the catalogue and writes what comes back."""

    def __init__(
        self,
        catalogue: Catalogue,
        workers: Workers,
        *,
        all_again: bool,
        on_done: Callable[[PendingText, Text], None] | None,
    ) -> None:
        self.totals = Totals()
        self._catalogue = catalogue
        self._workers = workers
        self._all_again = all_again
        self._on_done = on_done
        self._after = 0
        self._made: list[tuple[PendingText, Text]] = []
        self._wrote_at = time.monotonic()

    def drain(self) -> None:
        """Make texts until the catalogue has no more to make."""
        while True:
            self._feed()
            if not len(self._workers):
                break
            self._made += self._workers.made(_WRITE_SECONDS)
            self._write_when_due()
        self._write()

    def _feed(self) -> None:
        room = self._workers.room
        if room <= 0:
            return
        newest = self._catalogue.captures.last_id()
        pending = self._catalogue.texts.pending(EXTRACTOR, limit=room, after=self._after, all_again=self._all_again)
        if len(pending) < room:  # else the whole catalogue would be looked through for each new capture
            self._after = max(self._after, newest)
        for item in pending:
            self._after = max(self._after, item.capture_id)
            self._workers.submit(item)

    def _write_when_due(self) -> None:
        if len(self._made) >= _WRITE_COUNT or time.monotonic() - self._wrote_at >= _WRITE_SECONDS:
            self._write()

    def _write(self) -> None:
        rows = [row for _, text in self._made if (row := self._row(text))]
        self._catalogue.texts.put(rows)
        self.totals.texts += len(rows)
        self.totals.verdicts.update(str(row.verdict) for row in rows)
        self.totals.unreadable += sum(_is_failure(text) for _, text in self._made)
        for item, text in self._made:
            if self._on_done:
                self._on_done(item, text)
        self._made.clear()
        self._wrote_at = time.monotonic()

    def _row(self, text: Text) -> Text | None:
        """Return what is written of *text*: what could not be made takes no earlier text's place.

        A record that can't be read is tried again by the next run. A page that broke its worker would break each
        one, so that its earlier text stands for this extractor too, and says whose it is.
        """
        earlier = self._catalogue.texts.latest(text.capture_id) if _is_failure(text) else None
        if earlier is None:
            return text
        if text.evidence["rule"] == UNREADABLE:
            return None
        made_by = earlier.evidence.get("made_by", earlier.extractor)
        return replace(
            earlier, extractor=EXTRACTOR, evidence=earlier.evidence | {"made_by": made_by, "not_renewed": text.evidence}
        )


def _is_failure(text: Text) -> bool:
    return text.evidence.get("rule") in (UNREADABLE, *_BROKE_ITS_WORKER)


def make_text(warc_dir: Path, item: PendingText) -> Text:
    """Read the response of a capture and make its text; a record that can't be read is a text that says so."""
    from archive.warc_reader import read_http_response
    from extract.page import extract_page

    try:
        message = read_http_response(warc_dir, item.response, item.original)
        body = message.content()
    except (RecordError, OSError) as error:
        return failed(item, {"rule": UNREADABLE, "error": str(error)})
    except ContentDecodeError as error:
        return failed(item, {"rule": "undecodable", "error": str(error)})
    headers = {name.lower(): value for name, value in reversed(message.headers)}
    page = extract_page(body, url=item.url, headers=headers, http_status=message.status)
    return Text(
        capture_id=item.capture_id,
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
