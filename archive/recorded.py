"""What a WARC file has recorded, read back: captures with their exchanges, and the archive's own statements.

It is what `archive.capture_records`, `archive.captured` and `archive.ledger` write, the other way round. A capture
is whole when its `metadata` record is, which is written last and names the others; what is damaged is told of, and
everything behind it is read nevertheless.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.ledger.statements import STATEMENT_URI, UNREADABLE
from archive.records import Capture, Exchange, RecordPlace, Statement
from archive.warc_walk import Damage, walk
from archive.words import Outcome, Purpose, StatementKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from archive.warc_member import WarcMember

_WIRE = frozenset({"request", "response", "revisit"})


@dataclass(frozen=True, slots=True)
class RecordedCapture:
    """A capture as its records tell of it."""

    source_url: str
    revisit_of: str | None
    """The `metadata` record of the capture whose page came again."""
    capture: Capture
    """With neither `source_id` nor `revisit_of`: those are the catalogue's numbers."""

    @property
    def place(self) -> RecordPlace:
        """Of its `metadata` record."""
        return self.capture.place


@dataclass(frozen=True, slots=True)
class RecordedExchanges:
    """Exchanges that belong to no one capture (robots.txt)."""

    crawl_id: int
    place: RecordPlace
    """Of their `metadata` record."""
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, and what its record says."""

    statement: Statement
    about: Mapping[str, Any]

    @property
    def place(self) -> RecordPlace:
        """Of its record."""
        return self.statement.place


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of the evidence that could not be read, or not be given its place in the catalogue."""

    warc_file: str
    offset: int
    record_id: str | None
    text: str


Recorded = RecordedCapture | RecordedExchanges | Stated | Problem


@dataclass(frozen=True, slots=True)
class _Wire:
    """A request, response or revisit record whose metadata record has not come yet."""

    place: RecordPlace
    length: int
    payload_digest: str | None
    truncated: str | None


def recorded(path: Path, start: int = 0) -> Iterator[Recorded]:
    """Iterate over what the file at *path* has recorded from the record at *start* on, in the order of writing.

    Raises RecordMissingError when the file can't be opened.
    """
    wire: dict[str, _Wire] = {}
    for member in walk(path, start):
        if isinstance(member, Damage):
            text = f"{member.length} bytes hold no whole record: {member.problem}"
            yield Problem(member.warc_file, member.offset, None, text)
            continue
        if wrong := member.wrong_digest():
            yield _problem(member.place, wrong)
        if member.type in _WIRE:
            wire[member.place.record_id] = _of_wire(member)
        else:
            yield from _told(member, wire)


def crawl_of(path: Path) -> int | None:
    """Return the crawl that the file at *path* belongs to, or None: the first record that names one decides."""
    return _first_number(path, _crawl_named)


def import_of(path: Path) -> int | None:
    """Return the number of the import that the file at *path* belongs to, or None."""
    return _first_number(path, lambda item: item.about.get("import") if isinstance(item, Stated) else None)


def _first_number(path: Path, number_in: Callable[[Recorded], object]) -> int | None:
    numbers = (number_in(item) for item in recorded(path))
    return next((number for number in numbers if isinstance(number, int)), None)


def _crawl_named(item: Recorded) -> object:
    match item:
        case RecordedCapture(capture=capture):
            return capture.crawl_id
        case RecordedExchanges(crawl_id=crawl_id):
            return crawl_id
        case Stated(about=about):
            return about.get("crawl")
    return None


def _of_wire(member: WarcMember) -> _Wire:
    return _Wire(member.place, member.length, member.header("WARC-Payload-Digest"), member.header("WARC-Truncated"))


def _told(member: WarcMember, wire: dict[str, _Wire]) -> Iterator[Recorded]:
    """Iterate over what a record says that is none of the wire."""
    is_statement = member.type == "resource" and (member.header("WARC-Target-URI") or "").startswith(STATEMENT_URI)
    if not is_statement and member.type != "metadata":
        return
    try:
        about = json.load(member.block)
        if is_statement:
            told: Recorded | None = _stated(about, member.place)
        else:
            told = _described(about, member.place, wire)
    except UNREADABLE as error:
        yield _problem(member.place, f"its JSON doesn't say what it should: {error!r}")
        return
    if told:
        yield told
        yield from _missing(about, member.place, told)


