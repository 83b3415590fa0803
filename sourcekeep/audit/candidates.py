"""The search for a good memento of one source: which is asked for next, and what each that came is worth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from archive.content_codings import ContentDecodeError
from archive.errors import RecordError
from archive.mementos import dated, links
from archive.records import TextChange, Via
from archive.signals import is_home
from archive.standing import SUCCESSES, USABLE_VERDICTS, VERDICT_RANK
from archive.urls import fetchable
from archive.warc_reader import head_of, read_http_response
from crawler.errands import Errand
from extract import drift
from sourcekeep.audit.refresh import reference_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.catalogue.histories import Answer
    from archive.mementos import Link
    from archive.records import Capture, Source
    from extract.drift import TextDrift

_LINK_FORMAT = "application/link-format"
_NOT_FOUND = frozenset({404, 410})


class Said(StrEnum):
    """What came of asking for a memento, the best first."""

    GOOD = "good"
    """The page, as an archive has it; where a text of our own is kept, with most of that."""
    DOUBTFUL = "doubtful"
    """A page, though less than half of our own text is in it, or no article, and there is nothing to compare."""
    OTHER_TEXT = "other-text"
    """Another text altogether."""
    NO_PAGE = "no-page"
    """What is archived is an error page, a wall, the site's home, or nothing."""
    NO_MEMENTO = "no-memento"
    """The archive has none."""
    NO_ANSWER = "no-answer"
    """The archive didn't say."""
    NOT_ASKED = "not-asked"
    """No archive was asked: there is none in the settings, or the URL is none."""


_OFFERED = frozenset({Said.GOOD, Said.DOUBTFUL})
_ORDER = tuple(Said)
_BY_CHANGE = {TextChange.REPLACED: Said.OTHER_TEXT, TextChange.REWRITTEN: Said.DOUBTFUL}


@dataclass(frozen=True, slots=True)
class Memento:
    """A memento of a source, or why there is none."""

    source_id: int
    said: Said
    capture_id: int | None = None
    """Of what came; None where nothing was asked."""
    url: str | None = None
    """To cite instead of the page; None for what is not to be offered."""
    at: str | None = None
    """When it was archived."""
    kept: float | None = None
    """The share of our own text that it has; None where there is nothing to compare."""


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
        reference = reference_of(text for text in catalogue.histories.texts_of(source.id) if text.standing)
        self._reference = catalogue.histories.text(reference.text_id) if reference else None

    def memento(self) -> Memento:
        """Return the best that came."""
        nothing = Memento(self.source.id, Said.NOT_ASKED)
        return min(self._found, key=lambda found: _ORDER.index(found.said), default=nothing)

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
        capture, answer = catalogue.captures.get(capture_id), catalogue.histories.answer(capture_id)
        if capture is None:
            raise LookupError(f"there is no capture {capture_id}")
        if self._reads_timemap:
            self._reads_timemap = False
            self._note(_of_timemap(catalogue, warc_dir, capture))
            return
        self._note(_of_headers(warc_dir, capture))
        if capture.memento_at:
            self._tried.append(datetime.fromisoformat(capture.memento_at))
        text = catalogue.histories.text(answer.text_id) if answer.text_id else None
        compared = drift.measure(self._reference, text) if self._reference and text else None
        said = self._said(capture, answer, compared)
        url = _to_cite(capture) if said in _OFFERED else None
        kept = compared.kept if compared else None
        self._found.append(Memento(self.source.id, said, capture_id, url, capture.memento_at, kept))

    def _note(self, found: Iterator[Link]) -> None:
        """Take note of the mementos and the TimeMap that an archive names."""
        for link in found:
            if "memento" in link.relations and link.at:
                self._candidates.setdefault(datetime.fromisoformat(link.at), link.url)
            elif "timemap" in link.relations and link.type in (None, _LINK_FORMAT) and not self._timemap:
                self._timemap = link.url

    def _said(self, capture: Capture, answer: Answer, compared: TextDrift | None) -> Said:
        if capture.memento_at is None:
            return Said.NO_MEMENTO if capture.http_status in _NOT_FOUND else Said.NO_ANSWER
        if capture.outcome not in SUCCESSES or answer.verdict not in VERDICT_RANK or self._is_home(capture):
            return Said.NO_PAGE
        if compared:
            return _BY_CHANGE.get(compared.change, Said.GOOD)
        is_sure = self._reference is None and (answer.verdict in USABLE_VERDICTS or is_home(self._url))
        return Said.GOOD if is_sure else Said.DOUBTFUL

    def _is_home(self, capture: Capture) -> bool:
        """Tell whether the archive was led to the home of a site in the place of a page."""
        ended = dated(capture.final_url or "")
        return ended is not None and is_home(ended.of) and not is_home(self._url)


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


def _to_cite(capture: Capture) -> str | None:
    """Return the URL of a memento as people open it, and not as its bytes are asked for."""
    url = dated(capture.final_url or "")
    return url.plain().url if url else capture.final_url


def _moment(at: str) -> datetime:
    """Return a date or a time, ISO 8601; of a date alone, its noon. Raises ValueError."""
    moment = datetime.fromisoformat(f"{at}T12:00:00+00:00" if len(at) == len("2026-01-01") else at)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
