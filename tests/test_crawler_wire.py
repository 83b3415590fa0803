"""One crawl of every hostile exchange of `mockserver.cases`: what is kept of each, byte for byte, and its outcome."""

from __future__ import annotations

import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest
from fastwarc.warc import ArchiveIterator as FastWarcIterator
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT
from mockserver.crawling import Crawled, make_archive, run_crawl
from warcio.archiveiterator import ArchiveIterator

from archive.http_message import parse_response
from archive.warc_reader import StoredRecord, read_record

if TYPE_CHECKING:
    from mockserver import MockServer

    from archive.records import Capture, RecordPlace

every_case = pytest.mark.parametrize("name", CASES)


def url_of(name: str) -> str:
    return f"http://{name}.wire.example/"


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    path = tmp_path_factory.mktemp("wire") / "archive"
    folder = make_archive(path, map(url_of, CASES), max_bytes=MAX_BYTES, timeout=TIMEOUT)
    return run_crawl(folder, mock_server)


def capture_of(crawled: Crawled, name: str) -> Capture:
    (capture,) = crawled.captures[url_of(name)]
    return capture


def read(crawled: Crawled, place: RecordPlace | None) -> StoredRecord | None:
    return read_record(crawled.folder.warc_dir, place) if place else None


@every_case
def test_outcome(crawled: Crawled, name: str) -> None:
    case, capture = CASES[name], capture_of(crawled, name)
    assert (capture.outcome, capture.http_status) == (case.outcome, case.status), capture.error
    assert capture.final_url == url_of(name).removesuffix("/") + case.final_path or case.outcome == "redirect-loop"
    assert bool(capture.error) == (case.outcome not in {"fetched", "not-modified"})


@every_case
def test_bytes_of_the_wire_are_kept_both_ways(crawled: Crawled, mock_server: MockServer, name: str) -> None:
    logged = mock_server.exchanges(f"{name}.wire.example")
    exchanges = capture_of(crawled, name).exchanges
    assert len(exchanges) == len(logged)
    for kept, seen in zip(exchanges, logged, strict=True):
        request, response = read(crawled, kept.request), read(crawled, kept.response)
        assert request
        assert request.block == seen.request
        received = response.block if response else b""
        if CASES[name].cut:
            assert seen.sent.startswith(received)
        else:
            assert received == seen.sent


@every_case
def test_last_response_has_its_payload_and_its_truncation(crawled: Crawled, name: str) -> None:
    case, capture = CASES[name], capture_of(crawled, name)
    response = read(crawled, capture.exchanges[-1].response)
    if response is None:
        assert (case.payload, case.truncated) == (None, None)
        return
    if case.payload is not None:
        assert parse_response(response.block).payload == case.payload
    assert response.header("WARC-Truncated") == case.truncated
    assert response.header("WARC-Payload-Digest") == capture.payload_digest
    assert response.header("WARC-IP-Address") == "127.0.0.1"


@every_case
def test_fetch_that_may_pass_is_tried_again(crawled: Crawled, name: str) -> None:
    capture = capture_of(crawled, name)
    passing = capture.outcome in {"reset", "timeout", "truncated"} or (capture.http_status or 0) >= 500
    tries = capture.evidence["outcome"].get("attempts", 1)
    assert tries == (2 if (passing and capture.http_status != 999) or name == "server-error-once" else 1)


def test_cookies_of_a_chain_are_sent_back_and_no_further(crawled: Crawled, mock_server: MockServer) -> None:
    first, check, last = (logged.request for logged in mock_server.exchanges("cookie-wall.wire.example"))
    assert b"Cookie:" not in first
    assert b"Cookie: seen=1; id=abc\r\n" in check
    assert b"seen=2" in last
    assert b"id=abc" in last
    assert b"Cookie:" not in mock_server.exchanges("two-cookies-one-capture.wire.example")[0].request
    assert capture_of(crawled, "cookie-wall").outcome == "fetched"


