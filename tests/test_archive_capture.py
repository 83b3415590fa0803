from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tempfile
import time
from base64 import b32decode
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from archive.capture import CaptureWriter
from archive.clock import utc_now
from archive.drafts import CaptureDraft, RecordedExchange
from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.settings import Settings
from archive.warc_reader import StoredRecord, read_record
from archive.words import Outcome, Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.records import RecordPlace

URL = "http://a.example/page"
REQUEST = b"GET /page HTTP/1.1\r\nHost: a.example\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: r\r\n\r\n"
SECONDS = 20  # any wait beyond this is a hang


def stream(data: bytes) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=100_000)  # noqa: SIM115  # the writer closes it
    file.write(data)
    return file


def exchange(received: bytes = CHUNKED, sent: bytes = REQUEST, url: str = URL, **changes: Any) -> RecordedExchange:
    return RecordedExchange(
        **{
            "url": url,
            "purpose": Purpose.PAGE,
            "requested_at": "2026-01-02T03:04:05.000006Z",
            "sent": stream(sent),
            "received": stream(received),
            "http_status": 200,
            "ip": "192.0.2.1",
            "elapsed_ms": 5,
            **changes,
        }
    )


class Crawl:
    """An archive with sources, and a writer for one crawl of them."""

    def __init__(self, path: Path, sources: int = 200) -> None:
        self.folder = ArchiveFolder.create(path)
        with self.folder.catalogue() as catalogue:
            with catalogue.transaction():
                self.source_ids = [catalogue.sources.put(f"http://{number}.example/") for number in range(sources)]
            self.crawl_id = catalogue.crawls.start("test", {}, {})

    def writer(self) -> CaptureWriter:
        return CaptureWriter(self.folder, self.crawl_id, Settings(), {"software": "Test/1"})

    def draft(self, number: int = 0, **changes: Any) -> CaptureDraft:
        plain = {
            "source_id": self.source_ids[number],
            "source_url": URL,
            "requested_at": utc_now(),
            "finished_at": utc_now(),
            "outcome": Outcome.FETCHED,
            "final_url": URL,
            "http_status": 200,
            "media_type": "text/html",
            "evidence": {"rule": "http-status"},
        }
        if "exchanges" not in changes:
            plain["exchanges"] = [exchange()]
        return CaptureDraft(**{**plain, **changes})

    def rows(self, table: str = "captures") -> int:
        connection = sqlite3.connect(self.folder.catalogue_path)
        try:
            return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
        finally:
            connection.close()

    def read(self, place: RecordPlace | None) -> StoredRecord:
        assert place
        return read_record(self.folder.warc_dir, place)


@pytest.fixture
def crawl(tmp_path: Path) -> Crawl:
    return Crawl(tmp_path / "archive")


@pytest.fixture
def writer(crawl: Crawl) -> Iterator[CaptureWriter]:
    made = crawl.writer()
    yield made
    if not made._closed:
        made.close()


