"""One crawl of every hostile exchange of `mockserver.cases`: what is kept of each, byte for byte, and its outcome."""

from __future__ import annotations

import base64
import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest
from checking_wire import capture_of, check_bytes, check_last_response, check_outcome, read, url_of
from fastwarc.warc import ArchiveIterator as FastWarcIterator
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT
from mockserver.crawling import Crawled, make_archive, run_crawl
from warcio.archiveiterator import ArchiveIterator

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import LoggedExchange, MockServer

every_case = pytest.mark.parametrize("name", CASES)


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    path = tmp_path_factory.mktemp("wire") / "archive"
    folder = make_archive(path, map(url_of, CASES), max_bytes=MAX_BYTES, timeout=TIMEOUT)
    return run_crawl(folder, mock_server)


def seen_by(server: MockServer, name: str, *, robots: bool = False) -> list[LoggedExchange]:
    return server.exchanges(f"{name}.wire.example", kind="http", robots=robots)


@every_case
def test_outcome(crawled: Crawled, name: str) -> None:
    check_outcome(capture_of(crawled, name), name)


@every_case
def test_bytes_of_the_wire_are_kept_both_ways(crawled: Crawled, mock_server: MockServer, name: str) -> None:
    check_bytes(crawled, capture_of(crawled, name), seen_by(mock_server, name), name)


@every_case
def test_last_response_has_its_payload_and_its_truncation(crawled: Crawled, name: str) -> None:
    check_last_response(crawled, capture_of(crawled, name), name, "127.0.0.1")


@every_case
def test_fetch_that_may_pass_is_tried_again(crawled: Crawled, name: str) -> None:
    capture = capture_of(crawled, name)
    passing = capture.outcome in {"reset", "timeout", "truncated"} or (capture.http_status or 0) >= 500
    tries = capture.evidence["outcome"].get("attempts", 1)
    passing = passing and capture.http_status not in {206, 999}
    assert tries == (2 if passing or name == "server-error-once" else 1)


def test_cookies_of_a_chain_are_sent_back_and_no_further(crawled: Crawled, mock_server: MockServer) -> None:
    first, check, last = (logged.request for logged in seen_by(mock_server, "cookie-wall"))
    assert b"Cookie:" not in first
    assert b"Cookie: seen=1; id=abc\r\n" in check
    assert b"seen=2" in last
    assert b"id=abc" in last
    assert b"Cookie:" not in seen_by(mock_server, "two-cookies-one-capture")[0].request
    assert capture_of(crawled, "cookie-wall").outcome == "fetched"


def test_requests_say_honestly_who_asks(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.exit_code == 0
    logged = seen_by(mock_server, "plain", robots=True)
    assert [seen.path for seen in logged] == ["/robots.txt", "/"]
    for seen in logged:
        assert b"User-Agent: Sourcekeep/" in seen.request
        assert b"+https://tests.example/" in seen.request
        assert b"Referer" not in seen.request
        assert b"Accept-Language" not in seen.request


def test_redirected_request_has_no_referer(mock_server: MockServer, crawled: Crawled) -> None:
    assert crawled.captures
    for seen in seen_by(mock_server, "relative-location"):
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
    sent = seen_by(mock_server, "plain", robots=True)[0].sent
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


def test_user_and_password_of_a_url_go_where_http_has_them(mock_server: MockServer, tmp_path: Path) -> None:
    urls = [
        "http://user:p%40ss@login.example/page?a@b",
        "https://user@login.secure.example/page",
        "http://user:x@10.0.0.1:81/",
    ]
    folder = make_archive(tmp_path / "archive", urls)
    rules = [mock_server.resolve, mock_server.resolve_tls("login.secure.example", "good")]
    crawled = run_crawl(folder, mock_server, resolve=rules, environment={"SSL_CERT_FILE": str(mock_server.authority)})
    outcomes = [crawled.captures[url][0].outcome for url in urls]
    assert outcomes == ["fetched", "fetched", "address-forbidden"]
    for host, pair in (("login.example", b"user:p@ss"), ("login.secure.example", b"user:")):
        (seen,) = mock_server.exchanges(host)
        assert b"\r\nAuthorization: Basic " + base64.b64encode(pair) + b"\r\n" in seen.request
        assert seen.request.startswith(b"GET /page")


# The judges that are not ours, over the whole set


def warc_files(crawled: Crawled) -> list[Path]:
    found = sorted(crawled.folder.warc_dir.glob("*.warc.gz"))
    assert found
    return found


def test_gzip_finds_one_whole_member_for_each_record(crawled: Crawled) -> None:
    for path in warc_files(crawled):
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
    for path in warc_files(crawled):
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
    odd = {"continue", "early-hints", "body-too-long", "bare-lf", "moved-chunked"}
    return name not in odd and not name.startswith("chunked")


def test_warcio_finds_every_block_digest_right(crawled: Crawled) -> None:
    types = set()
    for path in warc_files(crawled):
        with path.open("rb") as file:
            # It takes the whole block for the payload when it doesn't parse it, and can't undo chunks when it does.
            for record in ArchiveIterator(file, no_record_parse=True, check_digests=True):
                record.raw_stream.read()
                types.add(record.rec_type)
                assert not [said for said in record.digest_checker.problems if said.startswith("block")]
    assert {"warcinfo", "request", "response", "metadata"} <= types