def test_requests_say_honestly_who_asks(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.exit_code == 0
    logged = mock_server.exchanges("plain.wire.example", robots=True)
    assert [seen.path for seen in logged] == ["/robots.txt", "/"]
    for seen in logged:
        assert b"User-Agent: Sourcekeep/" in seen.request
        assert b"+https://tests.example/" in seen.request
        assert b"Referer" not in seen.request
        assert b"Accept-Language" not in seen.request


def test_redirected_request_has_no_referer(mock_server: MockServer, crawled: Crawled) -> None:
    assert crawled.captures
    for seen in mock_server.exchanges("relative-location.wire.example"):
        assert b"referer" not in seen.request.lower()


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    """What a server does is an outcome; and nothing but the cited pages is downloaded."""
    assert crawled.traces() == ""


def test_robots_txt_is_archived_apart_from_the_captures(crawled: Crawled, mock_server: MockServer) -> None:
    connection = crawled.folder.catalogue()
    with connection as catalogue:
        rows = catalogue._connection.execute(
            "SELECT url, record_id FROM exchanges WHERE purpose = 'robots' AND capture_id IS NULL"
        ).fetchall()
        places = {row["url"]: catalogue.reports.place_of(row["record_id"]) for row in rows}
    assert set(places) == {url_of(name) + "robots.txt" for name in CASES}
    sent = mock_server.exchanges("plain.wire.example", robots=True)[0].sent
    record = read(crawled, places[url_of("plain") + "robots.txt"])
    assert record
    assert record.block == sent


def test_crawl_ends_with_its_counts(crawled: Crawled) -> None:
    with crawled.folder.catalogue() as catalogue:
        crawl = catalogue.crawls.last()
        assert crawl
        assert (crawl["ended"], crawl["trigger"]) == ("finished", "due")
        assert sum(catalogue.crawls.outcomes(crawl["id"]).values()) == len(CASES)
        assert catalogue.sources.due(crawl["finished_at"]) == []


# The judges that are not ours, over the whole set


def test_gzip_finds_one_whole_member_for_each_record(crawled: Crawled) -> None:
    for path in crawled.folder.warc_dir.iterdir():
        assert path.suffix == ".gz"
        subprocess.run(["gzip", "-t", path], check=True)
        data = path.read_bytes()
        while data:
            decompressor = zlib.decompressobj(31)
            content = decompressor.decompress(data)
            head, _, rest = content.partition(b"\r\n\r\n")
            length = int(head.rpartition(b"Content-Length: ")[2])
            assert rest[length:] == b"\r\n\r\n"
            data = decompressor.unused_data


def test_fastwarc_finds_every_digest_right(crawled: Crawled) -> None:
    checked = payloads = 0
    for path in crawled.folder.warc_dir.iterdir():
        for record in FastWarcIterator(str(path), parse_http=False, fsspec_args=False):
            assert record.verify_block_digest(), record.record_id
            checked += 1
        for record in FastWarcIterator(str(path), fsspec_args=False, max_header_len=1 << 23):
            url = str(record.headers.get("WARC-Target-URI"))
            name = url.removeprefix("http://").partition(".")[0]
            if record.headers.get("WARC-Type") != "response" or name not in CASES or CASES[name].truncated:
                continue
            if record.is_http_parsed and _plain(name):
                payloads += 1
                assert record.verify_payload_digest(), url
    assert checked > 3 * len(CASES)
    assert payloads > len(CASES) / 3


def _plain(name: str) -> bool:
    """Tell whether the payload is simply what stands behind the head: the judge undoes no chunks."""
    odd = {"continue", "early-hints", "body-too-long", "bare-lf"}
    return name not in odd and not name.startswith("chunked")


def test_warcio_finds_every_block_digest_right(crawled: Crawled) -> None:
    types = set()
    for path in crawled.folder.warc_dir.iterdir():
        with path.open("rb") as file:
            # It takes the whole block for the payload when it doesn't parse it, and can't undo chunks when it does.
            for record in ArchiveIterator(file, no_record_parse=True, check_digests=True):
                record.raw_stream.read()
                types.add(record.rec_type)
                assert not [said for said in record.digest_checker.problems if said.startswith("block")]
    assert types == {"warcinfo", "request", "response", "metadata"}