def test_capture_is_written_with_records_that_hold_the_wire(crawl: Crawl, writer: CaptureWriter) -> None:
    first = exchange(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", http_status=302)
    capture_id = writer.submit(crawl.draft(exchanges=[first, exchange()])).result(SECONDS)
    assert capture_id
    with crawl.folder.catalogue() as catalogue:
        capture = catalogue.captures.get(capture_id)
    assert capture
    assert (capture.outcome, capture.final_url, capture.media_type) == (Outcome.FETCHED, URL, "text/html")
    assert [one.http_status for one in capture.exchanges] == [302, 200]
    last = capture.exchanges[1]
    assert crawl.read(last.response).block == CHUNKED
    assert crawl.read(last.request).block == REQUEST
    assert capture.payload_digest == last.payload_digest
    assert capture.bytes == len(CHUNKED)


def test_records_of_an_exchange_say_what_belongs_together(crawl: Crawl, writer: CaptureWriter) -> None:
    given = exchange(truncated="disconnect")
    capture_id = writer.submit(crawl.draft(exchanges=[given])).result(SECONDS)
    with crawl.folder.catalogue() as catalogue:
        capture = catalogue.captures.get(capture_id or 0)
    assert capture
    response, request = crawl.read(capture.exchanges[0].response), crawl.read(capture.exchanges[0].request)
    about = crawl.read(capture.place)
    assert response.header("WARC-Truncated") == "disconnect"
    assert response.header("WARC-IP-Address") == "192.0.2.1"
    assert response.header("WARC-Date") == request.header("WARC-Date") == given.requested_at
    assert response.header("WARC-Target-URI") == request.header("WARC-Target-URI") == URL
    assert request.header("WARC-Concurrent-To") == response.header("WARC-Record-ID") == given.response_id
    assert about.header("WARC-Concurrent-To") == given.response_id
    assert about.header("WARC-Type") == "metadata"


def test_payload_digest_is_of_the_transfer_decoded_body(crawl: Crawl, writer: CaptureWriter) -> None:
    capture_id = writer.submit(crawl.draft()).result(SECONDS)
    with crawl.folder.catalogue() as catalogue:
        capture = catalogue.captures.get(capture_id or 0)
    assert capture
    digest = crawl.read(capture.exchanges[0].response).header("WARC-Payload-Digest")
    assert digest == capture.payload_digest
    assert digest
    assert b32decode(digest.removeprefix("sha256:")) == hashlib.sha256(b"hello").digest()


def test_metadata_record_says_what_the_row_says(crawl: Crawl, writer: CaptureWriter) -> None:
    failure = exchange(b"", b"", http_status=None, error="no route", ip=None)
    draft = crawl.draft(
        outcome=Outcome.REFUSED, exchanges=[failure], error="no route: 東京", http_status=None, source_url="no URL"
    )
    capture_id = writer.submit(draft).result(SECONDS)
    with crawl.folder.catalogue() as catalogue:
        capture = catalogue.captures.get(capture_id or 0)
    assert capture
    record = crawl.read(capture.place)
    assert record.header("WARC-Target-URI") == "urn:sourcekeep:cited:no%20URL"
    assert record.header("WARC-Concurrent-To") is None
    about = json.loads(record.block)
    assert about["source"] == "no URL"
    for name in ("requested_at", "finished_at", "final_url", "outcome", "http_status", "error", "media_type", "via"):
        assert about[name] == getattr(capture, name), name
    assert capture.evidence["outcome"] == about["evidence"] == {"rule": "http-status"}
    assert [one["error"] for one in about["exchanges"]] == ["no route"]
    assert (capture.exchanges[0].response, capture.exchanges[0].request) == (None, None)
    assert (capture.payload_digest, capture.bytes) == (None, 0)


def test_exchanges_of_no_capture_are_written_too(crawl: Crawl, writer: CaptureWriter) -> None:
    robots = exchange(purpose=Purpose.ROBOTS, url="http://a.example/robots.txt")
    assert writer.submit_exchanges([robots]).result(SECONDS) is None
    assert (crawl.rows(), crawl.rows("exchanges")) == (0, 1)
    with crawl.folder.catalogue() as catalogue:
        place = catalogue.reports.place_of(robots.response_id)
    assert crawl.read(place).block == CHUNKED


@pytest.mark.parametrize(
    "received",
    [
        b"",
        b"\x00",
        b"no HTTP at all",
        b"HTTP/1.1 " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 5000 + b"\r\nx",
        os.urandom(3_000_000),
    ],
)
def test_any_response_is_written(crawl: Crawl, writer: CaptureWriter, received: bytes) -> None:
    capture_id = writer.submit(crawl.draft(exchanges=[exchange(received)])).result(SECONDS)
    with crawl.folder.catalogue() as catalogue:
        capture = catalogue.captures.get(capture_id or 0)
    assert capture
    place = capture.exchanges[0].response
    assert (crawl.read(place).block if place else b"") == received


@pytest.mark.parametrize(
    "changes",
    [
        {"error": "half a character: \ud83d"},
        {"final_url": "http://a.example/\udcff"},
        {"media_type": "\udc80"},
        {"source_url": "http://a.example/\udcff"},
        {"evidence": {"rule": "\ud83d"}},
    ],
)
def test_odd_text_does_not_stop_the_writing(crawl: Crawl, writer: CaptureWriter, changes: dict[str, Any]) -> None:
    assert writer.submit(crawl.draft(0, **changes)).result(SECONDS)
    assert writer.submit(crawl.draft(1)).result(SECONDS)


def test_row_comes_only_after_its_records_are_synced(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = os.fsync, []

    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().suffix == ".open":
            seen.append((crawl.rows(), os.fstat(descriptor).st_size > 500))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    writer = crawl.writer()
    future = writer.submit(crawl.draft())
    future.result(SECONDS)
    assert seen[0] == (0, True)
    assert crawl.rows() == 1
    writer.close()


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The descriptors that were synced, in order."""
    real, seen = os.fsync, []

    def fsync(descriptor: int) -> None:
        seen.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_many_captures_share_a_sync(crawl: Crawl, writer: CaptureWriter, syncs: list[int]) -> None:
    futures = [writer.submit(crawl.draft(number)) for number in range(200)]
    ids = [future.result(SECONDS) for future in futures]
    assert len(set(ids)) == crawl.rows() == 200
    assert len(syncs) < 40


def test_records_are_appended_before_their_group_is_full(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.capture.GROUP_SECONDS", SECONDS)
    writer = crawl.writer()
    writer.submit(crawl.draft()).result(SECONDS)
    (file,) = crawl.folder.warc_dir.glob("*.open")
    synced = file.stat().st_size
    second = writer.submit(crawl.draft(1))
    until = time.monotonic() + SECONDS / 2
    while file.stat().st_size == synced:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert not second.done()
    writer.close()
    assert second.result(0)


def test_writer_that_falls_behind_syncs_all_the_same(
    crawl: Crawl, syncs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CaptureWriter._append

    def append(*arguments: Any) -> Any:
        time.sleep(0.01)
        return real(*arguments)

    monkeypatch.setattr("archive.capture.LONGEST_GROUP_SECONDS", 0.05)
    monkeypatch.setattr(CaptureWriter, "_append", append)
    writer = crawl.writer()
    futures = [writer.submit(crawl.draft(number)) for number in range(100)]
    assert all(future.result(SECONDS) for future in futures)
    assert len(syncs) > 100 * 0.01 / 0.05 / 2
    writer.close()


def test_catalogue_that_another_program_writes_is_waited_for(crawl: Crawl, writer: CaptureWriter) -> None:
    other = sqlite3.connect(crawl.folder.catalogue_path)
    other.execute("BEGIN IMMEDIATE")
    future = writer.submit(crawl.draft())
    with pytest.raises(TimeoutError):
        future.result(0.4)
    other.rollback()
    other.close()
    assert future.result(SECONDS)


def test_lone_capture_does_not_wait_for_others_when_the_crawl_ends(crawl: Crawl) -> None:
    writer = crawl.writer()
    future = writer.submit(crawl.draft())
    writer.close()
    assert future.result(0)
    assert [path.suffix for path in crawl.folder.warc_dir.glob("*.warc.gz*")] == [".gz"]


def test_crawl_without_captures_leaves_no_file(crawl: Crawl) -> None:
    crawl.writer().close()
    assert list(crawl.folder.warc_dir.iterdir()) == []


def test_full_files_are_rotated_and_every_capture_stays_readable(crawl: Crawl, writer: CaptureWriter) -> None:
    writer._warc._rotate_at = 3000
    ids = [writer.submit(crawl.draft(number)).result(SECONDS) for number in range(5)]
    writer.close()
    assert len(list(crawl.folder.warc_dir.iterdir())) > 1
    with crawl.folder.catalogue() as catalogue:
        for capture_id in ids:
            capture = catalogue.captures.get(capture_id or 0)
            assert capture
            assert crawl.read(capture.exchanges[0].response).block == CHUNKED


def fail(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def assert_fails_clearly(crawl: Crawl, writer: CaptureWriter, match: str) -> None:
    """Assert that captures fail with a clear error, now and later, and none has a row."""
    futures = [writer.submit(crawl.draft(number)) for number in range(5)]
    for future in futures:
        with pytest.raises(ArchiveError, match=match):
            future.result(SECONDS)
    with pytest.raises(ArchiveError, match=match):
        writer.submit_exchanges([exchange()]).result(SECONDS)
    with pytest.raises(ArchiveError, match=match):
        writer.close()
    assert crawl.rows() == crawl.rows("exchanges") == 0


def test_warc_that_cannot_be_written_fails_every_capture(crawl: Crawl) -> None:
    crawl.folder.warc_dir.rmdir()
    assert_fails_clearly(crawl, crawl.writer(), "warc.*cannot be written")


def test_warc_that_cannot_be_synced_fails_every_capture(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = crawl.writer()
    monkeypatch.setattr("archive.warc_writer.os.fsync", fail)
    assert_fails_clearly(crawl, writer, "No space left")


def test_catalogue_that_cannot_be_opened_fails_every_capture(crawl: Crawl) -> None:
    aside = crawl.folder.catalogue_path.rename(crawl.folder.path / "aside.db")
    crawl.folder.catalogue_path.mkdir()
    writer = crawl.writer()
    future = writer.submit(crawl.draft())
    with pytest.raises(ArchiveError, match=r"catalogue\.db"):
        future.result(SECONDS)
    with pytest.raises(ArchiveError, match=r"catalogue\.db"):
        writer.submit(crawl.draft()).result(SECONDS)
    with pytest.raises(ArchiveError, match=r"catalogue\.db"):
        writer.close()
    assert aside.exists()


def test_row_that_the_catalogue_refuses_fails_its_group_and_leaves_no_row(crawl: Crawl) -> None:
    writer = crawl.writer()
    futures = [writer.submit(crawl.draft(0)), writer.submit(crawl.draft(0, source_id=10**6))]
    for future in futures:
        with pytest.raises(ArchiveError, match=r"catalogue\.db"):
            future.result(SECONDS)
    with pytest.raises(ArchiveError):
        writer.close()
    assert crawl.rows() == 0


def test_what_was_acknowledged_before_a_failure_stays(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = crawl.writer()
    capture_id = writer.submit(crawl.draft(0)).result(SECONDS)
    monkeypatch.setattr("archive.warc_writer.os.fsync", fail)
    with pytest.raises(ArchiveError):
        writer.submit(crawl.draft(1)).result(SECONDS)
    with pytest.raises(ArchiveError):
        writer.close()
    with crawl.folder.catalogue() as catalogue:
        capture = catalogue.captures.get(capture_id or 0)
    assert capture
    assert crawl.read(capture.exchanges[0].response).block == CHUNKED
    assert crawl.rows() == 1


def test_stream_that_cannot_be_read_assert_fails_clearly(crawl: Crawl) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise RuntimeError("gone")

    broken = exchange()
    broken.received.close()
    broken.received = Broken(CHUNKED)
    writer = crawl.writer()
    with pytest.raises(ArchiveError, match="gone"):
        writer.submit(crawl.draft(exchanges=[broken])).result(SECONDS)
    with pytest.raises(ArchiveError, match="gone"):
        writer.close()


def test_capture_whose_caller_went_away_is_written_like_the_others(crawl: Crawl, writer: CaptureWriter) -> None:
    writer.submit(crawl.draft(0)).cancel()
    assert writer.submit(crawl.draft(1)).result(SECONDS)
    assert crawl.rows() == 2


def test_closed_writer_takes_nothing_more_and_says_so(crawl: Crawl) -> None:
    writer = crawl.writer()
    writer.close()
    with pytest.raises(ArchiveError, match="closed"):
        writer.submit(crawl.draft(exchanges=[])).result(SECONDS)


def test_streams_are_closed_once_they_are_written(crawl: Crawl, writer: CaptureWriter) -> None:
    draft = crawl.draft()
    writer.submit(draft).result(SECONDS)
    assert draft.exchanges[0].sent.closed
    assert draft.exchanges[0].received.closed
