"""Crawls of every hostile exchange of `mockserver.cases`: what is kept of each, byte for byte, and its outcome.

By one process alone, and as `sourcekeep crawl` does it, where two processes fetch and a third one writes.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

import pytest
from checking_wire import capture_of, check_bytes, check_last_response, check_outcome, read, url_of
from judging_warcs import check_by_all, check_payloads_by_fastwarc
from mockserver import MockServer
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT, host_of
from mockserver.crawling import Crawled, make_archive, run_crawl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mockserver import LoggedExchange

every_case = pytest.mark.parametrize("name", CASES)


class CrawledFrom(NamedTuple):
    """A crawl, and the server that it was of."""

    crawled: Crawled
    server: MockServer
    processes: int
    """How many fetched."""


@pytest.fixture(scope="module", params=[None, 2], ids=["alone", "together"])
def crawled_from(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrawledFrom]:
    directory = tmp_path_factory.mktemp("wire")
    folder = make_archive(directory / "archive", map(url_of, CASES), max_bytes=MAX_BYTES, timeout=TIMEOUT)
    with MockServer(directory) as server:  # one for each crawl: the cases count the visits
        yield CrawledFrom(run_crawl(folder, server, processes=request.param), server, request.param or 1)


@pytest.fixture
def crawled(crawled_from: CrawledFrom) -> Crawled:
    return crawled_from.crawled


@pytest.fixture
def server(crawled_from: CrawledFrom) -> MockServer:
    return crawled_from.server


def seen_by(server: MockServer, name: str, *, robots: bool = False) -> list[LoggedExchange]:
    return server.exchanges(host_of(name), kind="http", robots=robots)


@every_case
def test_outcome(crawled: Crawled, name: str) -> None:
    check_outcome(capture_of(crawled, name), name)


@every_case
def test_bytes_of_the_wire_are_kept_both_ways(crawled: Crawled, server: MockServer, name: str) -> None:
    check_bytes(crawled, capture_of(crawled, name), seen_by(server, name), name)


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


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("too-large-by-length", ""),
        ("too-large-by-length-and-cut", "; the connection ended before the body did"),
        ("too-large-by-length-and-reset", "; the connection ended before the body did"),
        ("too-large-by-length-and-silent", "; its answer was not whole in the time allowed"),
    ],
)
def test_capture_and_exchange_say_alike_why_a_body_is_too_large_and_how_it_ended(
    crawled: Crawled, name: str, ending: str
) -> None:
    capture = capture_of(crawled, name)
    said = f"the body is larger than the limit of {MAX_BYTES:,} bytes{ending}"
    assert (capture.error, capture.exchanges[-1].error) == (said, said)


def test_cookies_of_a_chain_are_sent_back_and_no_further(crawled: Crawled, server: MockServer) -> None:
    first, check, last = (logged.request for logged in seen_by(server, "cookie-wall"))
    assert b"Cookie:" not in first
    assert b"Cookie: seen=1; id=abc\r\n" in check
    assert b"seen=2" in last
    assert b"id=abc" in last
    assert b"Cookie:" not in seen_by(server, "two-cookies-one-capture")[0].request
    assert capture_of(crawled, "cookie-wall").outcome == "fetched"


def test_requests_say_honestly_who_asks(crawled: Crawled, server: MockServer) -> None:
    assert crawled.exit_code == 0
    logged = seen_by(server, "plain", robots=True)
    assert [seen.path for seen in logged] == ["/robots.txt", "/"]
    for seen in logged:
        assert b"User-Agent: Sourcekeep/" in seen.request
        assert b"+https://tests.example/" in seen.request
        assert b"Referer" not in seen.request
        assert b"Accept-Language" not in seen.request


def test_redirected_request_has_no_referer(crawled: Crawled, server: MockServer) -> None:
    assert crawled.captures
    for seen in seen_by(server, "relative-location"):
        assert b"referer" not in seen.request.lower()


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    """What a server does is an outcome; and nothing but the cited pages is downloaded."""
    assert crawled.traces() == ""


def test_as_many_processes_fetch_as_are_asked_for(crawled_from: CrawledFrom) -> None:
    assert crawled_from.crawled.log.count("Spider opened") == crawled_from.processes


def test_robots_txt_is_archived_apart_from_the_captures(crawled: Crawled, server: MockServer) -> None:
    connection = crawled.folder.catalogue()
    with connection as catalogue:
        rows = catalogue._connection.execute(
            "SELECT url, record_id FROM exchanges WHERE purpose = 'robots' AND capture_id IS NULL"
        ).fetchall()
        places = {row["url"]: catalogue.reports.place_of(row["record_id"]) for row in rows}
    assert set(places) == {url_of(name) + "robots.txt" for name in CASES}
    sent = seen_by(server, "plain", robots=True)[0].sent
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


def test_judges_find_every_record_right(crawled: Crawled) -> None:
    check_by_all(crawled.folder, responses=2 * len(CASES))


def test_fastwarc_finds_payload_digests_right(crawled: Crawled) -> None:
    assert check_payloads_by_fastwarc(crawled.folder) > len(CASES)