def _stated(about: dict[str, Any], place: RecordPlace) -> Stated:
    return Stated(Statement(StatementKind(about["kind"]), about["subject"], about["stated_at"], place), about)


def _described(about: dict[str, Any], place: RecordPlace, wire: dict[str, _Wire]) -> Recorded | None:
    """Return what a metadata record tells, or None when it is none of ours; what it names is taken out of *wire*."""
    if about.get("kind") not in ("capture", "exchanges"):
        return None
    responses = [wire.pop(one["response"], None) for one in about["exchanges"]]
    requests = [wire.pop(one["request"], None) for one in about["exchanges"]]
    exchanges = tuple(
        _exchange(seq, one, response, request)
        for seq, (one, response, request) in enumerate(zip(about["exchanges"], responses, requests, strict=True), 1)
    )
    if type(about["crawl"]) is not int:
        raise TypeError(f"the crawl is {about['crawl']!r}")
    if about["kind"] == "exchanges":
        return RecordedExchanges(about["crawl"], place, exchanges)
    if not isinstance(about["source"], str):
        raise TypeError(f"the source is {about['source']!r}")
    length = responses[-1].length if responses and responses[-1] else 0
    return RecordedCapture(about["source"], about.get("revisit_of"), _capture(about, place, exchanges, length))


def _exchange(seq: int, about: dict[str, Any], response: _Wire | None, request: _Wire | None) -> Exchange:
    """Return an exchange; what the oldest metadata records left out stands in its response's named fields."""
    return Exchange(
        seq=seq,
        url=about["url"],
        purpose=Purpose(about["purpose"]),
        requested_at=about["requested_at"],
        http_status=about["http_status"],
        error=about["error"],
        payload_digest=about.get("payload_digest", response and response.payload_digest),
        ip=about["ip"],
        elapsed_ms=about["elapsed_ms"],
        response=response.place if response else None,
        request=request.place if request else None,
        truncated=about.get("truncated", response and response.truncated),
        refers_to=about.get("refers_to"),
        proxy=about.get("proxy"),
    )


def _capture(about: dict[str, Any], place: RecordPlace, exchanges: tuple[Exchange, ...], length: int) -> Capture:
    return Capture(
        source_id=0,
        crawl_id=about["crawl"],
        requested_at=about["requested_at"],
        finished_at=about["finished_at"],
        final_url=about["final_url"],
        outcome=Outcome(about["outcome"]),
        http_status=about["http_status"],
        error=about["error"],
        media_type=about["media_type"],
        bytes=about.get("bytes", length),
        payload_digest=about.get("payload_digest", exchanges[-1].payload_digest if exchanges else None),
        via=about["via"],
        evidence=about["evidence"],
        place=place,
        etag=about.get("etag"),
        last_modified=about.get("last_modified"),
        asked_url=about.get("asked_url"),
        memento_at=about.get("memento_at"),
        exchanges=exchanges,
    )


def _missing(about: dict[str, Any], place: RecordPlace, told: Recorded) -> Iterator[Problem]:
    """Iterate over the records that a metadata record names and that could not be read before it."""
    if isinstance(told, RecordedCapture | RecordedExchanges):
        exchanges = told.capture.exchanges if isinstance(told, RecordedCapture) else told.exchanges
        for one, exchange in zip(about["exchanges"], exchanges, strict=True):
            for name, found in (("response", exchange.response), ("request", exchange.request)):
                if one[name] and not found:
                    yield _problem(place, f"the {name} record {one[name]}, which it names, can't be read before it")


def _problem(place: RecordPlace, text: str) -> Problem:
    return Problem(place.warc_file, place.warc_offset, place.record_id, text)
