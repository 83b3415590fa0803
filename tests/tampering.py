"""A small archive with one of everything that an archive holds, and ways to tamper with it behind its back."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders

from archive.capture import CaptureWriter
from archive.clock import utc_now
from archive.drafts import CaptureDraft, RecordedExchange
from archive.fixity.run import Verification, verify
from archive.folder import ArchiveFolder
from archive.settings import Settings
from archive.text_records import Text
from archive.warc_record import digest_of
from archive.warc_walk import Damage, walk
from archive.words import Outcome, Purpose, StatementKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from archive.fixity.findings import Fault
    from archive.records import Validators

SECONDS = 20
BODY = b"<p>The same words as ever, and many of them.</p>\n" * 40
PAGE = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "1"\r\n\r\n' % len(BODY) + BODY
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: r\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
NO_HTTP = b"220 mail.example ESMTP\r\n"

URLS = {
    "page": "http://page.example/",
    "chain": "http://chain.example/ä b",
    "refused": "http://refused.example/",
    "cut": "http://cut.example/",
    "no-http": "http://no-http.example/",
    "no-url": "nonsense",
    "never": "http://never.example/",
}

Headers = list[tuple[str, str]]


class Silent:
    """A progress that nobody sees."""

    def __init__(self) -> None:
        self.planned = self.done = 0

    def plan(self, total: int) -> None:
        self.planned = total

    def advance(self, count: int) -> None:
        self.done += count


def exchange(received: bytes, url: str, **changes: Any) -> RecordedExchange:
    values: dict[str, Any] = {
        "url": url,
        "purpose": Purpose.PAGE,
        "requested_at": utc_now(),
        "sent": io.BytesIO(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
        "received": io.BytesIO(received),
        "http_status": 200,
        "ip": "192.0.2.1",
        "elapsed_ms": 5,
    }
    return RecordedExchange(**{**values, **changes})


def nothing(url: str, error: str, **changes: Any) -> RecordedExchange:
    """Return an exchange of which nothing was sent or received."""
    return exchange(b"", url, sent=io.BytesIO(), http_status=None, error=error, ip=None, **changes)


class Sample:
    """An archive: in its first WARC file a crawl of everything, in its second one that saw two pages again."""

    def __init__(self, path: Path) -> None:
        self.folder = ArchiveFolder.create(path)
        with self.folder.catalogue() as catalogue, catalogue.transaction():
            self.sources = {name: catalogue.sources.put(url) for name, url in URLS.items()}

    def writer(self) -> CaptureWriter:
        with self.folder.catalogue() as catalogue:
            crawl_id = catalogue.crawls.start("test", {}, {})
        return CaptureWriter(self.folder, crawl_id, Settings(), {"software": "Test/1"})

    def draft(self, name: str, *exchanges: RecordedExchange, **changes: Any) -> CaptureDraft:
        values: dict[str, Any] = {
            "source_id": self.sources[name],
            "source_url": URLS[name],
            "requested_at": utc_now(),
            "finished_at": utc_now(),
            "outcome": Outcome.FETCHED,
            "final_url": URLS[name],
            "http_status": 200,
            "media_type": "text/html",
            "evidence": {"rule": "http-status", "tries": [1, 2.5, None]},
            "exchanges": list(exchanges),
        }
        return CaptureDraft(**{**values, **changes})

    def first_crawl(self) -> None:
        writer = self.writer()
        about = {"started_at": utc_now(), "trigger": "test", "settings": {}, "versions": {}}
        writer.submit_statement(StatementKind.CRAWL_STARTED, "1", about, about["started_at"])  # type: ignore[arg-type]
        writer.submit_exchanges([exchange(CHUNKED, "http://page.example/robots.txt", purpose=Purpose.ROBOTS)])
        writer.submit_exchanges([nothing("http://refused.example/robots.txt", "no route", purpose=Purpose.ROBOTS)])
        moved = exchange(MOVED, URLS["chain"], http_status=302)
        writer.submit(self.draft("chain", moved, exchange(CHUNKED, "http://chain.example/x"), final_url="http://x/"))
        writer.submit(self._failed("refused", nothing(URLS["refused"], "no route: 東京"), Outcome.REFUSED))
        writer.submit(self._failed("no-url", None, Outcome.INVALID_URL))
        other = {"http_status": None, "error": "no HTTP", "truncated": "disconnect"}
        writer.submit(self._failed("no-http", exchange(NO_HTTP, URLS["no-http"], **other), Outcome.RESET))
        writer.submit(self.draft("page", exchange(PAGE, URLS["page"]))).result(SECONDS)
        writer.close()

    def second_crawl(self) -> None:
        with self.folder.catalogue() as catalogue:
            validators = dict(catalogue.captures.validators("", "9999"))[self.sources["page"]]
        writer = self.writer()
        writer.submit(self.draft("chain", exchange(PAGE, "http://chain.example/copy")))
        writer.submit(self.draft("page", self._again(validators), outcome=Outcome.NOT_MODIFIED, http_status=304))
        cut = exchange(PAGE[:-20], URLS["cut"], truncated="disconnect", error="the connection ended")
        writer.submit(self.draft("cut", cut, outcome=Outcome.TRUNCATED)).result(SECONDS)
        writer.close()

    def _again(self, validators: Validators) -> RecordedExchange:
        return exchange(NOT_MODIFIED, URLS["page"], http_status=304, validators=validators)

    def _failed(self, name: str, given: RecordedExchange | None, outcome: Outcome) -> CaptureDraft:
        exchanges = [given] if given else []
        return self.draft(name, *exchanges, outcome=outcome, http_status=None, error="said", final_url=None)

    def put_text(self) -> None:
        with self.folder.catalogue() as catalogue:
            catalogue.texts.put([Text(1, "test/1", Verdict.ARTICLE, {}, text="Words of a page.")])


def make_sample(path: Path) -> ArchiveFolder:
    sample = Sample(path)
    sample.first_crawl()
    sample.second_crawl()
    sample.put_text()
    return sample.folder


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies in its file."""

    file: str
    offset: int
    length: int
    id: str
    type: str
    headers: Headers
    block: bytes

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    def as_member(self) -> bytes:
        head: bytes = StatusAndHeaders("", self.headers, protocol="WARC/1.1").to_bytes()
        return member(head + self.block + b"\r\n\r\n")


