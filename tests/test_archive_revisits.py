from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from fastwarc.warc import ArchiveIterator

from archive.capture import CaptureWriter
from archive.clock import utc_now
from archive.drafts import CaptureDraft, RecordedExchange
from archive.errors import CaptureRefusedError
from archive.folder import ArchiveFolder
from archive.settings import Settings
from archive.text_records import Notice, Text
from archive.warc_reader import read_http_response, read_record
from archive.words import NoticeKind, Outcome, Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

    from archive.records import Capture
    from archive.warc_reader import StoredRecord

BODY = b"<p>The same words as ever, and many of them.</p>\n" * 50
PROFILES = "http://netpreserve.org/warc/1.1/revisit/"


def stream(data: bytes) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115  # the writer closes it
    file.write(data)
    return file


def answer(body: bytes = BODY, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


class Archive:
    """An archive with two sources, each crawl of it written and closed at once."""

    def __init__(self, path: Path) -> None:
        self.folder = ArchiveFolder.create(path)
        with self.folder.catalogue() as catalogue, catalogue.transaction():
            self.urls = ["http://a.example/", "http://b.example/"]
            self.sources = [catalogue.sources.put(url) for url in self.urls]

    def capture(self, received: bytes, number: int = 0, **changes: Any) -> Capture:
        with self.folder.catalogue() as catalogue:
            crawl_id = catalogue.crawls.start("test", {}, {})
        writer = CaptureWriter(self.folder, crawl_id, Settings(), {"software": "Test/1"})
        capture_id = writer.submit(self.draft(received, number, **changes)).result(20)
        writer.close()
        with self.folder.catalogue() as catalogue:
            assert capture_id
            capture = catalogue.captures.get(capture_id)
            assert capture
            return capture

    def draft(self, received: bytes, number: int = 0, **changes: Any) -> CaptureDraft:
        exchange = {
            "url": self.urls[number],
            "purpose": Purpose.PAGE,
            "requested_at": utc_now(),
            "sent": stream(b"GET / HTTP/1.1\r\n\r\n"),
            "received": stream(received),
            "http_status": changes.get("http_status", 200),
            "ip": "192.0.2.1",
        }
        exchange |= {name: changes.pop(name) for name in ("truncated", "validators") if name in changes}
        draft = {
            "source_id": self.sources[number],
            "source_url": self.urls[number],
            "requested_at": utc_now(),
            "finished_at": utc_now(),
            "outcome": Outcome.FETCHED,
            "final_url": self.urls[number],
            "http_status": 200,
            "media_type": "text/html",
            "exchanges": [RecordedExchange(**exchange)],
        }
        return CaptureDraft(**{**draft, **changes})

    def header(self, capture: Capture, name: str) -> str | None:
        return self.response(capture).header(name)

    def response(self, capture: Capture) -> StoredRecord:
        place = capture.exchanges[-1].response
        assert place
        return read_record(self.folder.warc_dir, place)

    def validators(self, number: int = 0, since: str = "") -> Any:
        with self.folder.catalogue() as catalogue:
            return dict(catalogue.captures.validators(since, "9999")).get(self.sources[number])

    def judge(self, capture_id: int, verdict: Verdict, text: str = "The words.") -> None:
        with self.folder.catalogue() as catalogue:
            notice = Notice(NoticeKind.COOKIE, "rule", "We use cookies.", 0)
            made = Text(capture_id, "test/1", verdict, {"rule": "test"}, text=text, notices=(notice,))
            catalogue.texts.put([made])

    def rows(self, sql: str) -> list[Any]:
        with self.folder.catalogue() as catalogue:
            return [tuple(row) for row in catalogue._connection.execute(sql)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def not_modified(archive: Archive, *fields: bytes, number: int = 0) -> Capture:
    validators = archive.validators(number)
    assert validators
    return archive.capture(
        b"HTTP/1.1 304 Not Modified\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n",
        number,
        outcome=Outcome.NOT_MODIFIED,
        http_status=304,
        media_type=None,
        validators=validators,
    )


def test_identical_payload_is_kept_as_its_head_and_a_reference(archive: Archive) -> None:
    first = archive.capture(answer())
    again = archive.capture(answer(BODY, b"Date: today"))
    record, original = archive.response(again), first.exchanges[-1].response
    assert original
    assert record.header("WARC-Type") == "revisit"
    assert record.header("WARC-Profile") == PROFILES + "identical-payload-digest"
    assert record.header("WARC-Refers-To") == original.record_id
    assert record.header("WARC-Refers-To-Target-URI") == "http://a.example/"
    assert record.header("WARC-Refers-To-Date") == first.exchanges[-1].requested_at
    assert record.header("WARC-Payload-Digest") == archive.header(first, "WARC-Payload-Digest")
    assert record.header("WARC-Truncated") == "length"
    assert record.block == answer(BODY, b"Date: today")[: -len(BODY)]
    assert again.exchanges[-1].refers_to == original.record_id
    assert again.bytes == len(answer(BODY, b"Date: today"))


def test_payload_is_the_same_however_it_is_framed(archive: Archive) -> None:
    archive.capture(chunked(BODY, 100))
    again = archive.capture(chunked(BODY, 64))
    assert archive.header(again, "WARC-Type") == "revisit"
    with archive.folder.catalogue() as catalogue:
        [(record_id,)] = archive.rows("SELECT refers_to FROM exchanges WHERE refers_to IS NOT NULL")
        original = catalogue.reports.place_of(record_id)
    place = again.exchanges[-1].response
    assert place
    assert read_http_response(archive.folder.warc_dir, place, original).payload == BODY


def test_digest_of_the_wire_is_kept_where_its_framing_is_not(archive: Archive) -> None:
    archive.capture(answer())
    again = archive.capture(chunked(BODY, 64))
    metadata = json.loads(read_record(archive.folder.warc_dir, again.place).block)
    [exchange] = metadata["exchanges"]
    assert exchange["bytes"] == len(chunked(BODY, 64))
    assert exchange["wire_digest"].startswith("sha256:")
    assert exchange["wire_digest"] != archive.header(again, "WARC-Block-Digest")


def test_each_revisit_refers_to_the_record_that_has_the_payload(archive: Archive) -> None:
    first = archive.capture(answer())
    captures = [archive.capture(answer(BODY, b"Number: %d" % number)) for number in range(3)]
    place = first.exchanges[-1].response
    assert place
    assert {capture.exchanges[-1].refers_to for capture in captures} == {place.record_id}


def test_payload_of_another_source_is_referred_to_and_its_text_is_not_taken(archive: Archive) -> None:
    archive.capture(answer())
    other = archive.capture(answer(), number=1)
    assert archive.header(other, "WARC-Type") == "revisit"
    assert other.revisit_of is None
    with archive.folder.catalogue() as catalogue:
        pending = catalogue.pending.captures("test/1", limit=9)
    assert [item.source_id for item in pending] == archive.sources
    item = pending[1]
    assert item.original
    assert read_http_response(archive.folder.warc_dir, item.response, item.original).payload == BODY


@pytest.mark.parametrize(
    "changes", [{"truncated": "disconnect", "outcome": Outcome.TRUNCATED}, {"truncated": "time"}], ids=str
)
def test_response_that_is_not_whole_is_neither_a_revisit_nor_an_original(
    archive: Archive, changes: dict[str, Any]
) -> None:
    archive.capture(answer(), **changes)
    whole = archive.capture(answer())
    assert archive.header(whole, "WARC-Type") == "response"
    cut = archive.capture(answer(), **changes)
    assert archive.header(cut, "WARC-Type") == "response"


def test_small_payload_is_kept_again(archive: Archive) -> None:
    archive.capture(answer(b"small"))
    again = archive.capture(answer(b"small"))
    assert archive.header(again, "WARC-Type") == "response"
    assert again.revisit_of is None, "it has bytes of its own"


def take_away(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:600])


def rot(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for at in range(500, len(data), 40):
        data[at] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("harm", [take_away, cut, rot])
def test_payload_whose_record_cannot_be_read_any_more_is_kept_again(
    archive: Archive, harm: Callable[[Path], None]
) -> None:
    archive.capture(answer())
    archive.judge(1, Verdict.ARTICLE)
    [file] = archive.folder.warc_dir.glob("sourcekeep-*.warc.gz")
    harm(file)
    again = archive.capture(answer())
    assert archive.header(again, "WARC-Type") == "response"
    assert again.revisit_of is None, "it stands for itself: the other one's bytes are lost"
    with archive.folder.catalogue() as catalogue:
        [pending] = catalogue.pending.captures("test/1", limit=9)
    assert pending.capture_id == 2
    archive.judge(2, Verdict.ARTICLE)
    assert archive.rows("SELECT best_capture_id FROM sources WHERE id = 1") == [(2,)]

    third = archive.capture(answer())
    assert archive.header(third, "WARC-Type") == "revisit"
    assert (third.revisit_of, third.exchanges[-1].refers_to) == (2, again.exchanges[-1].response.record_id)  # type: ignore[union-attr]


def test_payload_of_the_same_group_is_not_referred_to_before_it_has_its_row(archive: Archive) -> None:
    with archive.folder.catalogue() as catalogue:
        crawl_id = catalogue.crawls.start("test", {}, {})
    writer = CaptureWriter(archive.folder, crawl_id, Settings(), {})
    futures = [writer.submit(archive.draft(answer(), number)) for number in range(2)]
    for future in futures:
        future.result(20)
    writer.close()
    assert archive.rows("SELECT COUNT(*) FROM exchanges WHERE refers_to IS NOT NULL") == [(0,)]


def test_not_modified_is_a_revisit_of_the_page_that_was_asked_about(archive: Archive) -> None:
    first = archive.capture(answer(BODY, b'ETag: "one"', b"Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT"))
    again = not_modified(archive, b'ETag: "one"')
    record, original = archive.response(again), first.exchanges[-1].response
    assert original
    assert record.header("WARC-Type") == "revisit"
    assert record.header("WARC-Profile") == PROFILES + "server-not-modified"
    assert record.header("WARC-Refers-To") == original.record_id
    assert record.header("WARC-Refers-To-Target-URI") == "http://a.example/"
    assert record.header("WARC-Refers-To-Date") == first.exchanges[-1].requested_at
    assert record.header("WARC-Payload-Digest") is None
    assert record.header("WARC-Truncated") is None
    assert record.block == b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n'
    assert (again.revisit_of, again.payload_digest) == (1, None)


def test_validators_are_those_of_the_page_that_came_whole_last(archive: Archive) -> None:
    archive.capture(answer(BODY, b'ETag: "one"', b"Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT"))
    not_modified(archive, b'ETag: W/"one"')
    validators = archive.validators()
    assert (validators.etag, validators.last_modified) == ('"one"', "Thu, 01 Jan 2026 00:00:00 GMT")
    again = archive.capture(answer(BODY, b'ETag: "two"'))
    validators = archive.validators()
    assert (validators.etag, validators.last_modified, validators.capture_id) == ('"two"', None, 1)
    assert validators.whole_at == again.requested_at
    assert archive.validators(since=again.requested_at) is None


def test_validator_that_no_server_would_take_back_is_not_kept(archive: Archive) -> None:
    capture = archive.capture(answer(BODY, b'ETag: "' + b"x" * 2000 + b'"'))
    assert capture.etag is None


@pytest.mark.parametrize("field", [b"Content-Type: text/html; charset=utf-8", b"Content-Encoding: gzip"])
def test_same_payload_that_is_to_be_read_otherwise_has_its_own_text(archive: Archive, field: bytes) -> None:
    archive.capture(answer(BODY))
    again = archive.capture(answer(BODY, field))
    assert archive.header(again, "WARC-Type") == "revisit"
    assert again.revisit_of is None


def test_page_without_validators_is_asked_for_without(archive: Archive) -> None:
    archive.capture(answer())
    assert archive.validators() is None


@pytest.mark.parametrize(
    "later",
    [
        {"outcome": Outcome.HTTP_ERROR, "http_status": 404},
        {"outcome": Outcome.TIMEOUT, "http_status": None},
        {"outcome": Outcome.TRUNCATED, "truncated": "time"},
    ],
    ids=lambda later: str(later["outcome"]),
)
def test_failure_in_between_leaves_the_validators_of_the_good_page(archive: Archive, later: dict[str, Any]) -> None:
    archive.capture(answer(BODY, b'ETag: "one"'))
    archive.capture(answer(b"gone", b'ETag: "error"'), **later)
    assert archive.validators().etag == '"one"'


def test_page_that_is_no_copy_is_not_asked_for_by_its_validators(archive: Archive) -> None:
    archive.capture(answer(BODY, b'ETag: "article"'))
    archive.judge(1, Verdict.ARTICLE)
    archive.capture(answer(b"are you a robot", b'ETag: "wall"'))
    archive.judge(2, Verdict.BOT_WALL)
    assert archive.validators().etag == '"article"'


def test_verdict_of_the_page_is_that_of_each_revisit_whichever_comes_first(archive: Archive) -> None:
    archive.capture(answer(BODY, b'ETag: "one"'))
    archive.capture(answer(BODY))
    archive.judge(1, Verdict.ARTICLE)
    archive.capture(answer(BODY, b'ETag: "one"'))
    not_modified(archive)
    assert archive.rows("SELECT verdict FROM captures ORDER BY id") == [("article",)] * 4
    evidence = [json.loads(row[0])["verdict"] for row in archive.rows("SELECT evidence FROM captures")]
    assert evidence == [{"rule": "test"}] * 4


def test_best_capture_stays_the_one_that_holds_the_page(archive: Archive) -> None:
    archive.capture(answer(BODY, b'ETag: "one"'))
    archive.judge(1, Verdict.ARTICLE)
    not_modified(archive)
    archive.capture(answer(BODY))
    assert archive.rows("SELECT best_capture_id, last_capture_id FROM sources WHERE id = 1") == [(1, 3)]
    with archive.folder.catalogue() as catalogue:
        text = catalogue.texts.latest(3)
        assert text
        assert (text.capture_id, text.text) == (1, "The words.")
        assert catalogue.pending.captures("test/1", limit=9) == []
        assert [hit.url for hit in catalogue.full_text.search("words")] == ["http://a.example/"]
        assert [line.count for line in catalogue.reports.notice_counts()] == [1]


def test_page_that_changed_back_is_the_best_again(archive: Archive) -> None:
    archive.capture(answer(BODY))
    archive.judge(1, Verdict.ARTICLE)
    archive.capture(answer(BODY[::-1]))
    archive.judge(2, Verdict.ARTICLE)
    assert archive.rows("SELECT best_capture_id FROM sources WHERE id = 1") == [(2,)]
    assert archive.capture(answer(BODY)).revisit_of == 1
    assert archive.rows("SELECT best_capture_id FROM sources WHERE id = 1") == [(1,)]


@pytest.mark.parametrize(
    "changes", [{"final_url": "http://a.example/x"}, {"http_status": 203}, {"outcome": Outcome.HTTP_ERROR}], ids=str
)
def test_same_payload_under_other_circumstances_has_its_own_text(archive: Archive, changes: dict[str, Any]) -> None:
    archive.capture(answer())
    assert archive.capture(answer(), **changes).revisit_of is None


def test_source_seen_again_is_as_good_as_fetched(archive: Archive) -> None:
    archive.capture(answer(BODY, b'ETag: "one"'))
    archive.capture(b"", outcome=Outcome.TIMEOUT, http_status=None)
    not_modified(archive)
    assert archive.rows("SELECT failures FROM sources WHERE id = 1") == [(0,)]


@pytest.mark.parametrize("size", [1_000_000, 3_000_001])
def test_large_body_is_written_and_read_in_pieces(archive: Archive, size: int) -> None:
    body = b"0123456789abcdef" * (size // 16)
    capture = archive.capture(chunked(body, 70_001))
    place = capture.exchanges[-1].response
    assert place
    assert read_http_response(archive.folder.warc_dir, place).payload == body
    assert archive.response(capture).block == chunked(body, 70_001)


@pytest.mark.parametrize("behind", [b"more than was announced", b"\r\n\r\n"])
def test_response_with_bytes_behind_its_body_is_kept_whole(archive: Archive, behind: bytes) -> None:
    archive.capture(answer())
    again = archive.capture(answer() + behind)
    assert archive.header(again, "WARC-Type") == "response"
    assert archive.response(again).block == answer() + behind


def test_response_with_trailers_is_kept_whole(archive: Archive) -> None:
    archive.capture(chunked(BODY, 100))
    again = archive.capture(chunked(BODY, 100)[:-2] + b"X-Signature: of who wrote this\r\n\r\n")
    assert archive.header(again, "WARC-Type") == "response"


def test_each_of_two_sources_with_one_payload_refers_to_its_own_copy(archive: Archive) -> None:
    with archive.folder.catalogue() as catalogue:
        crawl_id = catalogue.crawls.start("test", {}, {})
    writer = CaptureWriter(archive.folder, crawl_id, Settings(), {})
    for future in [writer.submit(archive.draft(answer(BODY, b'ETag: "x"'), number)) for number in range(2)]:
        future.result(20)
    writer.close()
    assert [archive.capture(answer(BODY, b'ETag: "x"'), number).revisit_of for number in range(2)] == [1, 2]
    assert all(archive.validators(number) for number in range(2))


def test_capture_that_no_column_can_hold_is_refused_alone(archive: Archive) -> None:
    with archive.folder.catalogue() as catalogue:
        crawl_id = catalogue.crawls.start("test", {}, {})
    writer = CaptureWriter(archive.folder, crawl_id, Settings(), {})
    bad = writer.submit(archive.draft(answer(), http_status=10**30))
    good = writer.submit(archive.draft(answer(), 1))
    with pytest.raises(CaptureRefusedError, match=r"http://a\.example/"):
        bad.result(20)
    assert good.result(20)
    writer.close()
    assert archive.rows("SELECT source_id FROM captures") == [(archive.sources[1],)]


def test_fastwarc_finds_every_digest_of_revisits_right(archive: Archive) -> None:
    archive.capture(answer(BODY, b'ETag: "one"'))
    not_modified(archive)
    archive.capture(chunked(BODY, 64))
    for file in sorted(archive.folder.warc_dir.glob("*.warc.gz")):
        for record in ArchiveIterator(str(file), parse_http=False, fsspec_args=False):
            assert record.verify_block_digest(), record.record_type
