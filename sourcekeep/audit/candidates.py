"""The search for a good memento of one source: which is asked for next, and what each that came is worth."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from archive.content_codings import ContentDecodeError
from archive.errors import RecordError
from archive.mementos import dated, links
from archive.standing import SUCCESSES
from archive.urls import fetchable
from archive.warc_reader import head_of, read_http_response
from archive.words import Via
from crawler.errands import Errand
from sourcekeep.audit.mementos import ORDER, Memento, Said, judge
from sourcekeep.audit.refresh import reference_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.mementos import Link
    from archive.records import Capture, Source

_LINK_FORMAT = "application/link-format"


class Search:
    """Looks for a memento of one source, near a date.

    Each TimeGate is asked once; of the neighbours of what came, and of what a TimeMap names, *tries* are asked for.
    """

    def __init__(self, catalogue: Catalogue, source: Source, at: str, timegates: Sequence[str], tries: int) -> None:
        self.source = source
        self._url = fetchable(source.url)
        self._wanted = _moment(at)
        self._gates = deque(timegates if source.host and self._url.lower().startswith("http") else ())
        self._tries = tries
        self._candidates: dict[datetime, str] = {}
        self._tried: list[datetime] = []
        self._timemap: str | None = None
        self._reads_timemap = False
        self._found: list[Memento] = []
        self._reference = reference_of(text for text in catalogue.comparisons.texts_of(source.id) if text.standing)

    def memento(self) -> Memento:
        """Return the best that came."""
        return min(
            self._found, key=lambda found: ORDER.index(found.said), default=Memento(self.source.id, Said.NOT_ASKED)
        )

    def errand(self) -> Errand | None:
        """Return what is to be asked for next; None when the search is over."""
        if self.memento().said is Said.GOOD:
            return None
        if self._tries > 0:
            if (candidate := self._candidate()) is not None:
                self._tries -= 1
                self._tried.append(candidate)
                url = dated(self._candidates[candidate])
                return self._ask(url.raw().url if url else self._candidates[candidate])
            if timemap := self._timemap:
                self._timemap, self._reads_timemap = None, True
                return self._ask(timemap)
        return self._ask_gate() if self._gates else None

    def _ask(self, url: str, *headers: tuple[str, str]) -> Errand:
        return Errand(self.source, Via.MEMENTO, url, headers)

    def _ask_gate(self) -> Errand:
        self._candidates, self._timemap = {}, None
        return self._ask(
            self._gates.popleft() + self._url, ("Accept-Datetime", format_datetime(self._wanted, usegmt=True))
        )

    def _candidate(self) -> datetime | None:
        """Return the memento to ask for next, by its time: the nearest, in turns before and behind the wanted date.

        The last try is for the oldest: whatever went wrong with a page, at first it was there.
        """
        left = [at for at in self._candidates if at not in self._tried]
        if self._tries == 1 or not left:
            return min(left, default=None)
        was_before = bool(self._tried) and self._tried[-1] < self._wanted
        other_side = [at for at in left if (at < self._wanted) is not was_before]
        return min(other_side or left, key=lambda at: abs(at - self._wanted))

    def take(self, catalogue: Catalogue, warc_dir: Path, capture_id: int) -> None:
        """Take what came of the last errand."""
        capture = catalogue.captures.get(capture_id)
        if capture is None:
            raise LookupError(f"there is no capture {capture_id}")
        if self._reads_timemap:
            self._reads_timemap = False
            self._note(_of_timemap(catalogue, warc_dir, capture))
            return
        self._note(_of_headers(warc_dir, capture))
        if capture.memento_at:
            self._tried.append(datetime.fromisoformat(capture.memento_at))
        self._found.append(judge(catalogue.comparisons, self.source, capture_id, capture, self._reference))

    def _note(self, found: Iterator[Link]) -> None:
        """Take note of the mementos and the TimeMap that an archive names."""
        for link in found:
            if "memento" in link.relations and link.at:
                self._candidates.setdefault(datetime.fromisoformat(link.at), link.url)
            elif "timemap" in link.relations and link.type in (None, _LINK_FORMAT) and not self._timemap:
                self._timemap = link.url


def _of_headers(warc_dir: Path, capture: Capture) -> Iterator[Link]:
    """Iterate over the links of all answers of a capture, the last one first: it is the memento itself."""
    for exchange in reversed(capture.exchanges):
        if exchange.response and (head := head_of(warc_dir, exchange.response)):
            yield from links(", ".join(head.values("Link")), exchange.url)


def _of_timemap(catalogue: Catalogue, warc_dir: Path, capture: Capture) -> Iterator[Link]:
    """Iterate over the links of a TimeMap in link format (RFC 7089 5); none where it can't be read."""
    last = capture.exchanges[-1] if capture.exchanges else None
    if capture.outcome not in SUCCESSES or last is None or last.response is None:
        return
    original = catalogue.reports.place_of(last.refers_to) if last.refers_to else None
    try:
        body = read_http_response(warc_dir, last.response, original).content()
    except (RecordError, OSError, ContentDecodeError):
        return
    yield from links(body.decode("utf-8", "replace"), last.url)


def _moment(at: str) -> datetime:
    """Return a date or a time, ISO 8601; of a date alone, its noon. Raises ValueError."""
    moment = datetime.fromisoformat(f"{at}T12:00:00+00:00" if len(at) == len("2026-01-01") else at)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
