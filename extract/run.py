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

from extract.making import UNREADABLE, make
from extract.sites import strip_recurring
from extract.version import EXTRACTOR
from extract.workers import OVER_LIMIT, WORKER_DIED, Limits, Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.text_records import Paste, Pending, PendingText, Text

_LOOK_AGAIN_SECONDS = 0.3
_WRITE_SECONDS = 0.5
_WRITE_COUNT = 50

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
    on_done: Callable[[Pending, Text], None] | None = None,
    limits: Limits | None = None,
) -> Totals:
    """Make a text of each capture with a response, and of each paste, that has none by this extractor.

    Then take out what recurs on a site. With *all_again*, make texts also of those that have one. With *follow*, go on
    looking for new captures until that stream ends, and then finish what is left. The caller holds the archive's
    `extract` lock.
    """
    count = workers or os.cpu_count() or 1
    with folder.catalogue() as catalogue, Workers(count, make, folder.warc_dir, limits or Limits()) as pool:
        extraction = _Extraction(catalogue, pool, all_again=all_again, on_done=on_done)
        while True:
            ended = follow is None or _has_ended(follow)
            extraction.drain()
            if ended:
                break
        strip_recurring(catalogue)
        return extraction.totals


def run_pastes(folder: ArchiveFolder, *, on_done: Callable[[Pending, Text], None] | None = None) -> Totals:
    """Make a text of each paste that has none by this extractor, and of no capture; as `run`."""
    with folder.catalogue() as catalogue, Workers(os.cpu_count() or 1, make, folder.warc_dir, Limits()) as pool:
        extraction = _Extraction(catalogue, pool, all_again=False, on_done=on_done)
        extraction.only_pastes = True
        extraction.drain()
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
        on_done: Callable[[Pending, Text], None] | None,
    ) -> None:
        self.totals = Totals()
        self._catalogue = catalogue
        self._workers = workers
        self._all_again = all_again
        self._on_done = on_done
        self.only_pastes = False
        """Whether captures are left alone."""
        self._after = 0
        self._after_paste = 0
        self._made: list[tuple[Pending, Text]] = []
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
        items: list[Pending] = [] if self.only_pastes else [*self._captures(room)]
        if len(items) < room:
            items += self._pastes(room - len(items))
        for item in items:
            self._workers.submit(item)

    def _captures(self, room: int) -> list[PendingText]:
        newest, again = self._catalogue.captures.last_id(), self._all_again
        pending = self._catalogue.pending.captures(EXTRACTOR, limit=room, after=self._after, all_again=again)
        if len(pending) < room:  # else the whole catalogue would be looked through for each new capture
            self._after = max(self._after, newest)
        self._after = max([self._after, *(item.capture_id for item in pending)])
        return pending

    def _pastes(self, room: int) -> list[Paste]:
        pending, again = self._catalogue.pending, self._all_again
        pastes = pending.pastes(EXTRACTOR, limit=room, after=self._after_paste, all_again=again)
        self._after_paste = max([self._after_paste, *(item.citation_id for item in pastes)])
        return pastes

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
        earlier = self._catalogue.texts.earlier(text) if _is_failure(text) else None
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