def member(data: bytes) -> bytes:
    """Return *data* as a gzip member that is like those of the archive."""
    compressor = isal_zlib.compressobj(3, isal_zlib.DEFLATED, 31)
    return bytes(compressor.compress(data) + compressor.flush())


def records(folder: ArchiveFolder, file: str | None = None) -> list[Record]:
    """Return all records of the finished files, in order."""
    found = []
    for path in warcs(folder):
        if file in (None, path.name):
            for each in walk(path):
                assert not isinstance(each, Damage)
                place, block = each.place, each.block.read()
                headers = list(each.headers)
                found.append(
                    Record(path.name, place.warc_offset, place.warc_length, place.record_id, each.type, headers, block)
                )
    return found


def warcs(folder: ArchiveFolder) -> list[Path]:
    return sorted(folder.warc_dir.glob("*.warc.gz"))


def pick(folder: ArchiveFolder, kind: str, number: int = 0, *, holding: bytes = b"") -> Record:
    """Return the *number*-th record of a type whose block holds something."""
    return [each for each in records(folder) if each.type == kind and holding in each.block][number]


def sql(folder: ArchiveFolder, statement: str, *values: object) -> None:
    """Change the catalogue as no part of the program would."""
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        connection.execute(statement, values)
        connection.commit()


def forge(
    folder: ArchiveFolder,
    record: Record,
    *,
    headers: Callable[[Headers], Headers] | None = None,
    block: bytes | None = None,
    redigest: bool = True,
) -> Record:
    """Put another record in the place of *record*, have all rows know where things lie now, and return it.

    A new *block* gets its right length, and with *redigest* its right block digest.
    """
    changed = headers(list(record.headers)) if headers else list(record.headers)
    if block is not None:
        right = {"Content-Length": str(len(block))} | ({"WARC-Block-Digest": digest_of([block])} if redigest else {})
        changed = [(name, right.get(name, value)) for name, value in changed]
    new = Record(record.file, 0, 0, record.id, record.type, changed, record.block if block is None else block)
    before = records(folder, record.file)
    rewrite(folder, record.file, [new if each == record else each for each in before])
    return records(folder, record.file)[before.index(record)]


def rewrite(folder: ArchiveFolder, file: str, wanted: Iterable[Record]) -> None:
    """Write *file* anew with these records, and have all rows know where things lie now."""
    data, moved = b"", []
    for each in wanted:
        made = each.as_member()
        moved.append((len(data), len(made), each.id))
        data += made
    (folder.warc_dir / file).write_bytes(data)
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        for table, prefix in (("captures", ""), ("exchanges", ""), ("exchanges", "request_"), ("ledger", "")):
            connection.executemany(
                f"UPDATE {table} SET {prefix}warc_offset = ?, {prefix}warc_length = ? WHERE {prefix}record_id = ?",
                moved,
            )
        connection.commit()


def changing(name: str, value: str | None) -> Callable[[Headers], Headers]:
    """Return what gives a named field another value, or takes it away."""

    def change(headers: Headers) -> Headers:
        return [(key, value if key == name else old) for key, old in headers if key != name or value is not None]  # type: ignore[misc]

    return change


def adding(name: str, value: str) -> Callable[[Headers], Headers]:
    return lambda headers: [*headers, (name, value)]


def look(folder: ArchiveFolder, **how: Any) -> Verification:
    return verify(folder, Silent(), **{"workers": 1, **how})


def faults(folder: ArchiveFolder, **how: Any) -> list[Fault]:
    return list(look(folder, **how).faults)
